# Commands for readers and authors. The README gives each in plain form for people without make.
# The first use of any of them creates .venv from the pins; the stamp keeps it from being done twice.

.DEFAULT_GOAL := help
.PHONY: help book test lab serve bench check clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed.stamp
PORT ?= 8000

help:
	@echo "make book    build the book into _build/html (open _build/html/index.html)"
	@echo "make test    build the book, then run every test"
	@echo "make lab     read and run the chapters in JupyterLab"
	@echo "make serve   serve the built book on http://localhost:$(PORT)"
	@echo "make bench   time the package against named peers"
	@echo "make check   style, types, spelling"
	@echo "make clean   remove what the build wrote (the environment stays)"

$(STAMP): requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; name another with: make book PYTHON=python3.12 (after make clean and removing .venv)")'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

# -W: a warning is an error; -n: a reference that leads nowhere is a warning.
book: $(STAMP)
	$(BIN)/jupyter-book build . -W -n

test: book
	$(BIN)/python -m pytest -n 2 --dist loadfile

lab: $(STAMP)
	JUPYTER_CONFIG_PATH="$(CURDIR)/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab $(LAB_OPTIONS)

serve: book
	@echo "http://localhost:$(PORT)/ (stop with Ctrl-C)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

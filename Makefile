# Commands for readers and authors. The README gives each in plain form for people without make.
# The first use of any of them creates .venv from the pins; the stamp keeps it from being done twice.

.DEFAULT_GOAL := help
.PHONY: help book site test engines quick portable coverage mutants compat notebooks pages lab serve bench coursework coursework-test grade rehearse check release solutions clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DENO_NO_UPDATE_CHECK := 1
STAMP := $(VENV)/installed.stamp
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PORT ?= 8000
CORNERS ?=
PAGES ?=

# A personal setting that sends every package to the user's own folder would leave .venv empty.
export PIP_USER := 0
# Kernels of this environment go before those that another one may have announced.
export JUPYTER_PATH := $(CURDIR)/$(VENV)/share/jupyter$(if $(JUPYTER_PATH),:$(JUPYTER_PATH))

help:
	@echo "make book      build the book into _build/html (open _build/html/index.html)"
	@echo "make site      build what is published into _build/site: pages, PDF, offline copy (minutes)"
	@echo "make test      build the book, then run every test"
	@echo "make engines   build the book, then open every page in Firefox and in WebKit"
	@echo "make quick     unit tests, examples of the docstrings, and make check: no book, 90 seconds"
	@echo "make portable  unit tests, claims and faults under each kernel of OpenBLAS, 1 and 2 threads"
	@echo "make coverage  unit tests, with the branches of the numerics that they do not reach"
	@echo "make mutants   100 small changes of the numerics: how many do the tests notice?"
	@echo "make compat    unit tests with the oldest versions allowed, and the newest, under each Python here"
	@echo "make notebooks the notebooks that the site offers, run in an empty folder with selfdistill[book]"
	@echo "make pages     what each page costs: requests, bytes, scripts, layout shift, axe"
	@echo "make lab       read and run the chapters in JupyterLab"
	@echo "make serve     serve the built book on http://localhost:$(PORT)"
	@echo "make bench     time the package against named peers, and the steps of the sliders in a browser"
	@echo "make coursework  releases of the problem sets, their pages, and the proof that each is fit to be set"
	@echo "make solutions [TO=folder]: private pages with every answer, rubric and hidden check"
	@echo "make grade     SUBMISSIONS=folder SET=loop: grade what students handed in"
	@echo "make rehearse  [SET=loop] [COUNT=100]: a made-up class through the whole grading, and whether its marks are right"
	@echo "make coursework-test  the tests of the coursework, with the table of hostile submissions"
	@echo "make check     style, types, spelling; prints the sizes of modules and functions"
	@echo "make release   sdist and wheel in dist/, checked and installed in a clean environment"
	@echo "make clean     remove what the build wrote (the environment stays)"

$(STAMP): requirements.txt pyproject.toml setup.py
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	$(BIN)/python -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; name another with: make book PYTHON=python3.12 (after make clean and removing .venv)")'
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -e .
	touch $@

# -W: a warning is an error; -n: a reference that leads nowhere is a warning.
book: $(STAMP)
	$(BIN)/jupyter-book build . -W -n

# Every page anew, one PDF of them all, the offline copy. Three minutes on two quiet cores: .ci/run leaves it out.
site: $(STAMP)
	PYTHONPATH=_ext $(BIN)/python -m selfdistill_book.publish

# Two workers, two cores: more threads of BLAS would wait for each other. `make portable` has the corners with two.
test: book
	OPENBLAS_NUM_THREADS=$${OPENBLAS_NUM_THREADS:-1} $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

# `make test` has the pages with explorables; every page takes some ten minutes more.
engines: book
	$(BIN)/python -m pytest tests/site/test_engines.py --every-page

quick: check
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --doctest-modules tests/unit selfdistill

portable: $(STAMP)
	$(BIN)/python tests/tools/portable.py $(CORNERS)

coverage: $(STAMP)
	$(BIN)/python -m pytest -q --cov --cov-report=term tests/unit
	$(BIN)/python -m coverage report --fail-under=98 --format=total

mutants: $(STAMP)
	$(BIN)/python tests/tools/mutants.py

# Environments of their own, minutes each. More interpreters: make compat PYTHONS="python3.11 /opt/python3.13/bin/python3"
compat: $(STAMP)
	$(BIN)/python tests/tools/compat.py $(PYTHONS)

# The downloads of the built site, run as a reader does: in an empty folder, with selfdistill[book] and no repository.
notebooks: book
	$(BIN)/python tests/tools/compat.py --book $(PYTHONS)

pages: book
	$(BIN)/python tests/tools/pages.py $(PAGES)

lab: $(STAMP)
	JUPYTER_CONFIG_PATH="$(CURDIR)/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab $(LAB_OPTIONS)

serve: book
	@echo "http://localhost:$(PORT)/ (stop with Ctrl-C)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

bench: book
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/steps.py

coursework: $(STAMP)
	$(BIN)/python -m coursework build
	$(BIN)/python -m coursework prove

coursework-test: book
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -v -n 2 --dist loadfile tests/coursework

grade: $(STAMP)
	@test -n "$(SUBMISSIONS)" || { echo "name the folder: make grade SUBMISSIONS=folder SET=loop"; exit 2; }
	$(BIN)/python -m coursework grade "$(SUBMISSIONS)" --set $(or $(SET),loop) $(GRADE_OPTIONS) || [ $$? -eq 3 ] # a person is needed

solutions: $(STAMP)
	$(BIN)/python -m coursework solutions $(if $(TO),--to "$(TO)")

# Reference, untouched release and every mutant of each set: some minutes. `make test` has one set, a mutant a question.
rehearse: $(STAMP)
	$(BIN)/python -m coursework rehearse $(SET) $(if $(COUNT),--count $(COUNT))

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	for file in tests/*/conftest.py; do $(BIN)/mypy $$file || exit 1; done
	$(BIN)/codespell
	$(BIN)/deno fmt --check --quiet && $(BIN)/deno lint --quiet && $(BIN)/deno check --quiet selfdistill/widgets/js
	PYTHONPATH=_ext $(BIN)/python -m selfdistill_book.prose
	@$(BIN)/python tests/tools/sizes.py

release: $(STAMP)
	$(BIN)/python tests/tools/release.py

clean:
	rm -rf _build build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

"""Build the book and put together what is published, in ``_build/site``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import yaml
from pikepdf import Pdf

from ..cache import PACKAGE
from ..site.address import Address
from ..site.heads import day
from . import folder, paper, pdf, printer

ROOT = Path(__file__).parents[3]
BUILT, PARTS, SITE = (ROOT / "_build" / name for name in ("html", "paper", "site"))


def epoch() -> int:
    """The time that the published files carry: SOURCE_DATE_EPOCH, or that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def build(when: int) -> None:
    """Build every page anew, with the outputs of cells that have run already."""
    program = Path(sys.executable).with_name("jupyter-book")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(when)}
    subprocess.run([program, "build", ".", "-W", "-n", "--all"], cwd=ROOT, env=environment, check=True)


def make_pdf(address: Address, when: int) -> Path:
    """Print the built pages into one PDF."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    contents = paper.Contents.read(ROOT / "_toc.yml")
    page = paper.combine(BUILT, contents, address.site)
    if lost := paper.dangling(page):
        raise ValueError(f"links of the printed book that lead nowhere: {lost[:10]}")
    shutil.rmtree(PARTS, ignore_errors=True)
    PARTS.mkdir(parents=True)
    words = [f"Version {version(PACKAGE)}, {day(when)}", address.site or address.repository]
    words.append("Text and figures: CC BY 4.0. Code: BSD 3-Clause.")
    whole, front, target = (PARTS / name for name in ("book.pdf", "front.pdf", f"{PACKAGE}.pdf"))
    title = config["title"]
    with printer.running() as browser:
        printer.print_page(browser, page, BUILT, whole)
        with Pdf.open(whole) as book:
            leaves = pdf.front(title, [line for line in words if line], pdf.rename(book, paper.headings(page)))
            printer.print_page(browser, leaves, BUILT, front, numbered=False)
            pdf.pack(book, front, target, title=title, author=config["author"], time=when)
    if found := pdf.problems(target, [part for _, part in contents.pages if part]):
        raise ValueError("the PDF is not in order:\n" + "\n".join(found[:20]))
    return target


def main() -> None:
    """Build, print, put together; say how long each took."""
    when, address, begun = epoch(), Address.read(), time.monotonic()

    def told(words: str) -> None:
        print(f"{words} ({time.monotonic() - begun:.0f} s)", flush=True)

    build(when)
    told("the pages")
    printed = make_pdf(address, when)
    with Pdf.open(printed) as book:
        told(f"{printed.name}: {len(book.pages)} pages, {printed.stat().st_size / 1e6:.1f} MB")
    offline = f"{PACKAGE}-offline.zip"
    folder.fill(BUILT, PARTS / "offline", printed)
    folder.link(PARTS / "offline", {"The book as a PDF": printed.name})
    folder.fill(BUILT, SITE, printed)
    folder.link(SITE, {"The book as a PDF": printed.name, "An offline copy": offline})
    folder.pack(PARTS / "offline", SITE / offline, time=when)
    told(f"{SITE.relative_to(ROOT)}: {offline} has {(SITE / offline).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

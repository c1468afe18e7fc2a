"""The site as a folder to be served, and the same folder as one file to be kept: both with the PDF in it."""

from __future__ import annotations

import os
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from ..site.heads import FILES

LEFT_OUT = shutil.ignore_patterns(".buildinfo*")


def fill(built: Path, target: Path, pdf: Path) -> None:
    """Copy the built pages, with the PDF beside them."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target, ignore=LEFT_OUT)
    shutil.copy(pdf, target / pdf.name)
    (target / ".nojekyll").write_text("")  # GitHub Pages would leave out folders that begin with an underscore


def link(folder: Path, files: dict[str, str]) -> None:
    """Say at the foot of every page where the whole book is: words to the name of a file in the folder."""
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text("utf8")
        if FILES in text:
            up = os.path.relpath(folder, page.parent).replace(os.sep, "/")
            links = " · ".join(f'<a href="{up}/{name}">{words}</a>' for words, name in files.items())
            page.write_text(text.replace(FILES, f" {links}"), "utf8")


def pack(folder: Path, target: Path, *, time: int) -> None:
    """Write a folder as a zip, in the order of the names and with one date: the same folder is the same file."""
    date = datetime.fromtimestamp(time, UTC).timetuple()[:6]
    target.unlink(missing_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{target.stem}/{file.relative_to(folder).as_posix()}", date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            packed.writestr(entry, file.read_bytes())

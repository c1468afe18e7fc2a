"""Check the chapters from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from .check import Allowed, problems

ROOT = Path(__file__).parents[3]


def main() -> int:
    """Print what the prose check finds, and how much it looked at."""
    allowed = Allowed.read(Path(__file__).parent / "allowed.toml")
    pages = {str(page.relative_to(ROOT)): page.read_text("utf8") for page in sorted((ROOT / "chapters").rglob("*.md"))}
    found = problems(pages, allowed)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"prose: {len(pages)} pages, {len(allowed.entries)} exceptions, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

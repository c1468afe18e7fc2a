"""Prose that cannot drift: numbers in running text are computed, sentences about everything say where they are proved.

`paragraphs` reads a page into paragraphs, `check` lists what is neither computed, linked nor allowed, and
`allowed.toml` holds the exceptions, each with its reason. ``python -m selfdistill_book.prose`` (with ``_ext`` on the
path) prints the list; ``make check`` calls it.
"""

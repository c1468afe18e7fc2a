"""From the built pages to what is published: one PDF of the whole book, an offline copy, and the site itself.

`paper` makes one printable page of all pages, `printer` has a Chromium print it, `pdf` numbers and packs the result and
checks it; `folder` puts the site together. ``python -m selfdistill_book.publish`` does all of it (``make site``).
"""

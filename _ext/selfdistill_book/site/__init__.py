"""What a published site has beside its pages' text: addresses, descriptions, pictures for previews, redirects.

`heads` adds to each page what other programs read and, at its foot, how to report a mistake; `beside` writes the files
that are no page of the book: sitemap, page for a wrong address, redirects. `Address` says where the site will stand.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from . import beside, heads
from .address import Address

__all__ = ["Address", "setup"]


def setup(app: Sphinx) -> None:
    """Connect both parts."""
    heads.setup(app)
    beside.setup(app)

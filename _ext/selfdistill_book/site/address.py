"""Where the book's sources and its site stand: two settings of the environment, both unknown to a clone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit


@dataclass(frozen=True)
class Address:
    """The repository's address and the site's; each is empty where nobody has given it.

    ``BOOK_REPOSITORY_URL`` names the repository, ``BOOK_REPOSITORY_BRANCH`` its branch (``main``), ``BOOK_SITE_URL``
    the site. Without the last, a repository on GitHub implies its GitHub Pages.
    """

    repository: str = ""
    branch: str = "main"
    site: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Address:
        """The addresses that the environment gives.

        Raises
        ------
        ValueError
            If one is no address of the web.
        """
        given = {}
        for name in ("BOOK_REPOSITORY_URL", "BOOK_SITE_URL"):
            given[name] = environment.get(name, "").strip().rstrip("/")
            parts = urlsplit(given[name])
            if given[name] and not (parts.scheme in ("http", "https") and parts.netloc):
                raise ValueError(f"{name} is {given[name]!r}: give an address such as https://example.org/selfdistill")
        repository = given["BOOK_REPOSITORY_URL"]
        site = given["BOOK_SITE_URL"] or _github_pages(repository)
        return cls(repository, environment.get("BOOK_REPOSITORY_BRANCH", "main"), f"{site}/" if site else "")

    def mistake(self, title: str, file: str) -> str:
        """The form that reports a mistake on a page, filled in as far as we can; empty without a repository."""
        words = {"title": f"Mistake in “{title}”", "body": f"Page: {file}\n\nWhat is wrong, and what would be right?\n"}
        if not self.repository:
            return ""
        if self._gitlab:
            form = {f"issue[{key.replace('body', 'description')}]": value for key, value in words.items()}
            return f"{self.repository}/-/issues/new?{urlencode(form)}"
        return f"{self.repository}/issues/new?{urlencode(words)}"

    def edit(self, file: str) -> str:
        """The editor of the repository's host, on the source of a page; empty without a repository."""
        if not self.repository:
            return ""
        between = "/-/edit/" if self._gitlab else "/edit/"
        return f"{self.repository}{between}{quote(self.branch)}/{quote(file)}"

    @property
    def _gitlab(self) -> bool:
        return "gitlab" in urlsplit(self.repository).netloc


def _github_pages(repository: str) -> str:
    parts = urlsplit(repository)
    owner, _, name = parts.path.strip("/").partition("/")
    if parts.netloc != "github.com" or not name:
        return ""
    host = f"{owner.lower()}.github.io"
    return f"https://{host}" if name.lower() == host else f"https://{host}/{name}"

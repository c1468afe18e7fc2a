"""Everything stands in pyproject.toml but the project's addresses: those follow from one setting.

``BOOK_REPOSITORY_URL`` is what also gives the built book its launch, source and issue buttons.
"""

import os

from setuptools import setup

address = os.environ.get("BOOK_REPOSITORY_URL", "").strip().rstrip("/")
pages = {"Source": "", "Issues": "/issues", "Changelog": "/blob/main/CHANGELOG.md"}
setup(project_urls={name: address + page for name, page in pages.items()} if address else {})

"""The tests of the explorables share a browser and a way to show explorables in it."""

from tabs import browser, show

__all__ = ["browser", "show"]

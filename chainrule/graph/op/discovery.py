"""Discovery: a file of ops registers itself by being there.

Imports nothing of chainrule. The packages in ops/ call it, and keep no list of their files.
"""

import importlib
import os
from collections.abc import Iterable, Iterator


def import_files(package: str, folders: Iterable[str]) -> None:
    """Import every module of a package and every package in it, in the order of their names."""
    for name in sorted({name for folder in folders for name in _names_in(folder)}):
        importlib.import_module(f"{package}.{name}")


def _names_in(folder: str) -> Iterator[str]:
    """The modules and packages in a folder; read here, for pkgutil takes a while to import."""
    if not os.path.isdir(folder):  # in an archive
        import pkgutil  # noqa: PLC0415

        yield from (found.name for found in pkgutil.iter_modules([folder]))
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            name, ending = os.path.splitext(entry.name)
            is_package = not ending and os.path.isfile(os.path.join(entry.path, "__init__.py"))
            if (ending in (".py", ".pyc") and name != "__init__") or is_package:
                yield name

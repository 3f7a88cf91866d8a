"""Discovery: a file of ops registers itself by being there.

Imports nothing of chainrule. The packages in ops/ call it, and keep no list of their files.
"""

import importlib
import pkgutil
from collections.abc import Iterable


def import_files(package: str, folders: Iterable[str]) -> None:
    """Import every module of a package and every package in it, in the order of their names."""
    for found in pkgutil.iter_modules(folders, f"{package}."):
        importlib.import_module(found.name)

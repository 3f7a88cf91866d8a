"""Code files: what the files of this package are, by what Python itself goes by.

Imports nothing of chainrule. What is kept on disk was made by some code: the engine and the known
steps ask whether it is the code of today.
"""

import hashlib
import os
import time
from collections.abc import Collection, Sequence

LOADED = time.time_ns()


def written(root: str, others: Collection[str] = ()) -> str:
    """The names, sizes and times of all Python files in a folder and those below.

    Whether a file is the one that was compiled to bytecode Python asks by no more than that. To
    read them all, as is done where all have one time, takes five times as long.

    Parameters
    ----------
    others : collection of str
        Folders that are left out.

    Returns
    -------
    str
        "" where that says nothing: there are no files, or one is newer than what runs.
    """
    found: list[tuple[str, int, int]] = []
    folders, start = [root], len(root)
    for folder in folders:  # it grows meanwhile
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(".py"):
                    about = entry.stat()
                    found.append((entry.path[start:], about.st_size, about.st_mtime_ns))
                elif name != "__pycache__" and name not in others and entry.is_dir():
                    folders.append(entry.path)
    found.sort()
    times = {each[2] for each in found}
    if not found or max(times) > LOADED:
        return ""
    if (
        len(times) == 1
    ):  # a build that can be repeated gives all files one time, which says nothing
        return _contents([root + each[0] for each in found], start)
    return repr(found)


def _contents(paths: Sequence[str], start: int) -> str:
    """What some files hold, under their names from a place on."""
    hashed = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        hashed.update(f"{path[start:]} {len(content)} ".encode() + content)
    return hashed.hexdigest()

"""Code files: what the files of this package are, by what Python itself goes by.

Imports nothing of chainrule. What is kept on disk was made by some code: the engine and the known
steps ask whether it is the code of today.
"""

import os
import time
from collections.abc import Collection

LOADED = time.time_ns()


def written(root: str, others: Collection[str] = ()) -> str:
    """The names, sizes and times of all Python files in a folder and those below.

    Whether a file is the one that was compiled to bytecode Python asks by no more than that. To
    read them all would take five times as long.

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
    if not found or max(each[2] for each in found) > LOADED:
        return ""
    return repr(sorted(found))

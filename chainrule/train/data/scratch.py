"""A folder for what must be unpacked before it is read; gone when nobody needs it any more.

Imports the standard library only. opening.py uses it.
"""

import shutil
import tempfile
import weakref
from pathlib import Path


class Scratch:
    """A folder of its own. It lives as long as this object, at most as long as the process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chainrule-"))
        self._files = 0
        self._gone = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def file(self) -> Path:
        """A place for another file."""
        self._files += 1
        return self.folder / f"{self._files}.csv"

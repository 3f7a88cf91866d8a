"""Memory: whether a table fits into it, told from its files before they are read.

Imports door.py. The command line streams what does not fit.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from chainrule.train.data.door import literal, opened, types_of_parquet
from chainrule.train.data.opening import GZIP, PARQUET, ZSTANDARD, start_of

SHARE = 0.5  # of the free memory that a table may take
CELL = 24  # bytes at the height of preparing: as read, as prepared, standardised
PER_BYTE = 6  # bytes in memory for one of a text table
PACKED = 8  # times as long is a text that gzip or Zstandard packed
UNLIMITED = 1 << 60
CGROUP = Path("/sys/fs/cgroup")


def fits(paths: Sequence[Path]) -> bool:
    """Whether a table in these files may be held in memory, with all that learning takes."""
    return sum(map(bytes_of, paths)) <= SHARE * free()


def bytes_of(path: Path) -> int:
    """About how many bytes a table takes in memory."""
    start, size = start_of(path), path.stat().st_size
    if start.startswith(PARQUET):
        with opened() as door:
            columns = types_of_parquet(door, path, path.name)
            ((rows,),) = door.all(
                f"SELECT num_rows FROM parquet_file_metadata({literal(str(path))})"
            )
        return CELL * int(rows) * len(columns)
    return size * PER_BYTE * (PACKED if start.startswith((GZIP, ZSTANDARD)) else 1)


def free() -> int:
    """Bytes that this process may still take, as far as the system tells."""
    return min(_of_machine(), _of_group())


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = {line.split(":")[0]: line.split()[1] for line in lines}
        return int(found["MemAvailable"]) * 1024
    except (OSError, KeyError, IndexError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return UNLIMITED


def _of_group() -> int:
    """What a container leaves: its limit, less what its processes hold themselves."""
    try:
        limit = int((CGROUP / "memory.max").read_text(encoding="ascii"))
        used = int((CGROUP / "memory.current").read_text(encoding="ascii"))
        lines = (CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        files = next(int(line.split()[1]) for line in lines if line.startswith("file "))
    except (OSError, ValueError, StopIteration):  # no group, or one without a limit
        return UNLIMITED
    return max(limit - used + files, 0)

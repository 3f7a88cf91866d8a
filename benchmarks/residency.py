"""The memory of this process, as Linux counts it. peers/chainrule.py measures with it."""

import re
from pathlib import Path

PROCESS = Path("/proc/self")
ONLY_PEAK = "5"  # what clear_refs takes to forget the peak and nothing else: man 5 proc


def forget_peak() -> None:
    """Let the peak start from now."""
    (PROCESS / "clear_refs").write_text(ONLY_PEAK)


def resident() -> int:
    """Bytes in memory now."""
    return _bytes("VmRSS")


def peak() -> int:
    """The most bytes since the peak was forgotten."""
    return _bytes("VmHWM")


def _bytes(label: str) -> int:
    found = re.search(rf"{label}:\s+(\d+) kB", (PROCESS / "status").read_text())
    assert found
    return 1024 * int(found[1])

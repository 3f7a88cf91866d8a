"""Host: what the CPU that this process runs on can do.

Imports target. The engine asks, with what LLVM reports.
"""

import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from chainrule.native.target import L1, L2, Target

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")  # Linux shows the caches of a core there
MOST = 8  # of a core, at most: instructions, data, and the levels above
AVX512 = {"avx512f", "avx512vl", "avx512bw", "avx512dq"}
AVX2 = {"avx2", "fma"}
VARIABLE = "CHAINRULE_DISABLE_CPU_FEATURES"  # instruction sets to do without, as "avx512 amx"


def used(found: Mapping[str, bool]) -> dict[str, bool]:
    """The instruction sets to compile for: those of the CPU, less what the environment leaves out.

    The variable holds beginnings of LLVM's names. It stands in for an older CPU: for tests, and
    for results that have the same bits on machines of two kinds.
    """
    left_out = tuple(os.environ.get(VARIABLE, "").replace(",", " ").lower().split())
    return {name: has and not name.startswith(left_out) for name, has in found.items()}


def detect(architecture: str, features: Collection[str], folder: Path = CACHES) -> Target:
    """Widths by the instruction sets, sizes of the caches where the system tells them.

    Parameters
    ----------
    architecture : str
        The beginning of LLVM's triple: "x86_64", "aarch64", ...
    features : collection of str
        LLVM's names of the instruction sets that are there.

    Examples
    --------
    >>> detect("x86_64", {"sse2", "avx2", "fma"}).vector_bits
    256
    """
    caches = _cache_bytes(folder, 1) or L1, _cache_bytes(folder, 2) or L2
    if AVX512.issubset(features):
        return Target(512, 32, True, *caches)
    if AVX2.issubset(features):
        return Target(256, 16, False, *caches)
    registers = 32 if architecture in ("aarch64", "arm64") else 16  # NEON; SSE2
    return Target(128, registers, False, *caches)


def _cache_bytes(folder: Path, level: int) -> int | None:
    """Size of a core's data cache; None if the system does not tell."""
    units = {b"K": 1024, b"M": 1024**2}
    for number in range(MOST):
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
            place = f"{folder}/index{number}"
            if int(_read(f"{place}/level")) == level and _read(f"{place}/type") != b"Instruction":
                size = _read(f"{place}/size")
                return int(size[:-1]) * units[size[-1:]]
    return None


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # as text it would wait for a codec to be loaded
        return file.read().strip()

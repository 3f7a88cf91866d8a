"""The machine and the versions that the figures belong to; no path and no host name.

Imports the runner for the CPUs. table.py and page.py show it.
"""

import importlib.metadata
import platform
from collections.abc import Sequence

from benchmarks.runner import cpus

DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def machine(peers: Sequence[str]) -> list[tuple[str, str]]:
    """Labels and texts."""
    names = ["chainrule", "numpy", "scipy", "llvmlite", *peers]
    distributions = dict.fromkeys(DISTRIBUTIONS.get(name, name) for name in names)
    versions = [f"{name} {version}" for name in distributions if (version := _of(name))]
    return [
        ("CPU", f"{_model()}, {len(cpus())} cores used"),
        ("vectors", ", ".join(_vectors()) or "not known"),
        (
            "system",
            f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        ),
        ("versions", ", ".join(versions)),
    ]


def _of(name: str) -> str:
    """A distribution's version, or nothing."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _model() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _vectors() -> list[str]:
    flags = (_cpuinfo("flags") or _cpuinfo("Features")).split()
    return [flag for flag in ("avx512f", "avx2", "fma", "asimd") if flag in flags]


def _cpuinfo(wanted: str) -> str:
    """A field of Linux's list of processors; elsewhere nothing."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                label, _, text = line.partition(":")
                if label.strip() == wanted:
                    return text.strip()
    except OSError:
        pass
    return ""

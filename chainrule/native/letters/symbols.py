"""Symbols: the C functions that words call, by the names under which modules declare them.

Imports nothing of chainrule. The letters declare them, the engine asks for their addresses.
"""

import ctypes
import ctypes.util
import sys

LIBM, SCIPY = "cr_c_", "cr_scipy_"
SKIP_DISPATCH = "int __pyx_skip_dispatch"  # the last argument of each function in cython_special


def symbol_of(letter: str) -> str:
    """The name under which a module declares the function of a word.

    Examples
    --------
    >>> symbol_of("c:atan2"), symbol_of("scipy:gammaln")
    ('cr_c_atan2', 'cr_scipy_gammaln')
    """
    family, name = letter.split(":")
    return (LIBM if family == "c" else SCIPY) + name


def resolve(name: str) -> int | None:
    """The address of the C function, of float64, behind a word or its symbol.

    None if there is no such function. SciPy is imported when its first function is asked for.
    """
    symbol = symbol_of(name) if ":" in name else name
    if symbol.startswith(SCIPY):
        return _from_scipy(symbol.removeprefix(SCIPY))
    if symbol.startswith(LIBM):
        return _from_libm(symbol.removeprefix(LIBM))
    return None


def _from_libm(name: str) -> int | None:
    if sys.platform == "win32":
        places = ["ucrtbase"]
    else:  # Python itself is linked with libm, nearly everywhere
        places = [None, ctypes.util.find_library("m")] if not _has(None, name) else [None]
    for place in places:
        if _has(place, name):
            return ctypes.cast(getattr(ctypes.CDLL(place), name), ctypes.c_void_p).value
    return None


def _has(library: str | None, name: str) -> bool:
    return hasattr(ctypes.CDLL(library), name)


def _from_scipy(name: str) -> int | None:
    """SciPy's entry points are capsules named by their signature; some come in several types."""
    from scipy.special import cython_special  # noqa: PLC0415  SciPy takes longer than NumPy

    table: dict[str, object] = cython_special.__pyx_capi__
    found = [table[key] for key in table if key == name]
    found += [table[key] for key in table if key.startswith("__pyx_fuse_") and _of(key, name)]
    for capsule in found:
        signature = _signature(capsule)
        returns, arguments = signature[:-1].split(b" (", 1)
        kinds = [returns, *arguments.split(b", ")[:-1]]
        if set(kinds) == {b"double"} and signature.endswith(SKIP_DISPATCH.encode() + b")"):
            return _address(capsule, signature)
    return None


def _of(key: str, name: str) -> bool:
    return key.removeprefix("__pyx_fuse_").lstrip("0123456789") == name


def _signature(capsule: object) -> bytes:
    read = ctypes.pythonapi.PyCapsule_GetName
    read.restype, read.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return read(capsule)


def _address(capsule: object, signature: bytes) -> int | None:
    read = ctypes.pythonapi.PyCapsule_GetPointer
    read.restype, read.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return read(capsule, signature)

"""Casts between booleans, integers and floats, as NumPy makes them.

Imports lanes. A float that no integer stands for gives some integer, never undefined behaviour
that LLVM could build on: the conversion is frozen.
"""

from chainrule.native.letters.lanes import Lanes, pick

SIGNED = {"bool": "i1", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64"}
UNSIGNED = {"uint8": "i8", "uint16": "i16", "uint32": "i32", "uint64": "i64"}
FLOATS = {"float32": "float", "float64": "double"}
TYPES = SIGNED | UNSIGNED | FLOATS
HALF_WAY = 2.0**63  # from here on an unsigned number needs its highest bit


def cast(x: Lanes, source: str, target: str) -> Lanes:
    """The same number in another dtype."""
    scalar = TYPES[target]
    if source == target:
        return x
    if target == "bool":
        return x != 0
    if source in FLOATS:
        return _between_floats(x, scalar) if target in FLOATS else _to_integer(x, target)
    unsigned = source == "bool" or source in UNSIGNED
    if target in FLOATS:
        return x.cast("uitofp" if unsigned else "sitofp", scalar)
    old, new = int(x.value.scalar[1:]), int(scalar[1:])
    if old == new:
        return x
    return x.cast("trunc" if new < old else "zext" if unsigned else "sext", scalar)


def _between_floats(x: Lanes, scalar: str) -> Lanes:
    return x.cast("fpext" if scalar == "double" else "fptrunc", scalar)


def _to_integer(x: Lanes, target: str) -> Lanes:
    """By way of a signed integer, whose lower bits are kept: -1.0 becomes 255 in uint8."""
    scalar = TYPES[target]
    if target == "uint64":
        upper = (x >= HALF_WAY).value
        high = Lanes(x.b, upper)
        low = frozen(pick(high, x - HALF_WAY, x), "i64")
        return low ^ (high.cast("zext", "i64") << 63)
    if scalar == "i64" or target == "int32":
        return frozen(x, scalar)
    wide = frozen(x, "i64" if scalar == "i32" else "i32")
    return wide.cast("trunc", scalar)


def frozen(x: Lanes, scalar: str) -> Lanes:
    """A float cut to a signed integer; some integer where it does not fit."""
    cut = x.cast("fptosi", scalar).value
    return Lanes(x.b, x.b.emit(cut.type, f"freeze {cut}"))

"""Apply: a letter by name, on operands by dtype.

Imports the other files of the package. Loops, matmul epilogues and scans call it.
"""

from collections.abc import Callable, Sequence

from chainrule.native.ir import Builder, Value, integer
from chainrule.native.letters import (
    arithmetic,
    circular,
    division,
    exponentials,
    gauss,
    logarithms,
    logic,
    powers,
)
from chainrule.native.letters.casts import UNSIGNED, cast
from chainrule.native.letters.lanes import Lanes, lane_by_lane
from chainrule.native.letters.symbols import symbol_of

# Letters whose operands stay as they are; those of all others come in the dtype of the result.
QUESTIONS: dict[str, Callable[..., Lanes]] = {
    "isfinite": logic.isfinite,
    "isnan": logic.isnan,
    "logical_and": logic.logical_and,
    "logical_not": logic.logical_not,
    "logical_or": logic.logical_or,
}
PLAIN: dict[str, Callable[..., Lanes]] = {
    "add": arithmetic.add,
    "ceil": arithmetic.ceil,
    "copysign": arithmetic.copysign,
    "cos": circular.cos,
    "divide": arithmetic.divide,
    "erf": gauss.erf,
    "erfc": gauss.erfc,
    "exp": exponentials.exp,
    "expm1": exponentials.expm1,
    "floor": arithmetic.floor,
    "log": logarithms.log,
    "log1p": logarithms.log1p,
    "multiply": arithmetic.multiply,
    "negative": arithmetic.negative,
    "power": powers.power,
    "rint": arithmetic.rint,
    "sin": circular.sin,
    "sqrt": arithmetic.sqrt,
    "subtract": arithmetic.subtract,
    "tanh": exponentials.tanh,
    "trunc": arithmetic.trunc,
}
SIGNED: dict[str, Callable[..., Lanes]] = {  # for integers it matters whether they have a sign
    "abs": arithmetic.absolute,
    "floor_divide": division.floor_divide,
    "fmax": arithmetic.fmax,
    "fmin": arithmetic.fmin,
    "fmod": division.fmod,
    "maximum": arithmetic.maximum,
    "minimum": arithmetic.minimum,
    "mod": division.mod,
    "sign": arithmetic.sign,
}
LETTERS = (*QUESTIONS, *logic.COMPARISONS, *PLAIN, *SIGNED, "cast", "where")


def apply(
    b: Builder, letter: str, operands: Sequence[Value], dtypes: Sequence[str], dtype: str
) -> Value:
    """Write the code of a letter, for as many lanes as its operands have.

    Parameters
    ----------
    letter : str
        Its name in the catalogue; "cast", "c:atan2" for a function of C's library, or
        "scipy:gammaln" for one of cython_special.
    operands : sequence of Value
        Scalars, or vectors with equally many lanes.
    dtypes : sequence of str
        NumPy's names of the operands' dtypes.
    dtype : str
        Of the result.
    """
    lanes = [Lanes(b, value) for value in operands]
    if letter in QUESTIONS:
        return QUESTIONS[letter](*lanes).value
    if letter in logic.COMPARISONS:
        x, y = lanes
        return logic.compare(letter, x, y, dtypes[0] in (*UNSIGNED, "bool")).value
    if letter == "where":
        _, x, y = (cast(x, d, dtype) for x, d in zip(lanes, ("bool", *dtypes[1:]), strict=True))
        return logic.where(lanes[0], x, y).value
    if ":" in letter:
        return _word(letter, lanes, dtypes, dtype).value
    lanes = [cast(x, d, dtype) for x, d in zip(lanes, dtypes, strict=True)]
    if letter == "cast":
        return lanes[0].value
    if letter in SIGNED:
        return SIGNED[letter](*lanes, dtype in UNSIGNED).value
    return PLAIN[letter](*lanes).value


def _word(letter: str, lanes: Sequence[Lanes], dtypes: Sequence[str], dtype: str) -> Lanes:
    """A C function of float64; those of cython_special take one more argument, which is 0."""
    symbol = symbol_of(letter)
    more = [integer(0, "i32")] if letter.startswith("scipy:") else []
    kinds = ", ".join(["double"] * len(lanes) + ["i32"] * len(more))
    lanes[0].b.module.declare(symbol, f"declare double @{symbol}({kinds})")
    wide = [cast(x, d, "float64") for x, d in zip(lanes, dtypes, strict=True)]
    return cast(lane_by_lane(symbol, "double", wide, *more), "float64", dtype)

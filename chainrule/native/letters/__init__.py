"""The letters as machine code: one function from a letter's name to LLVM's instructions.

apply.py         a letter by name, on operands by dtype
arithmetic.py    letters of arithmetic that need no approximation
casts.py         casts between booleans, integers and floats, as NumPy makes them
circular.py      sin and cos, computed in double
division.py      of integers in the sign conventions of Python and of C, of floats C's
exponentials.py  exp, expm1 and tanh
gauss.py         erf and erfc
lanes.py         values of LLVM's under Python's operators
libm.py          C's own functions in the place of a formula, lane by lane in double
logarithms.py    log and log1p
logic.py         comparisons, logic, where, and questions about floats
powers.py        x to the power y
precision.py     the bits of float32 and float64
symbols.py       the C functions that words call, by the names under which modules declare them
"""

from chainrule.native.letters.apply import LETTERS, apply
from chainrule.native.letters.symbols import resolve, symbol_of

__all__ = ["LETTERS", "apply", "resolve", "symbol_of"]

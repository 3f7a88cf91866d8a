"""Letters: how dear they are, for the decision to compute a value again or to keep it.

Imports nothing of chainrule.
"""

MODERATE = frozenset({"divide", "sqrt", "floor_divide", "mod"})
DEAR = frozenset({"exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "erf", "erfc", "power"})
DIVISION, FUNCTION = 5, 16  # in units of an addition: vector instructions of one value


def weight(letter: str) -> int:
    """Instructions of a letter, roughly."""
    if letter in DEAR or ":" in letter:
        return FUNCTION
    if letter in MODERATE:
        return DIVISION
    return 0 if letter == "copy" else 1

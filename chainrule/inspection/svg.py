"""SVG by hand: elements with everything escaped, and how wide a text will be.

Imports markup. picture.py and templates.py draw with it.
"""

from chainrule.markup import element as element
from chainrule.markup import escaped as escaped
from chainrule.markup import number as number

# Widths of characters in em, of the widest sans-serif in common use (DejaVu Sans, rounded up).
_NARROW, _USUAL, _WIDE, _WIDEST = 0.42, 0.64, 0.80, 1.0
_NARROW_ONES = frozenset("ijltfrI.,:;'|!()[]{} -/\\`")
_WIDE_ONES = frozenset("ABCDEGHKNOQRUVXY&<>=+≤−·#~")
_WIDEST_ONES = frozenset("mwMW@%—…")
CHINESE = 0x2FFF  # from here on characters fill a square


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in px, rather too much than too little."""
    return size * sum(map(_em, text))


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def squeezed(text: str, most: int) -> str:
    """The text, or its beginning and its end: paths of parameters differ at either."""
    if len(text) <= most:
        return text
    front = (most - 1) // 2
    return f"{text[:front]}…{text[len(text) - (most - 1 - front) :]}"


def _em(character: str) -> float:
    if character in _NARROW_ONES:
        return _NARROW
    if character in _WIDEST_ONES or ord(character) > CHINESE:
        return _WIDEST
    return _WIDE if character in _WIDE_ONES else _USUAL

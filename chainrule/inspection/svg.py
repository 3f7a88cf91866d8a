"""SVG by hand: elements with everything escaped, and how wide a text will be.

Imports nothing of chainrule. picture.py and templates.py draw with it.
"""

from html import escape
from types import MappingProxyType

# Characters that XML 1.0 forbids (section 2.2): a name may hold them, a picture may not. A table,
# because a regular expression of them takes milliseconds to compile.
_CONTROLS = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20))
_SURROGATES = range(0xD800, 0xE000)
_FORBIDDEN = MappingProxyType(
    dict.fromkeys((*_CONTROLS, *_SURROGATES, 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
)

# Widths of characters in em, of the widest sans-serif in common use (DejaVu Sans, rounded up).
_NARROW, _USUAL, _WIDE, _WIDEST = 0.42, 0.64, 0.80, 1.0
_NARROW_ONES = frozenset("ijltfrI.,:;'|!()[]{} -/\\`")
_WIDE_ONES = frozenset("ABCDEGHKNOQRUVXY&<>=+≤−·#~")
_WIDEST_ONES = frozenset("mwMW@%—…")
CHINESE = 0x2FFF  # from here on characters fill a square


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element; ``class_`` is class, ``stroke_width`` is stroke-width; children are markup.

    Examples
    --------
    >>> element("text", escaped("a < b"), x=1.25, class_="name")
    '<text x="1.25" class="name">a &lt; b</text>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None and value != ""
    )
    body = "".join(children)
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def escaped(text: object) -> str:
    """Text as markup, whatever it holds."""
    return escape(str(text).translate(_FORBIDDEN))


def number(x: float) -> str:
    """A coordinate with at most two decimals: px finer than that cannot be seen."""
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_width(text: str, size: float) -> float:
    """About how wide a text is, in px, rather too much than too little."""
    return size * sum(map(_em, text))


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, float) else escaped(value)


def _em(character: str) -> float:
    if character in _NARROW_ONES:
        return _NARROW
    if character in _WIDEST_ONES or ord(character) > CHINESE:
        return _WIDEST
    return _WIDE if character in _WIDE_ONES else _USUAL

"""Units: what stands beside a number in its cell, such as €, % or kg.

Imports nothing of this package. amounts.py asks for a column's one unit; delimited.py for the
number that a cell holds.
"""

import re
from collections.abc import Sequence

SYMBOLS = "$€£¥¢₩₽₹₺₴₪₫₱₦₡₲₵₸₾฿₿ƒ"
CODES = (
    "EUR USD GBP CHF JPY CNY RMB INR AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH "
    "BRL MXN ARS CLP COP ZAR EGP KRW SGD HKD TWD THB IDR MYR PHP VND ILS AED SAR BTC"
)
WORDS = "Fr. SFr. Fr kr kr. zł Kč Ft Rs Rs. RM lei лв"
SAME = {"€": "EUR", "£": "GBP"}  # a sign that only one currency has
CURRENCY = "|".join(
    [
        rf"(?:US|CA|AU|NZ|HK|S|C|A|R|NT|MX)?[{SYMBOLS}]",
        *map(re.escape, sorted([*CODES.split(), *WORDS.split()], key=len, reverse=True)),
    ]
)
LETTERS = r"[^\W\d_]{1,5}[²³]?"
SUFFIX = rf"(?:Mio|Mrd|Tsd)\.? ?(?:{CURRENCY})|{CURRENCY}|{LETTERS}(?:/{LETTERS})?\.?"
NUMBER = r"(?:\d[\d.,'\u2019\u00a0\u202f ]*|[.,]\d+)(?<=\d)(?:[eE][+-]?\d+)?"
MINUS = "\u2212"  # as typesetters write it; numbers have a hyphen
BLANK = "[ \u00a0\u202f]?"
BEFORE = re.compile(rf"([+-]?)({CURRENCY}){BLANK}([+-]?{NUMBER})")
AFTER = re.compile(rf"([+-]?{BLANK}{NUMBER}){BLANK}({SUFFIX}|[%‰°\"″′]|°[CFK]|°{BLANK}[CF])")
# Parts of these are told apart from amounts: 0.5 beside 50 %, 1200 beside 1.2k.
SCALING_WORDS = "% ‰ k K M B G T Mio Mio. Mrd Mrd. Tsd Tsd. mn mio bn mrd mln tsd"
SCALING = frozenset(SCALING_WORDS.split())
# What is surely a unit: two of these in a column are a mixture; "12a" and "12b" are none.
KNOWN_WORDS = (
    "% ‰ ° °C °F °K mm cm dm m km µm nm in ft yd mi mg µg g kg t lb lbs oz ml cl dl l L hl s ms "
    "min h hr hrs Std Std. d day days Tag Tage yr yrs year years Jahr Jahre W kW MW Wh kWh MWh "
    "V mV kV A mA Hz kHz MHz GHz B kB KB MB GB TB PB Pa hPa kPa MPa bar mbar psi N J kJ kcal cal "
    "m² m³ cm² km² ha qm km/h kmh mph m/s px Stk Stk. St. pcs k K M Mio Mio. Mrd Mrd. Tsd Tsd. "
    "mn bn"
)
KNOWN = frozenset(KNOWN_WORDS.split())


def parted(cell: str) -> tuple[str, str] | None:
    """The number of a cell as it is written, and its unit; None if it has none.

    Examples
    --------
    >>> parted("-$1,234.50"), parted("12 %"), parted("3.5kg"), parted("12.5")
    (('-1,234.50', '$'), ('12', '%'), ('3.5', 'kg'), None)
    """
    cell = cell.replace(MINUS, "-")
    if found := BEFORE.fullmatch(cell):
        sign, unit, number = found.groups()
        return (sign + number, unit) if not (sign and number[0] in "+-") else None
    if found := AFTER.fullmatch(cell):
        number, unit = found.groups()
        return re.sub(r"^([+-]) ", r"\1", number), unit
    return None


def number_of(cell: str) -> str:
    """A cell without its unit."""
    found = parted(cell)
    return cell.replace(MINUS, "-") if found is None else found[0]


def is_same(one: str, other: str) -> bool:
    """Whether two signs mean the same unit."""
    return SAME.get(one, one) == SAME.get(other, other)


def is_known(unit: str) -> bool:
    """Whether a sign is surely a unit: of money, of the metric system, and the like."""
    return unit in KNOWN or re.fullmatch(CURRENCY, unit) is not None


def without_unit(values: Sequence[str], unit: str) -> list[str]:
    """The values as plain numbers, those with another unit as they are; "": without any."""
    if not unit:
        return [value.replace(MINUS, "-") for value in values]
    found = map(parted, values)
    return [
        value.replace(MINUS, "-") if each is None or not is_same(each[1], unit) else each[0]
        for value, each in zip(values, found, strict=True)
    ]

"""The dialect of a text table: what separates cells, where the header stands, decimal commas.

Imports decimal_signs.py, unit_signs.py, wanted.py and wording.py. textfiles.py asks before DuckDB
reads; DuckDB itself finds the types.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from chainrule.errors import DataError
from chainrule.train.data.decimal_signs import COMMA, ONE_GROUP, POINT, SIGNS, shown_by
from chainrule.train.data.unit_signs import number_of
from chainrule.train.data.wanted import Wish
from chainrule.train.data.wording import counted

DELIMITERS = ",;\t|"
CALLED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SAMPLE_BYTES = 1 << 22
SAMPLE_ROWS = 100
PADDED, DIGITS = re.compile(r"0\d+", re.A), re.compile(r"\d+", re.A)
WHOLE = re.compile(r"[+-]?[1-9]\d{0,2}", re.A)


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Parameters
    ----------
    delimiter : str
    comment : str
        What a line of comment starts with; "" if there are none.
    header : tuple of str
        The names of the columns.
    header_line, first_line : int
        Where the header starts, and where the rows start, counted from 1.
    decimal : str
        "." or ",".
    skipped : int
        Lines above the rows that are no comments.
    cells : frozenset of str
        What stands between delimiters at the start of the file.
    doubts : mapping of str to str
        A cell of each column whose numbers may be thousands, where no cell tells: 2.111.
    padded : frozenset of str
        Columns of whole numbers of which some have zeros in front: codes such as 01067.
    proven : frozenset of str
        The decimal signs that cells at the start of the file prove.
    """

    delimiter: str
    comment: str
    header: tuple[str, ...]
    header_line: int
    first_line: int
    decimal: str = "."
    skipped: int = 0
    cells: frozenset[str] = field(default_factory=frozenset[str], repr=False)
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])
    padded: frozenset[str] = frozenset()
    proven: frozenset[str] = frozenset()

    @property
    def called(self) -> str:
        """The delimiter in words."""
        return CALLED.get(self.delimiter, repr(self.delimiter))


def dialect_of(path: Path, name: str, wish: Wish) -> Dialect:
    """Look at the start of a file.

    Parameters
    ----------
    wish : Wish
        Says what the decimal sign is, or what it is where the cells do not tell, such as 1.234.

    Raises
    ------
    DataError
        An empty file, one that is no text, or a header that cannot name columns.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE_BYTES)
        is_whole = not file.read(1)
    text = start.decode("utf-8-sig", errors="replace")  # what is not UTF-8 is told by rereading
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            f"{name} is not text: it has a zero byte in line {line}.",
            do='Save it as "CSV UTF-8".',
        )
    return _of_text(text, is_whole, name, wish)


def _of_text(text: str, is_whole: bool, name: str, wish: Wish) -> Dialect:
    lines = list(io.StringIO(text, newline=None))
    if not is_whole and len(lines) > 1:
        lines.pop()  # cut in the middle
    declared, comment, first = "", "", _first(lines, 0)
    while first < len(lines):
        if match := re.fullmatch(r"sep=(.)\s*", lines[first], re.I):
            declared = match[1]
        elif _is_comment(lines, first, declared):
            comment = "#"
        else:
            break
        first = _first(lines, first + 1)
    if first == len(lines):
        raise DataError(f"{name} is empty.", do="A CSV starts with a row of column names.")
    rest = [line for line in lines[first:] if not (comment and line.startswith(comment))]
    delimiter = declared or max(DELIMITERS, key=lambda each: _fitness(rest, each))
    try:
        reader = csv.reader(io.StringIO("".join(rest), newline=""), delimiter=delimiter)
        names = [cell.strip() for cell in next(reader)]
        ends = reader.line_num
        sample = list(islice(reader, SAMPLE_ROWS)) if len(rest) > ends + SAMPLE_ROWS else []
    except csv.Error as error:
        raise malformed(name, first + 1, str(error)) from None
    sample = sample or _records(rest[ends:], delimiter, SAMPLE_ROWS)
    header = _checked(names, name, delimiter)
    for sign in (delimiter, '"', "\r"):  # three times as fast as one regular expression
        text = text.replace(sign, "\n")
    cells = frozenset(text.split("\n"))
    decimal, proven, in_doubt = _decimal(sample, cells, delimiter, wish)
    has_zeros = any(map(PADDED.fullmatch, cells))
    records = _records(rest[ends:], delimiter, len(rest)) if in_doubt or has_zeros else []
    doubts = _doubts(decimal, header, records, delimiter) if in_doubt else {}
    padded = _padded(header, records) if has_zeros else frozenset[str]()
    above = lines[: first + ends]
    skipped = len(above) - sum(bool(comment) and line.startswith(comment) for line in above)
    places = (first + 1, first + ends + 1)
    known = (decimal, skipped, cells, doubts, padded, proven)
    return Dialect(delimiter, comment, header, *places, *known)


def malformed(name: str, line: int, reason: str) -> DataError:
    """Say that quotes do not close."""
    return DataError(
        f"{name} is malformed in the row that starts in line {line}: {reason}.",
        do='Close every quote, and write a quote inside a quoted cell twice: "".',
    )


def ragged(name: str, line: int, fields: int, dialect: Dialect) -> DataError:
    """Say that a row has more or fewer cells than the header."""
    return DataError(
        f"line {line} of {name} has {counted(fields, 'field')}; "
        f"the header has {len(dialect.header)}.",
        found=[f"split at {dialect.called}s"],
        do="Give the row a field per column; a cell that holds the delimiter is quoted.",
    )


def _first(lines: Sequence[str], start: int) -> int:
    """The first line from here on that is not blank."""
    return next((n for n in range(start, len(lines)) if lines[n].strip()), len(lines))


def _is_comment(lines: Sequence[str], place: int, declared: str) -> bool:
    """A line that starts with #, unless it is split like the next: a header may be "#,name"."""
    if not lines[place].startswith("#"):
        return False
    after = _first(lines, place + 1)
    if after == len(lines):
        return True
    pair = [lines[place], lines[after]]
    counts = [[_fields(line, each) for line in pair] for each in (declared or DELIMITERS)]
    return not any(own == other > 1 for own, other in counts)


def _fitness(lines: Sequence[str], delimiter: str) -> tuple[bool, int]:
    """Whether a delimiter splits the first rows alike, and into how many cells the header."""
    rows = _records(lines[: 2 * SAMPLE_ROWS], delimiter, SAMPLE_ROWS)
    lengths = [len(row) for row in rows if len(row) > 1 or (row and row[0].strip())]
    if not lengths:
        return (False, 0)
    return (lengths[0] > 1 and len(set(lengths[:-1] or lengths)) == 1, lengths[0])


def _records(lines: Sequence[str], delimiter: str, most: int) -> list[list[str]]:
    try:
        text = io.StringIO("".join(lines), newline="")
        return list(islice(csv.reader(text, delimiter=delimiter), most))
    except csv.Error:  # reading the rows will say it better
        return []


def _fields(line: str, delimiter: str) -> int:
    return max(map(len, _records([line], delimiter, 1)), default=0)


def _decimal(
    rows: Sequence[Sequence[str]], cells: frozenset[str], delimiter: str, wish: Wish
) -> tuple[str, frozenset[str], bool]:
    """The decimal sign, those that cells prove, and whether some may be thousands instead."""
    if wish.decimal:
        return wish.decimal, frozenset(), False
    proven = shown_by([number_of(cell.strip()) for row in rows for cell in row], wish.proven)
    signed = _that_may_prove(cells, proven)
    proven = shown_by([number_of(cell.strip()) for cell in signed], proven)
    if len(proven) == 1 and (delimiter != COMMA or POINT in proven):
        return next(iter(proven)), proven, False
    numbers = [number_of(cell.strip()) for cell in cells if POINT in cell or COMMA in cell]
    is_open = {sign: any(map(ONE_GROUP[sign].fullmatch, numbers)) for sign in SIGNS}
    sign = COMMA if COMMA in proven or (is_open[COMMA] and not proven) else POINT
    if POINT in proven or (delimiter == COMMA and not is_open[POINT]):
        sign = POINT  # quoted cells between commas are text for DuckDB
    return sign, proven, len(proven) != 1 and any(is_open.values())


def _that_may_prove(cells: Iterable[str], proven: frozenset[str]) -> list[str]:
    """Cells that may be numbers that prove a sign which is not proven yet."""
    if not proven:
        return [cell for cell in cells if POINT in cell or COMMA in cell]
    if len(proven) > 1:
        return []
    (known,) = proven
    other = COMMA if known == POINT else POINT
    # The last of a number's signs is that before the decimals, or it is the only one.
    return [cell for cell in cells if other in cell and cell.rfind(other) > cell.rfind(known)]


def _doubts(
    sign: str, header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str
) -> dict[str, str]:
    """Columns in which each cell with the sign has three digits after it, and others none.

    Decimals would hardly end at the third place every time, and never at the first or second. If
    no cell is without, points between commas, tabs or bars are those of decimals.
    """
    found = dict[str, str]()
    whole = [row for row in rows if len(row) == len(header)]
    for place, name in enumerate(header):
        cells = [number_of(row[place].strip()) for row in whole]
        signed = [cell for cell in cells if sign in cell]
        if not signed or not all(map(ONE_GROUP[sign].fullmatch, signed)):
            continue
        if any(map(WHOLE.fullmatch, cells)) or sign == COMMA or delimiter == ";":
            found[name] = signed[0]
    return found


def _padded(header: Sequence[str], rows: Sequence[Sequence[str]]) -> frozenset[str]:
    found = list[str]()
    whole = [row for row in rows if len(row) == len(header)]
    for place, name in enumerate(header):
        if are_codes({row[place].strip() for row in whole} - {""}):
            found.append(name)
    return frozenset(found)


def are_codes(cells: Collection[str]) -> bool:
    """Whether texts are whole numbers of which some have zeros in front, such as 01067.

    Other words may stand among them, as gaps do.
    """
    digits = [cell for cell in cells if DIGITS.fullmatch(cell)]
    return (
        2 * len(digits) > len(cells)
        and any(map(PADDED.fullmatch, digits))
        and not any(
            cell.lstrip("+-")[:1].isdigit() and not DIGITS.fullmatch(cell) for cell in cells
        )
    )


def _checked(names: list[str], source: str, delimiter: str) -> tuple[str, ...]:
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of {source} has no name.",
            do="Name every column in the first row "
            "(pandas leaves the first one empty unless you write index=False).",
        )
    refuse_twice(names, source, f", split at {CALLED.get(delimiter, repr(delimiter))}s")
    return tuple(names)


def refuse_twice(names: Sequence[str], source: str, how: str = "") -> None:
    """Raise a DataError that names a column that a table has twice."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if not twice:
        return
    where = [str(number) for number, name in enumerate(names, start=1) if name == twice[0]]
    raise DataError(
        f"{source} has the column {twice[0]!r} {len(where)} times.",
        found=[f"columns {', '.join(where)} of {len(names)}{how}"],
        do="Give every column a name of its own. If the file has no header row, write one.",
    )

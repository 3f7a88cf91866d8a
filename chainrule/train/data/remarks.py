"""Remarks: what a reader should know of a table's columns before anything is trained on them.

Imports thousands.py, outliers.py, variants.py and leakage.py. inference.py asks once per table.
"""

from collections.abc import Mapping

from chainrule.train.data.leakage import suspicious
from chainrule.train.data.outliers import told_outliers, told_target
from chainrule.train.data.roles import Cast
from chainrule.train.data.tables import Columns, Text, Values
from chainrule.train.data.thousands import doubt_in
from chainrule.train.data.variants import told_variants


def remarks(
    columns: Columns, parts: Mapping[str, Cast], target: str, answers: Values
) -> tuple[str, ...]:
    """Notes, the columns in their order; each starts with the column's name."""
    notes = list[str]()
    for name, part in parts.items():
        notes += part.notes
        if isinstance(part.values, Text):
            notes += told_variants(name, part.values)
        elif part.values is not None and part.values.dtype.kind == "f":
            notes += told_thousands(columns, name, part.written.unit)
            notes += told_outliers(name, part.values, columns.places)
    if isinstance(answers, Text):
        notes += told_variants(target, answers)
    else:
        notes += told_target(target, answers, columns.places)
    used = {name: part.values for name, part in parts.items() if part.values is not None}
    return (*notes, *suspicious(used, answers, target))


def told_thousands(columns: Columns, name: str, unit: str = "") -> tuple[str, ...]:
    """A note where no cell tells whether 2.111 is a thousand."""
    cell = doubt_in(columns, name, unit)
    if cell is None:
        return ()
    sign, other, called = (".", ",", "comma") if "." in cell else (",", ".", "point")
    return (
        f"{name!r}: {cell} is read as {cell.replace(',', '.')}, not as {cell.replace(sign, '')}, "
        f"and no cell tells which is right: if they are thousands, decimals follow a {called} "
        f"(--decimal {other}); if not, say so to end this note (--decimal {sign})",
    )

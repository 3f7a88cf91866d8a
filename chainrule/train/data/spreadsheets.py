"""Excel and OpenDocument sheets, through python-calamine.

Imports databases.py for rows of Python's values, and python-calamine when a sheet is read.
opening.py uses it.
"""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import DataError, MissingLibraryError
from chainrule.train.data.databases import columns_of_rows
from chainrule.train.data.tables import Columns, Places

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def columns_of_sheet(path: Path) -> Columns:
    """The first sheet that is not empty: a row of names, and the rows below it."""
    calamine = _calamine()
    try:
        with calamine.load_workbook(str(path)) as book:
            sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
            sheet = next((sheet for sheet in sheets if sheet.total_height), None)
            rows: list[list[Any]] = [] if sheet is None else sheet.to_python(skip_empty_area=True)
            names = list(book.sheet_names)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read as a workbook: {error}.",
            do="Save it again, without a password, or as CSV.",
        ) from None
    if sheet is None or not rows:
        raise DataError(f"{path.name} is empty.", do="A sheet starts with a row of column names.")
    start = (sheet.start or (0, 0))[0] + 1
    return _columns(path.name, rows, start, sheet.name, names)


def _columns(source: str, rows: list[list[Any]], start: int, sheet: str, sheets: Any) -> Columns:
    header = [str(cell).strip() for cell in rows[0]]
    if "" in header:
        raise DataError(
            f"column {header.index('') + 1} of {source} has no name.",
            found=[f"sheet  {sheet!r}, row {start}"],
            do="Name every column in the first row, and leave no remarks beside the table.",
        )
    body = [
        (start + number, tuple(None if cell == "" else cell for cell in row))
        for number, row in enumerate(rows[1:], start=1)
        if any(cell != "" for cell in row)
    ]
    if not body:
        raise DataError(
            f"{source} has a header but no rows.", do="Write the rows below the header."
        )
    places = Places("row", np.array([place for place, _ in body], np.int64))
    columns = columns_of_rows(source, header, [cells for _, cells in body], places)
    if len(sheets) == 1:
        return columns
    note = f"{source} has {len(sheets)} sheets; the first that is not empty was read: {sheet!r}"
    return Columns(source, columns.values, places, columns.nested, notes=(note,))


def _calamine() -> Any:
    try:
        # Here, not above: only workbooks need it.
        import python_calamine as library  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "workbooks are read by python-calamine, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"; or save the sheet as CSV.',
        ) from error
    return library

"""One table in many forms: sixty houses with sizes, towns, days and prices."""

import numpy as np
import pandas as pd

from chainrule.train.data import Dataset

ROWS = 60
SIZES = [round(10 + 1.7 * row, 2) if row % 13 else None for row in range(ROWS)]
TOWNS = [("Kiel", "Graz", None, "Bern")[row * 7 % 4] for row in range(ROWS)]
DAYS = [f"2024-{1 + row % 12:02d}-{1 + row % 28:02d}" for row in range(ROWS)]
PRICES = [round(100.5 + (row * 37 % 61) * 0.25, 2) for row in range(ROWS)]
HEADER = ("size", "town", "day", "price")


def records():
    return list(zip(SIZES, TOWNS, DAYS, PRICES, strict=True))


def text(delimiter=",", decimal=".", end="\n", gap="", quote="", head=""):
    def cell(value):
        word = gap if value is None else str(value)
        return quote + (word.replace(".", decimal) if isinstance(value, float) else word) + quote

    lines = [delimiter.join(HEADER), *(delimiter.join(map(cell, row)) for row in records())]
    return head + end.join(lines) + end


PLAIN = text()


def same(found: Dataset, expected: Dataset) -> bool:
    return (
        found.features == expected.features
        and found.preprocessing.columns == expected.preprocessing.columns
        and found.preprocessing.target == expected.preprocessing.target
        and found.x_train.tobytes() == expected.x_train.tobytes()
        and found.y_test.tobytes() == expected.y_test.tobytes()
    )


def frame() -> pd.DataFrame:
    """The table as pandas holds it."""
    return pd.DataFrame(
        {
            "size": np.array(SIZES, float),
            "town": TOWNS,
            "day": pd.to_datetime(DAYS),
            "price": PRICES,
        }
    )

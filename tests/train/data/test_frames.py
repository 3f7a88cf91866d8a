"""The same rows from any kind of frame give the same inputs, bit for bit; with a split or not."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError
from chainrule.train.data import fit_table, load
from tests.train.data.houses import DAYS, PRICES, ROWS, SIZES, TOWNS, frame, same

FRAMES = {
    "pandas": frame,
    "pandas with its own types": lambda: frame().convert_dtypes(),
    "pandas categories": lambda: frame().astype({"town": "category"}),
    "polars": lambda: pl.DataFrame(
        {"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES}
    ).with_columns(pl.col("day").str.to_date()),
    "Arrow": lambda: pa.table({"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES}),
    "lists": lambda: {"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES},
    "arrays": lambda: {
        "size": np.array(SIZES, float),
        "town": np.array(TOWNS, object),
        "day": np.array(DAYS, "M8[D]"),
        "price": np.array(PRICES),
    },
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES.keys())
def test_every_kind_of_frame_gives_the_same_inputs(plain, make):
    assert same(load(make(), target="price"), plain)


def test_a_table_with_its_answers_beside_it_is_prepared_whole():
    inputs = frame().drop(columns="price")
    fitted = fit_table(inputs, [None, *PRICES[1:]])
    assert fitted.rows.tolist() == list(range(1, ROWS))
    assert fitted.prepared.numbers.shape == (ROWS - 1, 4)
    assert [column.name for column in fitted.prepared.columns] == [
        *("size", "month", "weekday", "elapsed"),
    ]
    assert fitted.prepared.gap_names == ("size",)
    assert fitted.prepared.categorical[0].size == 4
    again = fitted.preprocessing.prepare(inputs.iloc[1:])
    assert again.numbers.tobytes() == fitted.prepared.numbers.tobytes()
    assert again.codes.tobytes() == fitted.prepared.codes.tobytes()
    moved = inputs.iloc[1:, ::-1].assign(more=1)
    assert fitted.preprocessing.prepare(moved).codes.tobytes() == again.codes.tobytes()


def test_a_matrix_has_numbered_columns(rng):
    x, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    fitted = fit_table(x, y)
    assert [column.name for column in fitted.preprocessing.columns] == ["x0", "x1", "x2"]
    assert fitted.prepared.numbers.tobytes() == np.asfortranarray(x).tobytes()
    assert fitted.preprocessing.classes == ("0", "1")


def test_what_is_no_table_is_refused():
    with pytest.raises(DTypeError, match="a table is a frame, a dict of arrays or a matrix"):
        fit_table(3, [1])
    with pytest.raises(ShapeError, match="the columns of a table are equally long"):
        fit_table({"a": [1, 2], "b": [1]}, [1, 2])
    with pytest.raises(ShapeError, match="found 2 answers for 3 rows"):
        fit_table({"a": [1, 2, 3]}, [1, 2])
    with pytest.raises(ArgumentError, match="'iris' is the name of a data set"):
        fit_table("iris", "species")


def test_infinite_numbers_in_a_frame_are_refused():
    table = {"x": [1.0, 2.0, np.inf, 4.0, 5.0, 6.0], "y": [1, 2, 3, 4, 5, 6.5]}
    with pytest.raises(DataError, match="first   inf in column 'x', row 3"):
        load(table, target="y")

"""Standardising block by block gives the bits of the plain formula; bytes lose nothing at all."""

from fractions import Fraction

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.train.data.columns import Categorical, Classes, Numeric
from chainrule.train.data.learning import learn
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.standardising import BLOCK, standardised
from chainrule.train.data.tables import Places, RawData, Table, Text


def columns(count):
    return [Numeric(f"c{i}", 0.1 + i, 1.0 / (3 + i)) for i in range(count)]


def plain(numbers, known):
    mean = np.array([column.mean for column in known])
    std = np.array([column.std for column in known])
    return ((numbers.astype(np.float64) - mean) / std).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 3), (2 * BLOCK // 900 + 5, 900)])
def test_the_bits_are_those_of_the_plain_formula(rng, dtype, shape):
    numbers = (rng.random(shape) * 200).astype(dtype)
    known = columns(shape[1])
    found = standardised(numbers, known, Places.rows(len(numbers)))
    assert found.dtype == np.float32
    assert found.tobytes() == plain(numbers, known).tobytes()


def test_it_writes_where_it_is_told_to(rng):
    numbers, whole = rng.random((50, 3)), np.zeros((50, 5), np.float32)
    standardised(numbers, columns(3), Places.rows(50), out=whole[:, 1:4])
    assert whole[:, 1:4].tobytes() == plain(numbers, columns(3)).tobytes()
    assert not whole[:, [0, 4]].any()


def test_a_number_beyond_float32_is_named_past_the_first_block():
    numbers = np.ones((BLOCK + 9, 1))
    numbers[BLOCK + 4] = 1e30
    with pytest.raises(DataError, match=f"column 'c' holds a number in row {BLOCK + 5} that lies"):
        standardised(numbers, [Numeric("c", 0.0, 1e-10)], Places.rows(len(numbers)))


def test_numbers_with_texts_between_them_keep_their_columns():
    known = Preprocessing(
        (Numeric("a", 1.0, 2.0), Categorical("t", ("x", "y")), Numeric("b", 0.0, 4.0)),
        Classes("target", ("no", "yes")),
    )
    numbers = np.array([[8.0, 5.0, 3.0], [4.0, 9.0, 1.0]])  # b, one the net never saw, a
    texts = {"t": Text.of(["y", "x"])}
    order = ("b", "other", "a", "t")
    table = Table("toy", order, ("b", "other", "a"), numbers, texts, Places.rows(2))
    assert known.apply(table).tolist() == [[1, 0, 1, 2], [0, 1, 0, 1]]


def exact(column):
    """Mean and variance as fractions, which round nothing."""
    values = [Fraction(int(value)) for value in column]
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)


@pytest.mark.parametrize("rows", [1, 2, 255, 256, 257, 1000])
def test_moments_of_bytes_are_exact_to_the_last_bit(rng, rows):
    pixels = rng.integers(0, 256, (rows + 3, 4), np.uint8)
    pixels[:, 0], pixels[:, 1] = 255, 254
    pixels[0, 1] = 255
    train = rng.permutation(rows + 3)[:rows]
    target = np.arange(len(pixels), dtype=float)
    names = [f"c{i}" for i in range(4)]
    known = learn(RawData("toy", Table.of_numbers("toy", names, pixels), "y", target), train)
    for place, column in enumerate(known.columns):
        assert isinstance(column, Numeric)
        mean, variance = exact(pixels[train, place])
        assert column.mean == float(mean)
        assert column.std == pytest.approx(float(variance) ** 0.5 or 1.0, rel=4e-16)

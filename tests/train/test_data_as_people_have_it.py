"""Data as people have it: each kind works, or gets its own sentence. One table."""

import datetime
import decimal
import fractions
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import (
    DataError,
    DTypeError,
    EagerWarning,
    IndexRangeError,
    ShapeError,
    UnsupportedError,
)
from chainrule.train import Program, evaluate, fit, predict
from tests.thorough import crossed

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2)).astype("f").astype(float)
LABELS = np.arange(12) % 3
FRAME = pd.DataFrame(X, columns=["a", "b"])
WHOLE = FRAME.round().astype("Int64")
OBJECTS = X.astype(object)


def gap(frame):
    frame = frame.copy()
    frame.loc[3, "b"] = pd.NA
    return frame


def with_object(value):
    array = OBJECTS.copy()
    array[2, 1] = value
    return array


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


class OtherFrame:
    """A frame of another library, as far as NumPy can tell."""

    columns, shape = ["a", "b"], X.shape

    def __array__(self, dtype=None, copy=None):
        return X.astype(dtype or float)

    def __len__(self):
        return len(X)


WORKS = {
    "an array": X,
    "lists": X.tolist(),
    "tuples": tuple(map(tuple, X)),
    "a tensor": cr.tensor(X),
    "a parameter": cr.parameter(X),
    "a frame": FRAME,
    "a frame of another library": OtherFrame(),
    "a nullable frame of floats": FRAME.astype("Float64"),
    "a sparse frame": FRAME.astype(pd.SparseDtype("float")),
    "numbers in objects": OBJECTS,
    "decimals": np.vectorize(decimal.Decimal)(X),
    "fractions": np.vectorize(fractions.Fraction)(X),
    "a mask that hides nothing": np.ma.masked_array(X, mask=False),
    "read-only": read_only(X),
    "Fortran's order": np.asfortranarray(X),
    "every second row": np.repeat(X, 2, axis=0)[::2],
    "swapped bytes": X.astype(">f8"),
    "float32": X.astype("f"),
    "long double": X.astype("g"),
}
WORKS_ROUNDED = {
    "a nullable frame of whole numbers": WHOLE,
    "a frame of several types": WHOLE.assign(b=FRAME["b"].round()),
    "whole numbers": X.round().astype(int),
    "int8": X.round().astype("i1"),
    "float16": X.round().astype("e"),
}
REFUSED = {
    "a gap in whole numbers": (gap(WHOLE), DataError, "holds <NA> in row 3, column 'b'"),
    "a gap in floats": (gap(FRAME.astype("Float64")), DataError, "in row 3, column 'b'"),
    "NaN": (with_object(float("nan")), DataError, "holds nan in row 2, column 1"),
    "None": (with_object(None), DataError, "holds None in row 2, column 1"),
    "a column of text": (FRAME.assign(b="x"), DTypeError, "the text 'x' in row 0, column 'b'"),
    "categories": (
        FRAME.assign(b=pd.Categorical(list("xyz") * 4)), DTypeError, "the text 'x' in row 0",
    ),
    "text among numbers": (with_object("q"), DTypeError, "the text 'q' in row 2, column 1"),
    "text": (np.full((12, 2), "a"), DTypeError, "holds <U1"),
    "dates": (np.zeros((12, 2), "M8[D]"), DTypeError, "holds dates"),
    "durations": (np.zeros((12, 2), "m8[s]"), DTypeError, "holds durations"),
    "a column of dates": (
        FRAME.assign(b=pd.date_range("2020", periods=12)), DTypeError,
        "the date 2020-01-01 00:00:00 in row 0, column 'b'",
    ),
    "a date among numbers": (with_object(datetime.date(2020, 1, 1)), DTypeError, "the date"),
    "complex numbers": (X + 0j, DTypeError, "x.real and x.imag"),
    "a complex number among others": (with_object(1j), DTypeError, "x.real and x.imag"),
    "a list among numbers": (with_object([1]), DTypeError, "holds a list in row 2, column 1"),
    "records": (np.zeros(12, [("a", "f4")]), DTypeError, "structured_to_unstructured"),
    "sparse rows": (scipy.sparse.csr_array(X), DataError, "X.toarray()"),
    "a sparse matrix": (scipy.sparse.coo_matrix(X), DataError, "X.toarray()"),
    "a mask": (np.ma.masked_array(X, mask=X > 1), DataError, "is masked in row"),
    "rows of which one is masked": (
        [*X[:-1], np.ma.masked_array(X[-1], mask=[True, False])], DataError, "in row 11, column 0",
    ),
    "a column of durations": (
        FRAME.assign(b=pd.to_timedelta(range(12), "s")), DTypeError, "the duration 0 days",
    ),
    "a number that no float holds": (with_object(10**400), DTypeError, "number of 1329 bits"),
    "a number that float32 does not hold": (
        with_object(1e39), DataError, "holds 1e+39, which is beyond float32",
    ),
    "a generator": ((row for row in X), DataError, "np.stack(list(...))"),
    "a map": (map(list, X), DataError, "an iterator (map)"),
    "a dict": ({"a": X}, DataError, "is a dict"),
    "a set": ({1, 2}, DataError, "is a set"),
    "a string": ("abc", DataError, "is a str"),
    "nothing": (None, DataError, "is None"),
    "rows of different lengths": ([[1, 2], [3]], DataError, "is no array"),
    "no columns": (np.zeros((12, 0)), DataError, "has no columns"),
    "one axis": (np.zeros(12), ShapeError, "X.reshape(-1, 1)"),
    "no axis": (3.0, ShapeError, "X.reshape(-1, 1)"),
}  # fmt: skip
LABELS_WORK = {
    "lists": LABELS.tolist(),
    "a range": range(12),
    "a series": pd.Series(LABELS),
    "a nullable series": pd.Series(LABELS).astype("Int64"),
    "uint8": LABELS.astype("u1"),
    "swapped bytes": LABELS.astype(">i4"),
    "booleans": LABELS > 1,
    "nullable booleans": pd.Series(LABELS > 1).astype("boolean"),
    "objects": LABELS.astype(object),
    "categories that are numbers": pd.Series(pd.Categorical(LABELS)),
    "a tensor": cr.tensor(LABELS),
}
LABELS_REFUSED = {
    "a column": (LABELS[:, None], ShapeError, "y.reshape(-1)"),
    "one-hot rows": (np.eye(3)[LABELS], ShapeError, "y.argmax(axis=-1)"),
    "one-hot whole numbers": (np.eye(3, dtype=int)[LABELS], ShapeError, "y.argmax(axis=-1)"),
    "floats": (LABELS.astype(float), IndexRangeError, "class labels are integers"),
    "text": (np.array(list("abc") * 4), DTypeError, "np.unique"),
    "a series of text": (pd.Series(list("abc") * 4), DTypeError, "np.unique"),
    "categories of text": (pd.Series(pd.Categorical(list("abc") * 4)), DTypeError, "np.unique"),
    "a generator": ((label for label in LABELS), DataError, "np.stack(list(...))"),
    "a gap": (pd.Series([1, pd.NA] * 6, dtype="Int64"), DataError, "in row 1"),
    "too many": (LABELS + 1, IndexRangeError, "outside the 3 classes"),
}


def learned(x, y=LABELS, compiled=False, **options):
    model = options.pop("model", None) or nn.MLP([2, 4, 3])
    settings = {"loss": cr.softmax_cross_entropy, "optimizer": optim.SGD(0.1), "epochs": 2}
    history = fit(model, (x, y), compiled=compiled, batch_size=5, **settings | options)
    assert history.compiled == compiled
    return model


def same(one, other):
    return all(np.array_equal(array, other.state()[name]) for name, array in one.state().items())


@crossed("name, compiled", WORKS, [False, True])
def test_these_train_as_an_array_does(name, compiled):
    model = learned(WORKS[name], compiled=compiled)
    assert same(model, learned(X, compiled=compiled))
    np.testing.assert_array_equal(predict(model, WORKS[name]), predict(model, X))


@pytest.mark.parametrize("name", WORKS_ROUNDED)
def test_these_train_as_whole_numbers_do(name):
    assert same(learned(WORKS_ROUNDED[name]), learned(X.round()))


@pytest.mark.parametrize("name", REFUSED)
def test_these_get_a_sentence_of_their_own(name):
    make, error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        learned(make)
    assert message in str(caught.value)
    assert caught.value.do
    if name not in ("a generator", "a map"):  # which are spent
        with pytest.raises(error):
            predict(nn.MLP([2, 3]), make)


@MODES
@pytest.mark.parametrize("name", LABELS_WORK)
def test_labels_of_these_kinds_train(name, compiled):
    model = nn.MLP([2, 12])
    learned(X, LABELS_WORK[name], compiled, model=model)


@MODES
@pytest.mark.parametrize("name", [name for name in LABELS_REFUSED if name != "a generator"])
def test_labels_of_these_kinds_get_a_sentence(name, compiled):
    y, error, message = LABELS_REFUSED[name]
    with pytest.raises(error) as caught:
        learned(X, y, compiled)
    assert message in str(caught.value)
    assert caught.value.do


@MODES
def test_a_memory_map_trains(tmp_path, compiled):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert same(learned(mapped, compiled=compiled), learned(X, compiled=compiled))


def test_an_empty_validation_has_a_sentence():
    with pytest.raises(DataError, match="the validation data: there are no rows"):
        learned(X, validation=(X[:0], LABELS[:0]))


def test_columns_in_another_order_are_refused_by_name():
    model = learned(FRAME)
    np.testing.assert_array_equal(predict(model, FRAME), predict(model, X))
    swapped, renamed = FRAME[["b", "a"]], FRAME.rename(columns={"a": "z"})
    for frame, message in ((swapped, "in another order"), (renamed, "missing     'a'")):
        with pytest.raises(DataError, match=message):
            predict(model, frame)
        with pytest.raises(DataError, match=message):
            evaluate(model, (frame, LABELS), cr.softmax_cross_entropy)
        with pytest.raises(DataError, match=message):
            learned(FRAME, validation=(frame, LABELS))
    predict(learned(X), swapped)  # a net that was trained on an array knows no names
    predict(learned(swapped, model=model), swapped)  # another fit, other columns
    predict(learned(X, model=model), FRAME)


def test_a_frame_whose_columns_are_no_names_is_an_array():
    model = learned(pd.DataFrame(X))
    predict(model, pd.DataFrame(X, columns=["a", "b"]))


class Table(nn.Module):
    def __init__(self):
        self.table, self.scores = nn.Embedding(5, 2), nn.Linear(2, 3)

    def forward(self, x):
        return self.scores(self.table(x))


@MODES
@pytest.mark.parametrize("kind", ["u1", "i1", ">i4", "Int64", object])
def test_ids_of_any_whole_type_train(kind, compiled):
    ids = pd.Series(LABELS).astype("Int64") if kind == "Int64" else LABELS.astype(kind)
    assert same(
        learned(ids, model=Table(), compiled=compiled),
        learned(LABELS, model=Table(), compiled=compiled),
    )


@MODES
@pytest.mark.parametrize(
    ("ids", "advice"),
    [
        (LABELS - 1, "np.where(ids < 0, unknown, ids)"),
        ((LABELS + 253).astype("u1"), "Embedding(256, 2)"),
        (LABELS + 5, "Embedding(8, 2)"),
        (LABELS * 1.0, "ids.astype(np.int64)"),
        (LABELS > 1, "ids.astype(np.int64)"),
    ],
)
def test_the_advice_for_ids_fits_them(ids, advice, compiled):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(IndexRangeError) as caught:
            learned(ids, model=Table(), compiled=compiled)
    assert advice in caught.value.do


def test_float16_parameters_train_eagerly_and_say_so():
    options = {"loss": cr.softmax_cross_entropy, "optimizer": optim.SGD(0.1)}
    model = nn.MLP([2, 3], dtype="float16")
    with pytest.warns(EagerWarning, match=r"computes in float32 and float64, but .* float16"):
        history = fit(model, (X, LABELS), **options)
    assert history["loss"][-1] < history["loss"][0]
    assert predict(model, X).dtype == np.float16
    with pytest.raises(UnsupportedError, match="float16"):
        Program(model, **options).step(X.astype("f"), LABELS)

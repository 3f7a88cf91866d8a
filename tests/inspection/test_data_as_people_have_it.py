"""A batch is looked at in the containers it is trained from, or refused in the same words."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

import chainrule as cr
from chainrule.errors import DataError, DTypeError

X = np.random.default_rng(0).normal(size=(12, 3))
LABELS = np.arange(12) % 2
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
MODEL = cr.nn.MLP([3, 4, 2], dtype="float64", seed=0)
LOOKS = {"flow": cr.flow, "draw": cr.draw, "ledger": cr.ledger, "show": cr.show}
TAKEN = {
    "a frame": (FRAME, pd.Series(LABELS, index=range(50, 62))),
    "nullable types": (FRAME.astype("Float64"), pd.Series(LABELS, dtype="Int64")),
    "polars": (pl.DataFrame(X, schema=["a", "b", "c"]), pl.Series(LABELS)),
    "objects": (X.astype(object), LABELS.astype(object)),
    "lists": (X.tolist(), LABELS.tolist()),
    "another byte order": (X.astype(">f8"), LABELS.astype(">i8")),
}
REFUSED = {
    "sparse": (scipy.sparse.csr_array(X), DataError, "X is sparse"),
    "masked": (np.ma.masked_array(X, X > 1), DataError, "X is masked in row"),
    "texts": (FRAME.assign(b="red"), DTypeError, "X holds the text 'red' in row 0, column 'b'"),
}


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("look", LOOKS)
def test_the_same_rows_in_another_container_look_the_same(look, kind):
    wanted = LOOKS[look](MODEL, (X, LABELS), loss=cr.softmax_cross_entropy)
    found = LOOKS[look](MODEL, TAKEN[kind], loss=cr.softmax_cross_entropy)
    assert str(found) == str(wanted)


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("look", LOOKS)
def test_what_no_net_takes_is_refused_as_in_training(look, kind):
    x, error, message = REFUSED[kind]
    with pytest.raises(error, match=message):
        LOOKS[look](MODEL, x)
    with pytest.raises(error, match=message.replace("X", "X of the training data", 1)):
        cr.fit(MODEL, (x, LABELS), loss=cr.softmax_cross_entropy, optimizer=cr.optim.SGD(0.1))

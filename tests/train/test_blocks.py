"""Data that come block by block: shuffled by blocks and within, compiled as eager."""

import types

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ChainruleError, DataError, ShapeError
from chainrule.train import Callback
from chainrule.train.blocks import block_batches, check_of, is_blocks
from chainrule.train.checks import Task
from tests.thorough import crossed

SIZES = (70, 33, 1, 96)
ROWS = sum(SIZES)


class Measured:
    """Rows in blocks of several sizes."""

    rows = ROWS

    def __init__(self, sizes=SIZES, weights=False):
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(ROWS, 3)).astype("f")
        self.y = (self.x[:, 0] > self.x[:, 1]).astype(int)
        self.ends = np.cumsum([0, *sizes])
        self.weights = rng.uniform(0.5, 2, ROWS) if weights else None

    def blocks(self, rng):
        for i in rng.permutation(len(self.ends) - 1):
            rows = slice(self.ends[i], self.ends[i + 1])
            block = self.x[rows], self.y[rows]
            yield block if self.weights is None else (*block, self.weights[rows])


def net(dropout=0.0):
    made = cr.nn.Sequential(
        cr.nn.Linear(3, 8, seed=1),
        cr.nn.Tanh(),
        cr.nn.Dropout(dropout),
        cr.nn.Linear(8, 2, seed=2),
    )
    return made


def trained(data, model=None, **more):
    model = model or net()
    settings = {"loss": cr.softmax_cross_entropy, "optimizer": cr.optim.Adam(0.02), "epochs": 3}
    history = cr.fit(model, data, **(settings | {"batch_size": 16} | more))
    return model, history


def arrays(model):
    return [p.data for p in model.parameters().values()]


@crossed("weights, dropout", [False, True], [0.0, 0.3])
def test_compiled_steps_on_blocks_are_the_eager_ones(weights, dropout):
    data = Measured(weights=weights)
    schedule = cr.optim.Cosine(0.02)
    found, history = trained(data, net(dropout), schedule=schedule, seed=4)
    eager, expected = trained(data, net(dropout), schedule=schedule, seed=4, compiled=False)
    assert history.compiled
    assert not expected.compiled
    for x, y in zip(arrays(found), arrays(eager), strict=True):
        assert_allclose(x, y, atol=2e-5)
    for name in ("loss", "accuracy", "rate", "gradient_norm/layers.0.weight"):
        assert_allclose(history[name], expected[name], rtol=1e-4)


def test_what_a_block_leaves_of_a_batch_goes_to_the_next():
    class Sizes(Callback):
        def __init__(self):
            self.seen = []

        def on_batch_end(self, state):
            self.seen.append((state.batch, state.seen))

    sizes = Sizes()
    trained(Measured(), epochs=1, callbacks=[sizes])
    full = [(i, 16 * i) for i in range(1, ROWS // 16 + 1)]
    assert sizes.seen == [*full, (ROWS // 16 + 1, ROWS)]


def test_an_epoch_takes_every_row_once_and_each_epoch_in_another_order():
    taken = []

    def loss(scores, y, weights=None):
        return cr.softmax_cross_entropy(scores, y)

    class Counted(cr.nn.Module):
        def __init__(self):
            self.layer = cr.nn.Linear(3, 2, seed=0)

        def forward(self, x):
            taken.append(np.asarray(x.data)[:, 0].copy())
            return self.layer(x)

    data = Measured()
    trained(data, Counted(), compiled=False, epochs=2, metric=None, loss=loss)
    steps = [each for each in taken if len(each) == 16 or len(each) == ROWS % 16]
    seen = np.concatenate(steps)[-2 * ROWS :]
    first, second = seen[:ROWS], seen[ROWS:]
    assert_array_equal(np.sort(first), np.sort(data.x[:, 0]))
    assert_array_equal(np.sort(second), np.sort(data.x[:, 0]))
    assert (first != second).any()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_fit_that_was_interrupted_goes_on_within_a_block_bit_for_bit(compiled):
    class Stop(Callback):
        def on_batch_end(self, state):
            if (state.epoch, state.batch) == (2, 6):
                state.stop("enough")

    whole, expected = trained(Measured(), epochs=3, compiled=compiled)
    model, optimizer = net(), cr.optim.Adam(0.02)
    more = {"optimizer": optimizer, "compiled": compiled}
    _, begun = trained(Measured(), model, epochs=3, callbacks=[Stop()], **more)
    _, history = trained(Measured(), model, epochs=2, after=begun, **more)
    for x, y in zip(arrays(model), arrays(whole), strict=True):
        assert_array_equal(x, y)
    assert history["loss"][-1] == expected["loss"][-1]


def test_one_block_of_all_rows_learns_what_arrays_learn():
    data = Measured((ROWS,))
    _, history = trained(data, epochs=20)
    _, expected = trained((data.x, data.y), epochs=20)
    assert_allclose(history["loss"][-1], expected["loss"][-1], rtol=0.1)


class Other(Measured):
    """Blocks with something wrong."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def blocks(self, rng):
        for number, block in enumerate(super().blocks(rng)):
            yield self.change(number, block)


def test_a_block_that_looks_different_is_named_with_what_was_expected():
    data = Other(lambda n, b: (b[0][:, :2], b[1]) if n == 2 else b)
    with pytest.raises(ShapeError) as raised:
        trained(data)
    assert "block 3 of the training data" in " ".join(raised.value.__notes__)
    data = Other(lambda n, b: (b[0], b[1][:, None]) if n == 2 else b)
    with pytest.raises(ChainruleError):
        trained(data)


def test_labels_that_are_numbers_in_a_later_block_are_refused():
    data = Other(lambda n, b: (b[0], b[1] + 0.5) if n == 2 else b)
    with pytest.raises(Exception, match="block 3 of the training data"):
        trained(data)


@pytest.mark.parametrize(("rows", "how"), [(ROWS - 1, "go on"), (ROWS + 1, "are over")])
def test_a_wrong_number_of_rows_is_told(rows, how):
    data = Measured()
    data.rows = rows
    with pytest.raises(DataError, match=f"{rows} rows, but its blocks {how} after {ROWS}"):
        trained(data)


def test_weights_come_in_the_blocks():
    with pytest.raises(ArgumentError, match="sample_weight"):
        trained(Measured(), sample_weight=np.ones(ROWS))


def test_a_source_without_blocks_is_told():
    class Nothing:
        rows = 3

        def blocks(self, rng):
            return iter(())

    with pytest.raises(DataError, match="no blocks"):
        trained(Nothing())


def test_a_nan_in_a_later_block_names_it_and_spoils_nothing():
    data = Other(lambda n, b: (np.where(b[0] > 2, np.nan, b[0]), b[1]) if n == 3 else b)
    model = net()
    with pytest.raises(DataError, match="block 4"):
        trained(data, model)
    assert all(np.isfinite(x).all() for x in arrays(model))


def test_a_table_with_columns_of_these_names_is_no_blocks():
    columns = {"rows": [1.0, 2.0], "blocks": [3.0, 4.0]}
    array = np.zeros(2, [("rows", "f8"), ("blocks", "f8")]).view(np.recarray)
    held = types.SimpleNamespace(rows=2, blocks=np.zeros((2, 1)))  # as xarray's attributes are
    for table in (pd.DataFrame(columns), pl.DataFrame(columns), columns, array, held):
        assert not is_blocks(table)
        with pytest.raises(ChainruleError, match="the training data"):
            trained(table)
    frame, y = pd.DataFrame(columns), np.array([0, 1])
    assert not is_blocks((frame, y))
    assert len(trained((frame, y), cr.nn.Linear(2, 2), batch_size=2)[1]) == 3
    assert is_blocks(Measured())
    assert is_blocks(types.SimpleNamespace(rows=2, blocks=lambda rng: iter(())))


def test_of_a_first_block_one_batch_is_kept():
    data = Measured()
    task, batches = block_batches(data, 16, 0, check_of(task_of, None))
    assert task.rows is batches.all
    assert batches.all.count == 16
    assert not any(np.shares_memory(array, data.x) for array in batches.all.arrays)


def task_of(given, part, weights):
    loss = cr.softmax_cross_entropy
    return Task.of(net(), given, loss, "auto", part, 16, True, None, weights)

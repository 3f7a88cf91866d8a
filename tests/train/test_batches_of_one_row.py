"""BatchNorm and small batches: a row alone has no variance; two rows have an unbiased one."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ShapeError
from chainrule.ops.random import key
from chainrule.train import Program, fit

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)


def net(momentum=0.1):
    return nn.Sequential(nn.BatchNorm(3, momentum=momentum), nn.Linear(3, 1))


def run(rows, batch_size, compiled, model=None, epochs=1):
    x = RNG.normal(2.0, 3.0, size=(rows, 3))
    model = model or net()
    options = {"loss": cr.squared_error, "optimizer": optim.SGD(1e-6), "epochs": epochs}
    fit(model, (x, x[:, :1]), batch_size=batch_size, compiled=compiled, **options)
    return model, x


@MODES
@pytest.mark.parametrize(("rows", "size"), [(33, 1), (1, 32)])
def test_batches_that_are_all_of_one_row_are_refused_before_the_first_step(rows, size, compiled):
    model = net()
    before = model.state()
    with pytest.raises(ShapeError) as caught:
        run(rows, size, compiled, model)
    assert caught.value.what == (
        "BatchNorm cannot train on batches of one row: layers.0 would answer with its shift, "
        "whatever the rows hold."
    )
    assert all(np.array_equal(before[name], array) for name, array in model.state().items())


@MODES
def test_a_last_batch_of_one_row_is_left_out_of_the_running_statistics(compiled):
    model, x = run(401, 100, compiled, net(momentum=0.05), epochs=150)
    ratio = model.layers[0].running_variance / x.var(axis=0, ddof=1)
    np.testing.assert_allclose(ratio, 1, atol=0.1)
    model, x = run(9, 8, compiled, net(momentum=1.0))
    rows = np.random.default_rng((0, 1)).permutation(9)[:8]  # the order of epoch 1
    np.testing.assert_allclose(model.layers[0].running_mean, x[rows].mean(axis=0), rtol=1e-5)


def test_a_program_and_a_call_leave_one_row_out():
    x = np.full((1, 3), 7, "f")
    out, updates = net().run(x, training=key(0))
    np.testing.assert_array_equal(out.data, net()(0 * x).data)
    np.testing.assert_array_equal(updates["layers.0.running_variance"], np.ones(3))
    model = net()
    Program(model, cr.squared_error, optim.SGD()).step(x, x[:, :1])
    np.testing.assert_array_equal(model.layers[0].running_variance, np.ones(3))
    np.testing.assert_array_equal(model.layers[0].running_mean, np.zeros(3))


def test_a_programs_epoch_of_single_rows_is_refused():
    x, model = np.ones((5, 3), "f"), net()
    program = Program(model, cr.squared_error, optim.SGD())
    with pytest.raises(ShapeError, match="BatchNorm cannot train on batches of one row"):
        program.epoch(x, x[:, :1], batch_size=1)
    assert program.steps == 0
    assert len(program.epoch(x, x[:, :1], batch_size=4)) == 2


@MODES
def test_rows_of_other_axes_count(compiled):
    class Net(nn.Module):
        def __init__(self):
            self.norm, self.out = nn.BatchNorm(3), nn.Linear(3, 1)

        def forward(self, x):
            return self.out(self.norm(x)).mean(axis=1)

    x = RNG.normal(size=(5, 4, 3))
    history = fit(
        Net(), (x, x[:, 0, :1]), loss=cr.squared_error, optimizer=optim.SGD(), batch_size=4,
        epochs=1, compiled=compiled,
    )  # fmt: skip
    assert history.compiled == compiled


@MODES
@pytest.mark.parametrize("rows", [2, 3, 8])
def test_the_running_variance_is_unbiased(rows, compiled):
    model, x = run(rows, rows, compiled, net(momentum=1.0))
    np.testing.assert_allclose(model.layers[0].running_variance, x.var(axis=0, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(model.layers[0].running_mean, x.mean(axis=0), rtol=1e-5)


@MODES
def test_a_last_batch_of_two_rows_leaves_the_running_variance_at_the_truth(compiled):
    model, x = run(402, 100, compiled, net(momentum=0.01), epochs=200)
    ratio = model.layers[0].running_variance / x.var(axis=0, ddof=1)
    np.testing.assert_allclose(ratio, 1, atol=0.1)

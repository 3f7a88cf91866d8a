"""Where a scan meets what stands around it: parameters, nets, fits, keys, own ops, no_grad."""

import gc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.loops.recurrences import python_scan

RNG = np.random.default_rng(3)
XS = RNG.normal(size=(5, 4, 3))
W = RNG.normal(size=(3, 3)) * 0.5


def test_parameters_that_the_body_closes_over_receive_their_gradients():
    def loss(scan, w, b):
        h, ys = scan(lambda h, x: (np.tanh(h @ w + x * b), h.sum()), XS[0] * 0, XS)
        return (h**2).sum() + (ys**2).sum()

    grads = []
    for scan in (cr.scan, python_scan):
        w, b = cr.parameter(W, name="w"), cr.parameter(np.ones(3), name="b")
        loss(scan, w, b).backward()
        grads.append((w.grad, b.grad))
    for one, other in zip(*grads, strict=True):
        assert_allclose(one, other, rtol=1e-12)


def test_what_is_made_of_a_parameter_before_and_inside():
    w = cr.parameter(W, name="w")
    outside = w * 2
    h, _ = cr.scan(lambda h, x: (np.tanh(h @ (w + outside) + x), None), XS[0] * 0, XS)
    h.sum().backward()
    found = w.grad

    def loss(w):
        outside = w * 2
        h, _ = python_scan(lambda h, x: (np.tanh(h @ (w + outside) + x), None), XS[0] * 0, XS)
        return h.sum()

    assert_allclose(found, cr.grad(loss)(W), rtol=1e-12)


def test_a_parameter_is_carried_and_is_an_output():
    w = cr.parameter(np.ones(3), name="w")
    carry, ys = cr.scan(lambda c, x: (c * x, (w, c)), w, np.array([2.0, 3.0]))
    (carry.sum() + ys[0].sum() + ys[1].sum()).backward()
    assert_array_equal(w.grad, np.full(3, 6 + 2 + 3.0))


def test_compiled_functions_read_parameters_as_they_are_at_each_call():
    w = cr.parameter(np.ones(3), name="w")
    f = cr.compile(lambda x: cr.scan(lambda c, _: (c * w, None), x, length=3)[0])
    assert_array_equal(f(np.ones(3)), np.ones(3))
    w.data = np.full(3, 2.0)
    assert_array_equal(f(np.ones(3)), np.full(3, 8.0))


def test_inside_no_grad_nothing_is_kept():
    w = cr.parameter(W, name="w")
    with cr.no_grad():
        h, _ = cr.scan(lambda h, x: (h @ w, None), XS[0], XS)
    assert not h.wants_gradient


def test_a_checkpoint_around_a_scan_and_one_inside():
    def loss(w, around, inside):
        step = inside(lambda h, x: np.tanh(h @ w + x))
        whole = around(lambda h: cr.scan(lambda h, x: (step(h, x), None), h, XS)[0])
        return (whole(XS[0] * 0) ** 2).sum()

    def plain(f):
        return f

    wanted = cr.grad(lambda w: loss(w, plain, plain))(W)
    for pair in ((cr.checkpoint, plain), (plain, cr.checkpoint), (cr.checkpoint, cr.checkpoint)):
        assert_allclose(cr.grad(lambda w, p=pair: loss(w, *p))(W), wanted, rtol=1e-12)


class Twice(cr.Op):
    """An op of a user, whose rules want arrays."""

    def forward(self, x):
        return np.asarray(x) * np.float64(2)

    def backward(self, upstream, x, out):
        return (np.asarray(upstream) * 2,)


@pytest.mark.parametrize("compiled", [False, True])
def test_an_own_op_in_the_body_is_called_at_every_step(compiled):
    twice = Twice()

    def loss(x):
        return cr.scan(lambda c, _: (twice(np.sin(c)), None), x, length=3)[0].sum()

    def looped(x):
        for _ in range(3):
            x = 2 * np.sin(x)
        return x.sum()

    x = np.linspace(0, 1, 4)
    gradient = cr.grad(loss)
    found = cr.compile(gradient)(x) if compiled else gradient(x)
    assert_allclose(found, cr.grad(looped)(x), rtol=1e-12)


class Breaks(cr.Op):
    def forward(self, x):
        if np.any(x > 3):
            raise RuntimeError("larger than three")
        return x + 1


def test_an_error_of_pythons_ends_the_compiled_loop():
    f = cr.compile(lambda x: cr.scan(lambda c, _: (Breaks()(c), None), x, length=3)[0])
    assert f(np.float64(1)) == 4
    with pytest.raises(RuntimeError, match="larger than three"):
        f(np.float64(2))
    assert f(np.float64(0)) == 3


def test_masks_drawn_from_a_key_and_the_number_of_the_step():
    key = cr.key(0)

    keys = np.stack([cr.fold(key, i) for i in range(4)])
    drop = cr.nn.Dropout(0.5)

    def masked(scan, x):
        return scan(lambda c, k: (drop(c + 1, training=k), None), x, keys)[0]

    x = np.ones(8)
    wanted = masked(python_scan, x)
    assert_array_equal(masked(cr.scan, x), wanted)
    assert_array_equal(cr.compile(lambda x: masked(cr.scan, x))(x), wanted)


class Recurrent(cr.nn.Module):
    """Reads rows of sequences, (N, T, D)."""

    def __init__(self, features, hidden, classes, scan):
        self.inner = cr.nn.Linear(hidden, hidden)
        self.outer = cr.nn.Linear(features, hidden)
        self.head = cr.nn.Linear(hidden, classes)
        self.hidden, self.scan = hidden, scan

    def forward(self, x):
        begin = np.zeros((x.shape[0], self.hidden), np.float32)
        steps = np.transpose(x, (1, 0, 2))
        h, _ = self.scan(lambda h, x: (np.tanh(self.inner(h) + self.outer(x)), None), begin, steps)
        return self.head(h)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_net_with_a_scan_is_fitted(compiled):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70, 6, 3)).astype(np.float32)
    y = (x[:, :, 0].sum(axis=1) > 0).astype(int)
    losses = []
    for scan in (cr.scan, python_scan):
        model = Recurrent(3, 8, 2, scan)
        model = _begun(model)
        history = cr.fit(
            model, (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.Adam(1e-2), epochs=3,
            batch_size=32, seed=0, compiled=compiled,
        )  # fmt: skip
        assert history.compiled == compiled
        losses.append([each.loss for each in history.epochs])
    assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


def _begun(model):
    rng = np.random.default_rng(5)
    for p in model.parameters().values():
        p.data = rng.normal(size=p.shape).astype(np.float32) * 0.3
    return model


def test_a_scan_leaves_a_legal_graph_and_is_freed_with_it():
    w = cr.parameter(W, name="w")
    h, ys = cr.scan(lambda h, x: (np.tanh(h @ w + x), h.sum()), XS[0] * 0, XS)
    loss = h.sum() + ys.sum()
    cr.check_graph(loss)
    assert "scan" in cr.show(loss)
    loss.backward()
    gone = weakref.ref(h)
    del h, ys, loss
    gc.collect()
    assert gone() is None


def test_the_doctor_finds_nothing():
    cr.check(
        lambda x: cr.scan(lambda c, x: (np.sin(c * x), c), x[0], x)[0], RNG.normal(size=(4, 3))
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_the_same_bits(threads):
    def loss(w, xs):
        return (cr.scan(lambda h, x: (np.tanh(h @ w + x), None), xs[0], xs)[0] ** 2).sum()

    rng = np.random.default_rng(0)
    w = (rng.normal(size=(256, 256)) / 16).astype(np.float32)
    xs = rng.normal(size=(3, 512, 256)).astype(np.float32)
    before = cr.settings.threads()
    try:
        cr.settings.threads(1)
        alone = cr.compile(cr.grad(loss))(w, xs)
        cr.settings.threads(threads)
        assert_array_equal(cr.compile(cr.grad(loss))(w, xs), alone)
    finally:
        cr.settings.threads(before)

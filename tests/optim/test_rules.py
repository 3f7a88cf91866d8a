"""Each rule against its formula by hand, its recorded form, and itself in chunks."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.optim import groups
from chainrule.tensors import Tensor

RATE = 0.1
STEPS = 7
RULES = [
    optim.SGD(RATE),
    optim.SGD(RATE, momentum=0.9),
    optim.SGD(RATE, momentum=0.9, nesterov=True),
    optim.RMSProp(RATE),
    optim.Adagrad(RATE),
    optim.Adam(RATE),
    optim.Adam(RATE, beta1=0.0, beta2=0.0),
    optim.AdamW(RATE, weight_decay=0.1),
]
SHAPES = {"weight": (3, 4), "bias": (4,), "scale": (), "empty": (0, 2), "wide": (2, 20000)}


def fresh(optimizer):
    return type(optimizer)(**{name: getattr(optimizer, name) for name in optimizer.settings})


def gradients(step, dtype=np.float64, shapes=SHAPES):
    rng = np.random.default_rng(step)
    return {name: np.asarray(rng.normal(size=shape), dtype) for name, shape in shapes.items()}


def start(dtype=np.float64, shapes=SHAPES):
    return {
        name: cr.parameter(array, name) for name, array in gradients(1000, dtype, shapes).items()
    }


def run_eager(optimizer, dtype=np.float64, shapes=SHAPES, steps=STEPS):
    parameters = start(dtype, shapes)
    for step in range(steps):
        for name, gradient in gradients(step, dtype, shapes).items():
            parameters[name].gradient = gradient
        optimizer.step(parameters)
    return parameters


def by_hand(optimizer, w, grads):
    """The formulas of the papers, letter by letter, in float64."""
    v = m = s = np.zeros_like(w)
    kind = type(optimizer)
    for t, g in enumerate(grads, start=1):
        if kind is optim.SGD:
            v = optimizer.momentum * v + g
            w = w - RATE * (g + optimizer.momentum * v if optimizer.nesterov else v)
        elif kind is optim.RMSProp:
            s = 0.9 * s + 0.1 * g**2
            w = w - RATE * g / (np.sqrt(s) + 1e-8)
        elif kind is optim.Adagrad:
            s = s + g**2
            w = w - RATE * g / (np.sqrt(s) + 1e-10)
        else:
            b1, b2 = optimizer.beta1, optimizer.beta2
            w = w - RATE * getattr(optimizer, "weight_decay", 0) * w
            m = b1 * m + (1 - b1) * g
            s = b2 * s + (1 - b2) * g**2
            w = w - RATE * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + 1e-8)
    return w


@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_every_rule_is_the_formula_of_its_paper(optimizer):
    parameters = run_eager(fresh(optimizer))
    for name, p in parameters.items():
        first = gradients(1000)[name]
        expected = by_hand(optimizer, first, [gradients(step)[name] for step in range(STEPS)])
        np.testing.assert_allclose(p.data, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_the_step_in_place_has_the_bits_of_the_recorded_rule(optimizer, dtype):
    eager = run_eager(fresh(optimizer), dtype)
    for name, array in gradients(1000, dtype).items():
        rule = fresh(optimizer)
        w, state = Tensor(array, wants_gradient=True), rule.init(array)
        for step in range(STEPS):
            gradient = Tensor(gradients(step, dtype)[name])
            w, state = rule.update(w, gradient, state, RATE, step + 1)
        assert w.op is not None
        assert w.dtype == dtype
        np.testing.assert_array_equal(eager[name].data, w.data)


@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_a_rule_reads_rate_and_step_as_tensors_too(optimizer):
    array, gradient = gradients(0)["weight"], gradients(1)["weight"]
    rate, step = Tensor(np.asarray(RATE)), Tensor(np.asarray(3.0))
    state = tuple(np.abs(a) for a in map(np.ones_like, optimizer.init(array)))
    expected, _ = optimizer.update(array, gradient, state, RATE, 3)
    found, _ = optimizer.update(Tensor(array, wants_gradient=True), gradient, state, rate, step)
    np.testing.assert_allclose(found.data, expected, rtol=1e-14)


@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_chunks_and_groups_change_no_bit(optimizer, monkeypatch):
    shapes = SHAPES | {"wide": (2, 50)}
    whole = run_eager(fresh(optimizer), np.float32, shapes)
    monkeypatch.setattr(groups, "CHUNK", 7)
    monkeypatch.setattr(groups, "SMALL", 3)
    monkeypatch.setattr("chainrule.optim.sgd.CHUNK", 7)
    cut = run_eager(fresh(optimizer), np.float32, shapes)
    for name, p in whole.items():
        np.testing.assert_array_equal(p.data, cut[name].data)


@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_parameters_of_several_types_keep_them(optimizer):
    optimizer = fresh(optimizer)
    single = cr.parameter(np.ones(3, np.float32), "single")
    double = cr.parameter(np.ones(3), "double")
    single.gradient, double.gradient = np.ones(3, np.float32), np.ones(3)
    optimizer.step([single, double])
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert np.all(single.data < 1)
    np.testing.assert_allclose(single.data, double.data, rtol=1e-6)


def test_adam_in_float32_starts_as_accurately_as_in_float64():
    # 1 - 0.999 keeps four digits in float32; expm1 keeps all of them.
    w, g = np.ones(1), np.full(1, 0.3)
    rule = optim.Adam(0.1)
    exact, _ = rule.update(w, g, rule.init(w), 0.1, 1)
    single = [np.asarray(a, np.float32) for a in (w, g, 0.1, 1.0)]
    found, _ = rule.update(Tensor(single[0]), single[1], rule.init(single[0]), *single[2:])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.data, exact, rtol=2e-7)


def test_a_gradient_whose_square_overflows_gives_no_warning():
    for optimizer in map(fresh, RULES):
        p = cr.parameter(np.ones(3, np.float32))
        p.gradient = np.full(3, 1e30, np.float32)
        optimizer.step([p])


def test_adam_moves_by_the_rate_at_first():
    p = cr.parameter(np.zeros(2))
    p.gradient = np.array([1e-3, -1e3])
    optim.Adam(0.01).step([p])
    np.testing.assert_allclose(p.data, [-0.01, 0.01], rtol=1e-4)


def test_nesterov_looks_ahead():
    p = cr.parameter(np.zeros(1))
    p.gradient = np.ones(1)
    optim.SGD(1.0, momentum=0.5, nesterov=True).step([p])
    assert p.data.item() == -1.5


def test_the_means_fill_up():
    from chainrule.optim.adam import filled

    assert filled(0.0, 1) == 1.0
    assert filled(0.9, 1) == pytest.approx(0.1, rel=1e-15)
    assert filled(0.999, 10) == pytest.approx(1 - 0.999**10, rel=1e-13)
    assert math.isclose(float(filled(0.5, np.asarray(2.0))), 0.75)

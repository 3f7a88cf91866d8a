"""Each rule against its formula by hand, its recorded form, and itself in chunks."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.optim import groups
from chainrule.tensors import Tensor
from tests.thorough import crossed

RATE = 0.1
STEPS = 9
RULES = [
    optim.SGD(RATE),
    optim.SGD(RATE, momentum=0.9),
    optim.SGD(RATE, momentum=0.9, nesterov=True),
    optim.SGD(RATE, weight_decay=0.3),
    optim.SGD(RATE, momentum=0.9, weight_decay=0.3, velocity="steps"),
    optim.SGD(RATE, momentum=0.9, nesterov=True, velocity="steps"),
    optim.RMSProp(RATE),
    optim.Adagrad(RATE),
    optim.Adam(RATE),
    optim.Adam(RATE, beta1=0.0, beta2=0.0),
    optim.Adam(RATE, amsgrad=True),
    optim.Adam(RATE, epsilon=1e-2, epsilon_hat=True),
    optim.AdamW(RATE, weight_decay=0.1),
    optim.AdamW(RATE, weight_decay=0.1, amsgrad=True),
    optim.NAdam(RATE),
    optim.NAdam(RATE, beta1=0.0, weight_decay=0.1, momentum_decay=0.5),
    optim.RAdam(RATE),
    optim.RAdam(RATE, beta2=0.5, weight_decay=0.1),
    optim.Lion(RATE),
    optim.Lion(RATE, beta1=0.5, weight_decay=0.1),
    optim.EMA(optim.SGD(RATE, momentum=0.9), decay=0.3),
    optim.EMA(optim.Adam(RATE), decay=0.9, ramp=False),
    optim.SWA(optim.SGD(RATE), start=2, every=3),
]
SHAPES = {"weight": (3, 4), "bias": (4,), "scale": (), "empty": (0, 2), "wide": (2, 20000)}


def test_every_optimiser_with_a_rule_is_tested_here():
    assert {type(rule) for rule in RULES} == {
        *(kind for kind in optim.OPTIMIZERS if not kind.needs_closure), optim.EMA, optim.SWA,
    }  # fmt: skip


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
    optimizer = getattr(optimizer, "optimizer", optimizer)  # an average changes no step
    step = {
        optim.SGD: sgd, optim.RMSProp: rmsprop, optim.Adagrad: adagrad, optim.Adam: adam,
        optim.AdamW: adam, optim.NAdam: nadam, optim.RAdam: radam, optim.Lion: lion,
    }[type(optimizer)]  # fmt: skip
    memory = {name: np.zeros_like(w) for name in "vmsz"} | {"product": 1.0}
    for t, g in enumerate(grads, start=1):
        if type(optimizer) not in (optim.SGD, optim.RMSProp, optim.Adagrad, optim.Adam):
            w = w - RATE * optimizer.weight_decay * w
        w = w - step(optimizer, w, g, t, memory)
    return w


def sgd(o, w, g, t, memory):
    g = g + o.weight_decay * w
    if o.velocity == "steps":
        memory["v"] = o.momentum * memory["v"] + RATE * g
        return RATE * g + o.momentum * memory["v"] if o.nesterov else memory["v"]
    memory["v"] = o.momentum * memory["v"] + g
    return RATE * (g + o.momentum * memory["v"] if o.nesterov else memory["v"])


def rmsprop(o, w, g, t, memory):
    memory["s"] = 0.9 * memory["s"] + 0.1 * g**2
    return RATE * g / (np.sqrt(memory["s"]) + 1e-8)


def adagrad(o, w, g, t, memory):
    memory["s"] = memory["s"] + g**2
    return RATE * g / (np.sqrt(memory["s"]) + 1e-10)


def debiased(o, g, t, memory):
    memory["m"] = o.beta1 * memory["m"] + (1 - o.beta1) * g
    memory["s"] = o.beta2 * memory["s"] + (1 - o.beta2) * g**2
    return memory["m"] / (1 - o.beta1**t), memory["s"] / (1 - o.beta2**t)


def adam(o, w, g, t, memory):
    mean, square = debiased(o, g, t, memory)
    if o.amsgrad:
        memory["z"] = np.maximum(memory["z"], memory["s"])
        square = memory["z"] / (1 - o.beta2**t)
    if o.epsilon_hat:
        pace = RATE * np.sqrt(1 - o.beta2**t) / (1 - o.beta1**t)
        return pace * memory["m"] / (np.sqrt(memory["s"]) + o.epsilon)
    return RATE * mean / (np.sqrt(square) + o.epsilon)


def nadam(o, w, g, t, memory):
    _, square = debiased(o, g, t, memory)
    now, ahead = (o.beta1 * (1 - 0.5 * 0.96 ** (i * o.momentum_decay)) for i in (t, t + 1))
    memory["product"] *= now
    direction = (1 - now) * g / (1 - memory["product"])
    direction = direction + ahead * memory["m"] / (1 - memory["product"] * ahead)
    return RATE * direction / (np.sqrt(square) + o.epsilon)


def radam(o, w, g, t, memory):
    mean, _ = debiased(o, g, t, memory)
    final = 2 / (1 - o.beta2) - 1
    length = final - 2 * t * o.beta2**t / (1 - o.beta2**t)
    if length <= 5:
        return RATE * mean
    ratio = (length - 4) * (length - 2) * final / ((final - 4) * (final - 2) * length)
    adaptive = np.sqrt(1 - o.beta2**t) / (np.sqrt(memory["s"]) + o.epsilon)
    return RATE * mean * np.sqrt(ratio) * adaptive


def lion(o, w, g, t, memory):
    step = RATE * np.sign(o.beta1 * memory["m"] + (1 - o.beta1) * g)
    memory["m"] = o.beta2 * memory["m"] + (1 - o.beta2) * g
    return step


@pytest.mark.parametrize("optimizer", RULES, ids=repr)
def test_every_rule_is_the_formula_of_its_paper(optimizer):
    parameters = run_eager(fresh(optimizer))
    for name, p in parameters.items():
        first = gradients(1000)[name]
        expected = by_hand(optimizer, first, [gradients(step)[name] for step in range(STEPS)])
        np.testing.assert_allclose(p.data, expected, rtol=1e-12, atol=1e-14)


@crossed("dtype, optimizer", [np.float32, np.float64], RULES, ids=repr)
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

"""Schedules at points computed by hand, at once, and recorded."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.tensors import Tensor

POINTS = [
    (optim.Constant(0.1), {0: 0.1, 1000: 0.1}),
    (optim.Constant(0.1, warmup=4), {0: 0.025, 1: 0.05, 3: 0.1, 4: 0.1}),
    (optim.Step(1.0, every=10, shrink=0.1), {0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.01}),
    (optim.Cosine(2.0, steps=100), {0: 2, 25: 1 + math.sqrt(0.5), 50: 1, 100: 0, 150: 0}),
    (optim.Cosine(2.0, steps=100, final=1.0), {0: 2, 50: 1.5, 100: 1, 101: 1}),
    (optim.Cosine(2.0, steps=110, warmup=10), {0: 0.2, 9: 2, 10: 2, 60: 1, 110: 0}),
    (optim.Linear(1.0, steps=10), {0: 1, 4: 0.6, 10: 0, 11: 0}),
    (optim.Linear(1.0, steps=12, final=0.5, warmup=2), {0: 0.5, 1: 1, 2: 1, 7: 0.75, 12: 0.5}),
    (optim.FlatCosine(2.0, steps=80), {0: 2, 40: 2, 60: 1, 80: 0, 90: 0}),
    (optim.FlatCosine(1.0, steps=10, final=0.5, flat=0.2), {2: 1, 6: 0.75, 10: 0.5}),
    (
        optim.LogCosine(2.0, steps=30),
        {0: 0, 2: 0, 6: 0, 14: 0, 30: 0, 10: 2 * math.sin(math.pi * math.log2(6)) ** 2},
    ),
    (optim.LogCosine(1.0, steps=8, cycles=1), {0: 0, 8: 0, 9: 0}),
    (optim.InverseSqrt(1.0), {0: 1, 3: 0.5, 99: 0.1}),
    (optim.InverseSqrt(1.0, warmup=4), {0: 0.25, 3: 1, 15: 0.5}),
    (
        optim.InverseScaling(0.5, every=4, rows=99),
        {0: 0.5, 3: 0.5, 4: 0.05, 7: 0.05, 8: 199**-0.5 / 2},
    ),
    (optim.InverseScaling(1.0, every=2, rows=7, power=1.0), {1: 1, 2: 1 / 8, 4: 1 / 15}),
    (optim.Polynomial(1.0, steps=10), {0: 1, 5: 0.25, 9: 0.01, 10: 0, 11: 0}),
    (
        optim.Polynomial(2.0, steps=12, final=1.0, power=0.5, warmup=2),
        {0: 1, 2: 2, 8: 1 + 0.4**0.5},
    ),
    (optim.Exponential(1.0, steps=10), {0: 1, 5: 0.1, 10: 0.01, 20: 1e-4}),
    (optim.Exponential(1.0, steps=2, shrink=0.5, warmup=2), {0: 0.5, 1: 1, 2: 1, 4: 0.5, 6: 0.25}),
    (optim.OneCycle(2.0, steps=100), {0: 0.08, 15: 1.04, 30: 2, 65: 1, 100: 0, 101: 0}),
    (optim.OneCycle(1.0, steps=10, rise=0.5, start=0.0, final=0.5), {0: 0.5, 5: 1, 10: 0.5}),
    (
        optim.CosineRestarts(1.0, first=10),
        {0: 1, 5: 0.5, 10: 1, 20: 0.5, 30: 1, 50: 0.5, 70: 1, 110: 0.5, 150: 1},
    ),
    (
        optim.CosineRestarts(1.0, first=4, growth=1, final=0.5, warmup=2),
        {0: 0.5, 1: 1, 2: 1, 4: 0.75, 6: 1, 8: 0.75, 10: 1},
    ),
    (optim.CosineRestarts(1.0, first=3, growth=3.0), {3: 1, 12: 1, 39: 1, 120: 1}),
    (optim.Cosine(2.0, steps=110, warmup=10 / 110), {0: 0.2, 9: 2, 10: 2, 60: 1, 110: 0}),
]


def test_every_schedule_is_tested_here():
    kinds = [x for x in vars(optim).values() if isinstance(x, type)]
    assert {type(schedule) for schedule, _ in POINTS} == {
        kind for kind in kinds if issubclass(kind, optim.Schedule) and kind is not optim.Schedule
    }


@pytest.mark.parametrize("schedule", {type(s): s for s, _ in POINTS}.values(), ids=repr)
def test_every_schedule_is_arithmetic_that_compiled_steps_follow(schedule):
    x = np.random.default_rng(0).normal(size=(48, 3))
    models = [nn.Linear(3, 1, dtype="float64") for _ in range(2)]
    for model, compiled in zip(models, (True, False), strict=True):
        history = cr.fit(
            model, (x, x[:, :1]), loss=cr.squared_error, epochs=6, batch_size=4,
            optimizer=optim.AdamW(0.01, weight_decay=schedule), compiled=compiled,
        )  # fmt: skip
        assert history.compiled == compiled
    np.testing.assert_allclose(models[0].weight.data, models[1].weight.data, rtol=1e-9)


@pytest.mark.parametrize(("schedule", "points"), POINTS, ids=lambda x: repr(x)[:40])
def test_every_schedule_passes_its_points(schedule, points):
    for step, rate in points.items():
        found = schedule(step)
        assert type(found) is float
        assert found == pytest.approx(rate, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("schedule", "points"), POINTS, ids=lambda x: repr(x)[:40])
def test_many_steps_at_once_and_recorded_are_the_same(schedule, points):
    steps = np.arange(200)
    one_by_one = [schedule(int(step)) for step in steps]
    np.testing.assert_allclose(schedule(steps), one_by_one, rtol=1e-12, atol=1e-15)
    recorded = schedule(Tensor(np.asarray(7.0), wants_gradient=True))
    assert float(getattr(recorded, "value", recorded)) == pytest.approx(schedule(7), rel=1e-12)


def test_what_was_left_open_is_filled_in():
    assert optim.Cosine().completed(0.1, 50) == optim.Cosine(0.1, steps=50)
    assert optim.Cosine(0.3, steps=9).completed(0.1, 50) == optim.Cosine(0.3, steps=9)
    assert optim.Step(every=3).completed(0.1, 50) == optim.Step(0.1, every=3)
    whole = optim.CosineRestarts(0.1, first=6.0, warmup=8)
    assert optim.CosineRestarts(warmup=8).completed(0.1, 50) == whole
    assert optim.CosineRestarts(warmup=0.16).completed(0.1, 50) == whole
    assert optim.OneCycle().completed(0.1, 50) == optim.OneCycle(0.1, steps=50)


def test_a_warm_up_may_be_a_share_of_all_steps():
    for kind in (optim.Constant, optim.Cosine, optim.InverseSqrt, optim.Step, optim.Exponential):
        assert kind(warmup=0.1).completed(0.1, 50) == kind(warmup=5).completed(0.1, 50)
    assert optim.Cosine(warmup=0.1, steps=20).completed(1.0, 50)(1) == 1.0  # its own steps
    assert optim.Constant(1.0, warmup=0.0)(0) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.Cosine(0.1)(3), "Cosine does not know its steps yet."),
        (lambda: optim.Constant()(3), "Constant does not know its rate yet."),
        (lambda: optim.Linear(0.1, steps=0), "steps is a whole number from 1 upwards."),
        (lambda: optim.Linear(0.1, steps=5, warmup=5), "warms up for 5 of its 5 steps."),
        (lambda: optim.Constant(-1), "Constant was given rate=-1."),
        (lambda: optim.Constant(1, warmup=-1), "Constant was given warmup=-1."),
        (lambda: optim.Step(1, every=0.5), "Step was given every=0.5."),
        (lambda: optim.Cosine(1, steps=5, final=-1), "Cosine was given final=-1."),
        (lambda: optim.Constant(1, warmup=1.5), "Constant was given warmup=1.5."),
        (lambda: optim.Constant(1, warmup=0.5)(0), "of how many steps warmup=0.5 is a share."),
        (lambda: optim.OneCycle(1)(0), "OneCycle does not know its steps yet."),
        (lambda: optim.OneCycle(1, rise=0.0), "OneCycle was given rise=0"),
        (lambda: optim.OneCycle(1, start=1.0), "OneCycle was given start=1.0."),
        (lambda: optim.CosineRestarts(1)(0), "CosineRestarts does not know its first yet."),
        (lambda: optim.CosineRestarts(1, growth=0.5), "CosineRestarts was given growth=0.5"),
        (lambda: optim.CosineRestarts(1, first=0), "CosineRestarts was given first=0."),
        (lambda: optim.Polynomial(1, power=0), "Polynomial was given power=0."),
        (lambda: optim.Exponential(1, shrink=-1), "Exponential was given shrink=-1."),
        (lambda: optim.InverseScaling(1, rows=0), "InverseScaling was given rows=0."),
    ],
)
def test_schedules_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in caught.value.short()

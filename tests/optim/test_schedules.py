"""Schedules at points computed by hand, at once, and recorded."""

import math

import numpy as np
import pytest

from chainrule import optim
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
]


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
    ],
)
def test_schedules_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in caught.value.short()

"""A step that computes something else at every call is not compiled, and says so."""

import time
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import EagerWarning, UnsupportedError
from chainrule.spec import Spec
from chainrule.train import Program, fit
from chainrule.train.native.recorded_step import recorded_step
from chainrule.train.native.steadiness import steady, surroundings_of
from chainrule.train.recipe import Recipe

from .small_nets import apart

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 2))
GENERATOR = np.random.default_rng(5)


class Plain(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(3, 2, dtype="float64")
        self.calls = 0
        self.generator = np.random.default_rng(1)

    def forward(self, x):
        return self.inner(x)


class GlobalNoise(Plain):
    def forward(self, x):
        return self.inner(x) + np.random.normal(size=2)  # noqa: NPY002  what people write


class OwnNoise(Plain):
    def forward(self, x):
        return self.inner(x) + self.generator.normal(size=2)


class UnseenNoise(Plain):
    def forward(self, x):
        return self.inner(x) + np.random.default_rng().normal(size=2)


class Counting(Plain):
    def forward(self, x):
        self.calls += 1
        return self.inner(x) / self.calls


class CountingQuietly(Plain):
    def forward(self, x):
        self.calls += 1
        return self.inner(x) if self.calls < 4 else 2 * self.inner(x)


class Clock(Plain):
    def forward(self, x):
        return self.inner(x) * (1 + 1e-12 * time.perf_counter())


class Remembering(Plain):
    """Sets attributes that are the same at every call: no reason to run eagerly."""

    def forward(self, x):
        self.width, self.last = x.shape[1], self.inner(x)
        return self.last


def noisy_loss(out, y):
    return cr.squared_error(out, y + GENERATOR.normal())


def started(make):
    np.random.seed(3)  # noqa: NPY002
    GENERATOR.bit_generator.state = np.random.default_rng(5).bit_generator.state
    return make()


CASES = [
    (GlobalNoise, cr.squared_error, "np.random", True),
    (OwnNoise, cr.squared_error, "the model.generator", True),
    (Plain, noisy_loss, "the global GENERATOR", True),
    (UnseenNoise, cr.squared_error, "random numbers", False),
    (Counting, cr.squared_error, "calls", True),
    (CountingQuietly, cr.squared_error, "calls", True),
    (Clock, cr.squared_error, "a clock", False),
]


@pytest.mark.parametrize(("make", "loss", "words", "repeats"), CASES)
def test_fit_runs_it_eagerly_as_python_says_and_says_why(make, loss, words, repeats):
    states = []
    for compiled in (False, True):
        model = started(make)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            history = fit(
                model, (X, Y), loss=loss, optimizer=optim.SGD(0.01), epochs=2, batch_size=16,
                metric=None, compiled=compiled,
            )  # fmt: skip
        states.append(model.state())
        assert not history.compiled
    assert [each.category for each in said] == [EagerWarning]
    assert words in str(said[0].message)
    assert not repeats or apart(*states) == 0


@pytest.mark.parametrize(("make", "loss", "words", "repeats"), CASES)
def test_a_program_refuses_it_and_names_what_to_do(make, loss, words, repeats):
    model = started(make)
    before = model.state()
    with pytest.raises(UnsupportedError, match=words) as caught:
        Program(model, loss, optim.SGD(0.01)).step(X, Y)
    assert "calls" in words or "key" in str(caught.value)
    assert apart(before, model.state()) == 0


def test_recording_leaves_the_random_numbers_where_they_were():
    model = started(GlobalNoise)
    recipe = Recipe(model, cr.squared_error, optim.SGD(0.01), None, (), tuple(model.parameters()))
    specs = (Spec(X.shape, X.dtype), Spec(Y.shape, Y.dtype))
    expected = np.random.RandomState(3).normal(size=4)
    with pytest.raises(UnsupportedError, match=r"np\.random"):
        steady(
            lambda left: recorded_step(recipe, specs, left=left),
            surroundings_of(recipe), twice=True,
        )  # fmt: skip
    assert np.random.normal(size=4).tolist() == expected.tolist()  # noqa: NPY002


def test_attributes_that_come_out_the_same_do_not_matter():
    history = fit(
        Remembering(), (X, Y), loss=cr.squared_error, optimizer=optim.SGD(0.01), epochs=2,
        metric=None,
    )  # fmt: skip
    assert history.compiled


def test_noise_from_the_runs_key_is_compiled():
    history = fit(
        nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.3)), (X, Y), loss=cr.squared_error,
        optimizer=optim.SGD(0.01), epochs=2, metric=None,
    )  # fmt: skip
    assert history.compiled


class Subclass(nn.Linear):
    pass


def hook(gradients):
    return gradients


@pytest.mark.parametrize(
    ("count", "net", "loss", "hooks"),
    [
        (1, nn.Linear(3, 2), cr.squared_error, ()),
        (1, nn.MLP([3, 4, 2]), cr.squared_error, (optim.ClipNorm(1.0),)),
        (2, nn.Linear(3, 2), lambda out, y: 2 * cr.squared_error(out, y), ()),
        (2, nn.Linear(3, 2), cr.squared_error, (hook,)),
        (2, Subclass(3, 2), cr.squared_error, ()),
        (2, Plain(), cr.squared_error, ()),
    ],
)
def test_a_step_is_recorded_twice_where_it_runs_code_of_others(count, net, loss, hooks):
    recipe = Recipe(net, loss, optim.SGD(0.1), None, hooks, tuple(net.parameters()))
    first = next(iter(net.parameters().values()))
    specs, made = [Spec((4, 3), first.dtype), Spec((4, 2), first.dtype)], []

    def record(left):
        made.append(recorded_step(recipe, specs, left=left))
        return made[-1]

    steady(record, surroundings_of(recipe), twice=True)
    assert len(made) == count

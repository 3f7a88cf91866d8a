"""The law, for built-in ops: one new file in ops/, and every part of the package knows the op.

The package is copied with one file more, which holds an op of each family; a process of its own
asks every reader about them.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

HOUSE = Path(chainrule.__file__).parents[1]
ONE_FILE = '''
"""An op of each family."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chainrule.graph.op.families import (
    Bilinear, Composite, Elementwise, Indexing, Movement, Reduction,
)
from chainrule.graph.op.operation import op
from chainrule.ops.indexing import PutItem
from chainrule.ops.letters.transcendental import exp, sin
from chainrule.ops.parts import concatenate, pad
from chainrule.ops.softmax import softmax


def _matrix(rng):
    return (rng.normal(size=(3, 5)),)


@op("toy_wave")
class Wave(Elementwise):
    """A sine that dies out: the chain rule writes its slope."""

    rate: float = 2.0

    def forward(self, x):
        return sin(self.rate * x) * exp(-x * x)


@op("toy_root_mean", samples=lambda rng: (*_matrix(rng), 1))
class RootMean(Reduction):
    """The root of the mean square over the axes."""

    def forward(self, x):
        return np.sqrt(np.mean(x * x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, upstream, x, out):
        count = x.size // max(out.size, 1)
        return (self.spread(upstream / (out * count), x.shape) * x,)


@op("toy_windows", samples=_matrix)
class Windows(Movement):
    """Every window of some neighbours along the last axis: a view."""

    size: int = 3

    def forward(self, x):
        return sliding_window_view(x, self.size, -1)

    def backward(self, upstream, x, out):
        before = ((0, 0),) * (x.ndim - 1)
        parts = [
            pad(upstream[..., i], (*before, (i, self.size - 1 - i))) for i in range(self.size)
        ]
        return (sum(parts[1:], parts[0]),)


@op("toy_halves", samples=_matrix)
class Halves(Movement):
    """The end, then the beginning, with a zero between them: NumPy copies."""

    def forward(self, x):
        half = x.shape[-1] // 2
        out = np.zeros((*x.shape[:-1], x.shape[-1] + 1), x.dtype)
        out[..., : x.shape[-1] - half] = x[..., half:]
        out[..., x.shape[-1] - half + 1 :] = x[..., :half]
        return out

    def backward(self, upstream, x, out):
        half = x.shape[-1] // 2
        cut = x.shape[-1] - half
        return (concatenate([upstream[..., cut + 1 :], upstream[..., :cut]], -1),)


@op("toy_every_other", samples=_matrix)
class EveryOther(Indexing):
    """Every second element of the last axis."""

    def forward(self, x):
        return x[..., ::2]

    def backward(self, upstream, x, out):
        key = (Ellipsis, ("slice", None, None, 2))
        return (PutItem(key, tuple(x.shape))(upstream),)


@op("toy_pairs", samples=lambda rng: (rng.normal(size=3), rng.normal(size=4)))
class Pairs(Bilinear):
    """Every element of one vector times every element of another."""

    def forward(self, x, y):
        return np.expand_dims(x, 1) * np.expand_dims(y, 0)

    def backward(self, upstream, x, y, out):
        return lambda: upstream @ y, lambda: x @ upstream


@op("toy_softmin", samples=_matrix)
class Softmin(Composite):
    """Shares that are large where scores are small."""

    def forward(self, scores):
        return softmax(-scores, axis=-1)
'''
QUESTIONS = """
import inspect, json, subprocess, sys, warnings
import numpy as np
import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.kinds.opaque import Opaque
from chainrule.testing import check_op
from chainrule.testing.fuzz import generate
from chainrule.testing.fuzz import judge
from chainrule.testing.fuzz.verdict import Tally

warnings.simplefilter("error")
house = sys.argv[1]
close = dict(rtol=1e-9, atol=1e-12)


def sample(op):
    given = op.samples(np.random.default_rng(0)) if op.samples else (np.linspace(-1, 1, 5),)
    return [x for x in given if isinstance(x, np.ndarray)], op.of(*given[len(op.inputs):])


def total(op):
    weights = np.cos(np.arange(op(*xs).size)).reshape(op(*xs).shape)
    return lambda *xs: cr.sum(op(*xs) * weights)


def eager(cls):
    assert cls.name in CATALOGUE.names() and cls.name in cr.__all__
    assert isinstance(getattr(cr, cls.name)(*xs), np.ndarray | np.generic)


def backward(cls):
    gradients = cr.grad(total(op), argnums=tuple(range(len(xs))))(*xs)
    for i, x in enumerate(xs):
        v, step = np.random.default_rng(1).normal(size=x.shape), 1e-6
        ends = [total(op)(*xs[:i], x + s * v, *xs[i + 1 :]) for s in (step, -step)]
        slope = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(np.sum(gradients[i] * v), slope, rtol=1e-6)


def jvp(cls):
    tangents = tuple(np.random.default_rng(i).normal(size=x.shape) for i, x in enumerate(xs))
    _, moved = cr.jvp(total(op), tuple(xs), tangents)
    gradients = cr.grad(total(op), argnums=tuple(range(len(xs))))(*xs)
    expected = sum(np.sum(g * t) for g, t in zip(gradients, tangents))
    np.testing.assert_allclose(moved, expected, **close)


def compiled(cls):
    places = tuple(range(len(xs)))
    step = cr.compile(lambda *xs: (op(*xs), cr.grad(total(op), argnums=places)(*xs)))
    value, gradients = step(*xs)
    np.testing.assert_allclose(value, op(*xs), **close)
    for found, expected in zip(gradients, cr.grad(total(op), argnums=places)(*xs)):
        np.testing.assert_allclose(found, expected, **close)
    assert not [k for k in step.plan(*xs).kernels if isinstance(k, Opaque)]


def doctor(cls):
    assert cr.check(op, *xs).passed


def properties(cls):
    check_op(cls)


def fuzzer(cls):
    program = generate(0, CATALOGUE.names().index(cls.name))
    assert cls.name in {line.name for line in program.lines}
    assert judge(program, Tally()) is None


def docs(cls):
    assert any(line.split()[0] == cls.name for line in cr.ops_table().splitlines() if line)
    assert inspect.getdoc(getattr(cr, cls.name)).startswith(inspect.getdoc(cls).splitlines()[0])


def stub(cls):
    assert f"def {cls.name}(" in written


made = [sys.executable, house + "/scripts/make_stub"]
subprocess.run(made, check=True)
written = open(house + "/chainrule/__init__.pyi", encoding="utf-8").read()
answers = {}
for name in sys.argv[2:]:
    cls = CATALOGUE[name]
    xs, op = sample(cls)
    for question in (eager, backward, jvp, compiled, doctor, properties, fuzzer, docs, stub):
        try:
            question(cls)
            answers[f"{name} {question.__name__}"] = ""
        except Exception as error:
            answers[f"{name} {question.__name__}"] = f"{type(error).__name__}: {error}"
print(json.dumps(answers))
"""
OPS = (
    "toy_wave", "toy_root_mean", "toy_windows", "toy_halves", "toy_every_other", "toy_pairs",
    "toy_softmin",
)  # fmt: skip
ASKED = (
    "eager", "backward", "jvp", "compiled", "doctor", "properties", "fuzzer", "docs", "stub",
)  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    house = tmp_path_factory.mktemp("house")
    shutil.copytree(
        HOUSE / "chainrule", house / "chainrule", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(HOUSE / "scripts", house / "scripts")
    (house / "chainrule" / "ops" / "toys.py").write_text(ONE_FILE, encoding="utf-8")
    asked = house / "asked.py"
    asked.write_text(QUESTIONS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(asked), str(house), *OPS],
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
        cwd=house,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("name", OPS)
def test_a_new_file_in_ops_is_known_to_every_part_of_the_package(answers, name, question):
    assert answers[f"{name} {question}"] == ""

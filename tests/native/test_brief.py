"""Short code, for work that takes less time than LLVM: the same bits in loops not unrolled."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.native import tiers
from chainrule.native.engine import compile_plan
from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from tests.native.drawn_kernels import TARGETS, native, pointwise_kernels, row_kernels
from tests.native.every_case import samples
from tests.native.products import FORMS, named, product, product_kernels
from tests.native.products import TARGETS as PRODUCT_TARGETS
from tests.thorough import crossed, examples, parametrize

SHAPES = [
    (32, 4, 100), (22, 100, 3), (29, 64, 64), (37, 33, 10), (7, 1100, 9), (130, 300, 70),
    (64, 200, 64), (100, 200, 26),
]  # fmt: skip


def same(kernel, arrays, target, cuts=()):
    short = [array.copy() for array in arrays]
    native(kernel, arrays, target)
    native(kernel, short, replace(target, brief=True), cuts)
    return all(x.tobytes() == y.tobytes() for x, y in zip(arrays, short, strict=True))


CUTS = st.lists(st.floats(0, 1), max_size=3)


@examples(40, 100, pointwise_kernels(), st.sampled_from(TARGETS), CUTS)
def test_elements_have_the_same_bits(drawn, target, cuts):
    assert same(*drawn, target, cuts)


@examples(40, 150, row_kernels(inexact=True), st.sampled_from(TARGETS), CUTS)
def test_sums_along_rows_have_the_same_bits(drawn, target, cuts):
    assert same(*drawn, target, cuts)


@examples(30, 100, product_kernels(), st.sampled_from(PRODUCT_TARGETS), CUTS)
def test_bodies_of_products_have_the_same_bits(drawn, target, cuts):
    assert same(*drawn, target, cuts)


@crossed("form, target", FORMS, PRODUCT_TARGETS, ids=named)
def test_products_that_are_rounded_have_the_same_bits(form, target):
    for shape in SHAPES:
        for dtype in ("float32", "float64"):
            kernel, arrays = product(*shape, form, dtype)
            assert same(kernel, arrays, target), (shape, dtype)


@parametrize("name", CATALOGUE.names(), few=range(0, len(CATALOGUE.names()), 2))
def test_every_op_has_the_same_bits(name):
    question = next(iter(samples(name)))
    plan = make(record(question, [spec_of(x) for x in question.arrays]))
    found = []
    for runs in (0, np.inf):
        outputs = [np.empty(spec.shape, spec.dtype) for spec in plan.outputs]
        with np.errstate(all="ignore"):
            compile_plan(plan, 0, runs=runs).run_object()(
                [x.copy() for x in question.arrays], outputs
            )
        found.append([out.tobytes() for out in outputs])
    assert found[0] == found[1]


def test_short_code_is_short():
    kernel, _ = product(32, 4, 100)
    texts = []
    for brief in (False, True):
        module = Module()
        write(module, "kernel", kernel, replace(TARGETS[0], brief=brief))
        texts.append(str(module).count("\n"))
    assert texts[1] * 3 < texts[0]


def weights_after(epochs, monkeypatch, pays, hidden=(37,)):
    """A fit of few rows, with code that is short where work of less than ``pays`` is planned."""
    monkeypatch.setattr(tiers, "UNROLLED", pays)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(75, 5)).astype("f"), rng.integers(0, 3, 75)
    model = cr.nn.Sequential(cr.nn.MLP([5, *hidden, 3]))
    history = cr.fit(
        model, (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.Adam(0.01),
        epochs=epochs, batch_size=32,
    )  # fmt: skip
    assert history.compiled
    return [p.data.tobytes() for p in model.parameters().values()]


@pytest.mark.parametrize("hidden", [(37,), (64, 20), (100,)])
def test_a_fit_ends_with_the_same_bits(hidden, monkeypatch):
    assert weights_after(3, monkeypatch, 0, hidden) == weights_after(3, monkeypatch, 1e9, hidden)

"""Every op of the catalogue, recorded: its steps compute what eager mode computes."""

import numpy as np

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.testing import Case, broadcast_cases, case_of
from tests.ops.more_calls import CALLS as FIRST_CALLS
from tests.ops.more_calls_structured import STRUCTURED_CALLS
from tests.ops.test_every_op import resized_samples
from tests.plan.recordings import agrees, filled, several, weights_of
from tests.together import for_each_op

CALLS = {**FIRST_CALLS, **STRUCTURED_CALLS}
NAMES = CATALOGUE.names()
ELEMENTWISE = [name for name in NAMES if issubclass(CATALOGUE[name], Elementwise)]


def every_case():
    for name in NAMES:
        yield name, case_of(CATALOGUE[name], 1)
    for name, calls in CALLS.items():
        for i, call in enumerate(calls):
            args, keywords = call(np.random.default_rng(1))
            yield f"{name}-{i}", Case.of_call(CATALOGUE[name], *args, **keywords)


def broadcast_and_resized():
    for name in ELEMENTWISE:
        sized = broadcast_cases(CATALOGUE[name], 1)
        cases = sized if CATALOGUE[name].samples is None else resized_samples(name)
        yield from ((str(case), case) for case in cases)


def masks_of_keys(case):
    """Operands that must be known: how many elements a mask picks decides the shape."""
    if not hasattr(case.op, "key"):
        return ()
    return [i for i, x in enumerate(case.operands) if np.asarray(x).dtype == bool]


CASES = list(every_case())
DIFFERENTIABLE = [(name, c) for name, c in CASES if c.differentiable and not c.op.flat]
WITH_SIZES = list(broadcast_and_resized())


@for_each_op(CASES, few=3)
def test_every_op_is_recorded_as_it_computes(case):
    for dtype in (np.float32, np.float64):
        typed = case.with_dtype(dtype)
        agrees(typed.op, typed.operands, dtype, masks_of_keys(typed))


@for_each_op(DIFFERENTIABLE, few=2)
def test_gradients_of_every_op_are_recorded(case):
    places = case.differentiable

    def gradient(*operands):
        def f(*xs):
            return case.op(*filled(operands, places, xs))

        out, pull = cr.vjp(f, *(operands[i] for i in places))
        return pull(weights_of(out))

    agrees(gradient, case.operands, known=masks_of_keys(case))


@for_each_op(DIFFERENTIABLE, few=2)
def test_second_order_of_every_op_is_recorded(case):
    places = case.differentiable

    def product(*operands):
        def loss(*xs):
            out = case.op(*filled(operands, places, xs))
            pairs = zip(several(out), several(weights_of(out)), strict=True)
            return sum((cr.sum(o * w) for o, w in pairs), 0.0)

        given = tuple(operands[i] for i in places)
        return cr.hvp(loss, given, tuple(np.ones(x.shape) for x in given))

    agrees(product, case.operands, known=masks_of_keys(case))


@for_each_op(WITH_SIZES)
def test_elementwise_ops_broadcast_and_take_sizes_0_and_1(case):
    agrees(case.op, case.operands)

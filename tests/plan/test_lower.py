"""Every op of the catalogue, recorded: its steps compute what eager mode computes."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.families import Elementwise
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.record import record
from chainrule.plan.simplify import simplify
from chainrule.spec import is_tuple, spec_of
from chainrule.testing import Case, broadcast_cases, case_of
from tests.ops.more_calls import CALLS as FIRST_CALLS
from tests.ops.more_calls_structured import STRUCTURED_CALLS
from tests.ops.test_every_op import resized_samples

CALLS = {**FIRST_CALLS, **STRUCTURED_CALLS}
NAMES = CATALOGUE.names()
ELEMENTWISE = [name for name in NAMES if issubclass(CATALOGUE[name], Elementwise)]
DTYPES = (np.float32, np.float64)
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}


def every_case():
    for name in NAMES:
        yield pytest.param(lambda name=name: case_of(CATALOGUE[name], 1), id=name)
    for name, calls in CALLS.items():
        for i, call in enumerate(calls):

            def made(name=name, call=call):
                args, keywords = call(np.random.default_rng(1))
                return Case.of_call(CATALOGUE[name], *args, **keywords)

            yield pytest.param(made, id=f"{name}-{i}")


def broadcast_and_resized():
    for name in ELEMENTWISE:
        if CATALOGUE[name].samples is None:
            cases = list(broadcast_cases(CATALOGUE[name], 1))
        else:
            cases = list(resized_samples(name))
        yield from (pytest.param(lambda c=case: c, id=str(case)) for case in cases)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("made", list(every_case()))
def test_every_op_is_recorded_as_it_computes(made, dtype):
    case = made().with_dtype(dtype)
    agrees(case.op, case, dtype)


@pytest.mark.parametrize("made", list(every_case()))
def test_gradients_of_every_op_are_recorded(made):
    case = made()
    places = case.differentiable
    if case.op.flat or not places:
        pytest.skip("no gradient flows")

    def gradient(*operands):
        out, pull = cr.vjp(lambda *xs: case.op(*filled(operands, places, xs)),
                           *(operands[i] for i in places))  # fmt: skip
        return pull(weights_of(out))

    agrees(gradient, case, np.float64)


@pytest.mark.parametrize("made", list(every_case()))
def test_second_order_of_every_op_is_recorded(made):
    case = made()
    places = case.differentiable
    if case.op.flat or not places:
        pytest.skip("no gradient flows")

    def product(*operands):
        def loss(*xs):
            out = case.op(*filled(operands, places, xs))
            return sum((cr.sum(o * w) for o, w in zip(several(out), several(weights_of(out)),
                        strict=True)), 0.0)  # fmt: skip

        given = tuple(operands[i] for i in places)
        ones = tuple(np.ones(x.shape, x.dtype) for x in given)
        return cr.hvp(loss, given, ones)

    agrees(product, case, np.float64)


@pytest.mark.parametrize("made", list(broadcast_and_resized()))
def test_elementwise_ops_broadcast_and_take_sizes_0_and_1(made):
    case = made()
    agrees(case.op, case, np.float64)


def agrees(function, case, dtype):
    """Eager = evaluated recording, in which all arrays are unknown, but not masks of a key."""
    operands, masked = case.operands, hasattr(case.op, "key")
    with np.errstate(all="ignore"):
        eager = several(function(*operands))
        flow, inputs = recorded(function, operands, masked)
        check_flow(flow)
        found = evaluate(flow, inputs)
        less = simplify(flow)
        check_flow(less)
        again = evaluate(less, inputs)
    assert len(found) == len(eager)
    for x, y in zip(found, again, strict=True):  # algebra changes no bit but NaN's
        np.testing.assert_array_equal(x, y)
    for x, y in zip(found, map(np.asarray, eager), strict=True):
        assert x.shape == y.shape
        assert x.dtype == y.dtype
        if y.dtype.kind == "f":
            bound = TOLERANCE[np.dtype(dtype)]
            np.testing.assert_allclose(x, y, rtol=bound, atol=bound)
        else:
            np.testing.assert_array_equal(x, y)


def recorded(function, operands, masked):
    places = [
        i
        for i, x in enumerate(operands)
        if type(x) is np.ndarray and not (masked and x.dtype == bool)
    ]

    def on_unknown(*symbols):
        given = dict(zip(places, symbols, strict=True))
        return several(function(*(given.get(i, x) for i, x in enumerate(operands))))

    inputs = [operands[i] for i in places]
    return record(on_unknown, [spec_of(x) for x in inputs]), inputs


def filled(operands, places, xs):
    given = dict(zip(places, xs, strict=True))
    return [given.get(i, x) for i, x in enumerate(operands)]


def weights_of(out):
    """Upstream gradients that tell elements apart."""
    found = tuple(
        np.cos(np.arange(np.size(x))).reshape(np.shape(x)).astype(x.dtype) for x in several(out)
    )
    return found if is_tuple(out) else found[0]


def several(results):
    return tuple(results) if isinstance(results, tuple | list) else (results,)

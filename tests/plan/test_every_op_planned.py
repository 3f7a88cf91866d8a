"""Every op of the catalogue and its gradient: the fused plan computes what eager mode computes."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from tests.plan.test_lower import every_case, filled, recorded, several, weights_of

TOLERANCE = 1e-11


@pytest.mark.parametrize("made", list(every_case()))
def test_every_op_is_planned_as_it_computes(made):
    case = made()
    agrees(case.op, case)


@pytest.mark.parametrize("made", list(every_case()))
def test_the_gradient_of_every_op_is_planned(made):
    case = made()
    places = case.differentiable
    if case.op.flat or not places:
        pytest.skip("no gradient flows")

    def gradient(*operands):
        given = [operands[i] for i in places]
        out, pull = cr.vjp(lambda *xs: case.op(*filled(operands, places, xs)), *given)
        return pull(weights_of(out))

    agrees(gradient, case)


def agrees(function, case):
    with np.errstate(all="ignore"):
        eager = several(function(*case.operands))
        flow, inputs = recorded(function, case.operands, hasattr(case.op, "key"))
        found = interpret(make(flow), [np.ascontiguousarray(x) for x in inputs])
    for x, y in zip(found, map(np.asarray, eager), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=TOLERANCE, atol=TOLERANCE)

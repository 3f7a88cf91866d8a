"""Every op of the catalogue and its gradient: the fused plan computes what eager mode computes."""

import numpy as np

import chainrule as cr
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from tests.plan.recordings import filled, recorded, several, weights_of
from tests.plan.test_lower import CASES, DIFFERENTIABLE, masks_of_keys
from tests.together import for_each_op

TOLERANCE = 1e-11


@for_each_op(CASES, few=2)
def test_every_op_is_planned_as_it_computes(case):
    agrees(case.op, case)


@for_each_op(DIFFERENTIABLE, few=2)
def test_the_gradient_of_every_op_is_planned(case):
    places = case.differentiable

    def gradient(*operands):
        given = [operands[i] for i in places]
        out, pull = cr.vjp(lambda *xs: case.op(*filled(operands, places, xs)), *given)
        return pull(weights_of(out))

    agrees(gradient, case)


def agrees(function, case):
    with np.errstate(all="ignore"):
        eager = several(function(*case.operands))
        flow, inputs = recorded(function, case.operands, masks_of_keys(case))
        found = interpret(make(flow), [np.ascontiguousarray(x) for x in inputs])
    for x, y in zip(found, map(np.asarray, eager), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=TOLERANCE, atol=TOLERANCE)

"""What the tests of recordings share: eager = evaluated = simplified and evaluated."""

import numpy as np

from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.record import record
from chainrule.plan.simplify import simplify
from chainrule.spec import is_tuple, spec_of

TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}


def agrees(function, operands, dtype=np.float64, known=()):
    """Eager = evaluated recording, in which all arrays are unknown but those at ``known``."""
    with np.errstate(all="ignore"):
        eager = several(function(*operands))
        flow, inputs = recorded(function, operands, known)
        check_flow(flow)
        found = evaluate(flow, inputs)
        less = simplify(flow)
        check_flow(less)
        again = evaluate(less, inputs)
    assert len(found) == len(eager)
    bound = TOLERANCE[np.dtype(dtype)]
    for x, y, z in zip(found, map(np.asarray, eager), again, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(z, x)  # algebra changes no bit
        if y.dtype.kind == "f":
            np.testing.assert_allclose(x, y, rtol=bound, atol=bound)
        else:
            np.testing.assert_array_equal(x, y)


def recorded(function, operands, known=()):
    """A recording of a function whose arrays are inputs, and their values."""
    places = [i for i, x in enumerate(operands) if type(x) is np.ndarray and i not in known]

    def on_unknown(*symbols):
        return several(function(*filled(operands, places, symbols)))

    inputs = [operands[i] for i in places]
    return record(on_unknown, [spec_of(x) for x in inputs]), inputs


def filled(operands, places, xs):
    """Operands with other values at some places."""
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

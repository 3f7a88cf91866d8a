"""The full Jacobian of every op, backward and forward, beside derivatives that know no rule."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor.numbers import complex_slopes, slopes
from chainrule.errors import ArgumentError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import apply
from chainrule.spec import is_tuple
from chainrule.testing.cases import case_of
from tests.thorough import parametrize

NAMES = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]
EXACT = 1e-10  # relative to the largest entry, in float64
SURE = 2e-9  # how well differences know a slope at worst; most know it to 1e-12
NEAR = 1e-7  # abs, max and .real drop the imaginary part: a complex step is believed this near
EPS = float(np.finfo(float).eps)


def in_one_row(case, position, x):
    """All floating-point results of the op, one behind the other."""
    operands = [x if j == position else y for j, y in enumerate(case.operands)]
    out = apply(case.op, tuple(operands))
    parts = out if is_tuple(out) else (out,)
    return [part for part in parts if part.dtype.kind in "fc"]


def reference(along, x, place, column, scale):
    """One column: by a complex step where the op is analytic, else by a ladder of differences."""
    assert column.bar.max(initial=0) <= SURE * scale
    try:
        exact = complex_slopes(along, x, place)
    except (TypeError, ValueError, AttributeError):
        exact = None  # the op takes no complex numbers
    believed = exact is not None and np.abs(exact - column.value).max(initial=0) < NEAR * scale
    return exact if believed else column.value


@parametrize("seed", (1, 2), few=1)
@pytest.mark.parametrize("name", NAMES)
def test_both_modes_give_the_jacobian_to_ten_digits(name, seed):
    case = case_of(CATALOGUE[name], seed)
    for i in case.differentiable:
        x = case.operands[i].astype(np.float64)

        def along(x, i=i):
            try:
                parts = in_one_row(case, i, x)
            except ArgumentError:
                return None  # the step left the op's domain
            return np.concatenate([np.ravel(part) for part in parts])

        def joined(x, i=i):
            return cr.concatenate([cr.reshape(part, -1) for part in in_one_row(case, i, x)], 0)

        found = {
            mode: np.asarray(cr.jacobian(joined, mode=mode)(x)).reshape(-1, *x.shape)
            for mode in ("reverse", "forward")
        }
        scale = max(1.0, np.abs(found["reverse"]).max(initial=0))
        places = list(np.ndindex(x.shape))
        with np.errstate(all="ignore"):
            columns = slopes(along, x, places, EPS)
        for place, column in zip(places, columns, strict=True):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
                expected = reference(along, x, place, column, scale)
            for mode, whole in found.items():
                error = np.abs(whole[(slice(None), *place)] - expected).max(initial=0)
                assert error <= EXACT * scale, f"{mode}, input {i}, column {place}"

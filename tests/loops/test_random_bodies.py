"""Random programs over the whole catalogue as bodies: the scan is the loop, compiled or not."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from chainrule.testing.fuzz import generate
from chainrule.testing.fuzz.compiled import run_natively
from chainrule.testing.fuzz.straight_line import pick
from tests.loops.recurrences import python_scan
from tests.thorough import parametrize

COUNT = 100
CLOSE = 1e-6  # of the largest; the fuzzer's own campaign looks at the last bits


def both(program):
    """Values and gradients by a scan and by a loop, as functions of the leaves of two steps."""

    def by(scan):
        def ends(*leaves):
            def step(c, entry):
                values = program.run(list(entry))
                found = tuple(pick(end, values) for end in program.ends)
                return 0.5 * c + sum(np.mean(x) for x in found), found

            return scan(step, np.float64(0.1), leaves)

        def run(*leaves):
            out, pull = cr.vjp(ends, *leaves)
            flat = [out[0], *out[1]]
            weights = [np.cos(np.arange(float(np.size(x)))).reshape(np.shape(x)) for x in flat]
            return [*flat, *pull((weights[0], tuple(weights[1:])))]

        return run

    return by(cr.scan), by(python_scan)


def close(found, wanted):
    for x, y in zip(found, wanted, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape
        assert_array_equal(np.isfinite(x), np.isfinite(y))
        fine = np.isfinite(y)
        largest = np.abs(y[fine]).max(initial=1.0)
        assert np.abs(x[fine] - y[fine]).max(initial=0.0) <= CLOSE * largest


@parametrize("number", range(COUNT), few=20)
@pytest.mark.filterwarnings("ignore")
def test_a_random_body(number):
    program = generate(11, number)
    scanned, looped = both(program)
    leaves = [np.stack([x, x]) for x in program.leaves]
    with np.errstate(all="ignore"):
        try:
            wanted = looped(*leaves)
            record(looped, [spec_of(x) for x in leaves])
        except (ChainruleError, TypeError, ValueError):
            pytest.skip("the loop cannot be run like this either")
        found = scanned(*leaves)
        close(found, wanted)
        plan = make(record(scanned, [spec_of(x) for x in leaves]))
        close(interpret(plan, leaves), found)
        close(run_natively(plan, leaves), found)

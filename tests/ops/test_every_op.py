"""Every op of the catalogue keeps every property, on its own samples and on more calls."""

import numpy as np
import pytest

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.testing import Case, broadcast_cases, case_of
from chainrule.testing.suite import check_case
from tests.ops.more_calls import CALLS as FIRST_CALLS
from tests.ops.more_calls_structured import STRUCTURED_CALLS
from tests.thorough import parametrize
from tests.together import for_each_op

CALLS = {**FIRST_CALLS, **STRUCTURED_CALLS}

NAMES = CATALOGUE.names()
ELEMENTWISE = [name for name in NAMES if issubclass(CATALOGUE[name], Elementwise)]
SEEDS = (1, 2)


@parametrize("seed", SEEDS, few=1)
@pytest.mark.parametrize("name", NAMES)
def test_every_op_keeps_every_property_on_its_samples(name, seed):
    check_case(case_of(CATALOGUE[name], seed))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_ops_broadcast_and_take_sizes_0_and_1(name):
    if CATALOGUE[name].samples is None:
        cases = broadcast_cases(CATALOGUE[name], 1)
    else:
        cases = resized_samples(name)
    for case in cases:
        check_case(case)


def resized_samples(name):
    """The samples of an elementwise op whose inputs are not alike, such as where."""
    case = case_of(CATALOGUE[name], 1)
    for shape in ((), (1,), (0,), (2, 0), (1, 1), (2, 1, 4)):
        yield Case(case.op, tuple(resized(x, shape) for x in case.operands))


def resized(x, shape):
    return np.resize(x, shape) if isinstance(x, np.ndarray) and np.size(x) > 1 else x


def called():
    for name, calls in CALLS.items():
        for number, call in enumerate(calls):
            args, keywords = call(np.random.default_rng(1))
            yield f"{name}-{number}", Case.of_call(CATALOGUE[name], *args, **keywords)


@for_each_op(called(), few=2)
def test_other_attributes_axes_and_ranks_keep_every_property(case):
    check_case(case)


def test_more_calls_name_only_ops_that_exist():
    assert set(CALLS) <= set(NAMES)

"""Every op has a role in the backward pass, or says why it has none."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.op import gates
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.gates import ROLES, role_says
from chainrule.graph.op.operation import Op
from chainrule.inspection import schema
from chainrule.testing import case_of
from tests.inspection.schemas import breaches


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_op_has_a_role_or_says_why_not(name):
    op = CATALOGUE[name]
    if op.gate:
        assert op.gate in ROLES
        assert not op.flat
    else:
        assert op.flat  # the derivative is 0: the one reason to have no role
        assert role_says(op) == gates.FLAT


def test_every_role_is_played():
    assert {CATALOGUE[name].gate for name in CATALOGUE.names()} - {""} == set(ROLES)


def test_the_table_of_ops_has_a_role_in_every_line():
    lines = cr.ops_table().splitlines()[1:]
    assert len(lines) == len(CATALOGUE.names())
    assert [line for line in lines if not any(r in line for r in (*ROLES, "none: "))] == []


def test_the_table_is_json_by_its_schema_and_shows_itself():
    said = cr.ops_table().to_dict()
    assert breaches(said, schema("ops")) == []
    assert len(said["ops"]) == len(CATALOGUE.names())
    assert cr.ops_table()._repr_html_().count("<tr>") == len(CATALOGUE.names()) + 1


def test_ops_outside_of_the_catalogue_have_a_role_or_say_why_not():
    def below(kind):
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    ours = {op for op in below(Op) if op.__module__.startswith("chainrule.")}
    assert {op for op in ours if not (op.gate in ROLES or role_says(op))} == set()


def test_the_lectures_four_gates_have_their_names():
    patterns = {"add": "gradient distributor", "multiply": "swap multiplier"}
    patterns |= {"maximum": "gradient router", "broadcast_to": "gradient adder"}
    assert {name: CATALOGUE[name].gate for name in patterns} == patterns


def test_a_users_op_takes_the_role_of_its_family_or_names_its_own():
    class Slope(cr.Elementwise):
        def forward(self, x):
            return x * 3

    class Cube(cr.Op):
        gate = "gradient scaler"

        def forward(self, x):
            return x**3

        def backward(self, upstream, x, out):
            return (upstream * 3 * x**2,)

    class Plain(cr.Op):
        def forward(self, x):
            return x * 1.0

        def backward(self, upstream, x, out):
            return (upstream,)

    shown = [cr.show(op(cr.tensor(2.0))) for op in (Slope(), Cube())]
    assert all("gradient scaler" in text for text in shown)
    assert "its author has named no pattern" in str(cr.flow(Plain()(cr.tensor(np.ones(2)))))


def gradients(op, case, factor):
    """What comes back for an upstream gradient of ones, at the operands times a factor."""
    operands = [
        cr.tensor(x * factor) if i in case.differentiable else x
        for i, x in enumerate(case.operands)
    ]
    results = case.op(*operands)
    results = results if isinstance(results, tuple) else (results,)
    ends = [x for x in results if getattr(x, "wants_gradient", False)]
    cr.backward(ends, [np.ones(x.shape, x.dtype) for x in ends])
    return [operands[i].grad for i in case.differentiable]


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_who_distributes_adds_or_copies_knows_no_slope(name):
    """The gradient is the same at other values; a copy sends back how often it was made."""
    op = CATALOGUE[name]
    if op.gate not in ("gradient distributor", "gradient adder", "gradient copier"):
        return
    case = case_of(op, 0)
    here, there = gradients(op, case, 1.0), gradients(op, case, 2.0)
    for mine, other in zip(here, there, strict=True):
        assert np.array_equal(mine, other)
        if op.gate != "gradient distributor":
            assert np.array_equal(mine, np.round(mine))

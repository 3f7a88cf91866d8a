"""Every cause is found where it is known, and no other is told."""

import gc
import json
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.inspection.reason import CAUSES

from . import situations
from .random_graphs import random_graph
from .schemas import breaches
from .situations import SITUATIONS

FACTORS = ("small_factor", "large_factor")
KNOWN = [(cause, each) for cause, found in SITUATIONS.items() for each in found]


@pytest.mark.parametrize(("cause", "situation"), KNOWN, ids=lambda x: getattr(x, "__name__", x))
def test_every_cause_is_named_where_it_is_known(cause, situation):
    loss, x, index = situation()
    reason = cr.why(loss, x, index)
    assert reason.cause == cause, str(reason)
    advised = cause != "healthy" or "this very point" in reason.sentence or reason.groups
    assert bool(reason.advice) == bool(advised)
    assert reason.sentence.endswith((".", "..."))
    data = json.loads(json.dumps(reason.to_dict(), allow_nan=False))
    assert breaches(data, reason.schema()) == []
    assert reason.cause in str(reason)
    assert reason.cause in reason._repr_html_()


def test_every_cause_has_a_situation():
    assert sorted(SITUATIONS) == sorted(CAUSES)


@pytest.mark.parametrize("number", range(30))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_random_graphs_no_cause_contradicts_the_gradient(number):
    leaves, loss, rng = random_graph(12, number)
    if loss is None:
        return
    loss.backward()
    for x in leaves:
        if not x.size:
            continue
        place = tuple(int(rng.integers(n)) for n in x.shape)
        for index in (None, place):
            cause = cr.why(loss, x, index).cause
            gradient = None if x.grad is None else x.grad[... if index is None else index]
            if gradient is None:
                assert cause in ("not_reached", "stopped")
            elif not np.isfinite(gradient).all() or not np.isfinite(loss.data):
                assert cause == "non_finite"
            elif np.any(gradient):
                assert cause in ("healthy", "saturated", "cancelled", *FACTORS)
            else:
                assert cause not in ("not_reached", "non_finite", "large_factor")


def test_a_dead_unit_is_told_with_its_rows():
    loss, w, index = situations.dead_unit_of_a_net()
    reason = cr.why(loss, w, index)
    assert (reason.op, reason.numbers["silent"], reason.numbers["rows"]) == ("relu", 8, 8)
    assert reason.numbers["units"] == 1
    assert "8 of 8 rows" in reason.sentence
    assert reason.parameter == "layers.0.weight[2, 1]"
    nodes = cr.Graph.of(loss).nodes
    assert nodes[reason.id].op.name == "relu"
    whole = cr.why(*situations.dead_layer())
    assert (whole.numbers["units"], whole.numbers["silent"]) == (4, 32)


def test_a_unit_that_is_silent_on_some_rows_and_cut_off_on_the_others_is_told_so():
    w = cr.parameter([[1.0]], name="w")
    x = np.array([[1.0], [2.0], [-1.0], [-2.0]])
    loss = (cr.relu(x @ w) * np.array([[0.0], [0.0], [1.0], [1.0]])).sum()
    reason = cr.why(loss, w)
    assert (reason.cause, reason.numbers["silent"], reason.numbers["of"]) == ("dead_unit", 2, 4)


def test_the_numbers_of_a_cancellation_are_its_terms():
    reason = cr.why(*situations.difference_of_itself())
    assert reason.node == "w"
    assert (reason.numbers["from_n1"], reason.numbers["from_n2"]) == (1.0, 1.0)


def test_every_way_that_ends_is_told():
    w = cr.parameter([-1.0], name="w")
    loss = cr.relu(w).sum() + cr.maximum(w, 5.0).sum()
    reason = cr.why(loss, w)
    assert reason.numbers["places"] == 2
    assert {"relu", "maximum"} <= {reason.op, *reason.sentence.replace("(", " ").split()}


GATES = {
    "relu": ("dead_unit", cr.relu),
    "maximum": ("not_selected", lambda h: cr.maximum(h, 0.0)),
    "clip": ("not_selected", lambda h: cr.clip(h, 0.0, 1.0)),
    "where": ("not_selected", lambda h: cr.where(np.zeros((2, 2), bool), h, 0.0)),
    "sigmoid": ("saturated", lambda h: cr.sigmoid(h * 1000.0)),
    "multiply": ("not_selected", lambda h: h * np.zeros((2, 2))),
}
ENDS = {
    "power": lambda out: (out**2).sum(),
    "squared_error": lambda out: cr.squared_error(out, np.zeros((2, 2))),
    "relu": lambda out: cr.relu(out - 1.0).sum(),
}


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("end", ENDS)
def test_a_closed_gate_is_told_where_nothing_arrives_either(gate, end):
    w = cr.parameter(np.full((2, 2), -1.0), name="w")
    cause, closed = GATES[gate]
    loss = ENDS[end](closed(np.array([[1.0, 2.0], [3.0, 4.0]]) @ w))
    reason = cr.why(loss, w)
    assert end in reason.sentence
    if end == "relu":  # it is shut itself, and comes first
        assert reason.cause == "dead_unit"
        assert f"What passed there, {gate} (" in reason.sentence
        assert reason.sentence.endswith(f"would stop: {cause}.")
    else:
        assert (reason.cause, reason.op) == (cause, gate)
        assert "Nothing arrives there either" in reason.sentence
        assert "would stop" not in reason.sentence


def test_a_lowest_point_is_healthy_where_another_way_is_open():
    w = cr.parameter([-1.0], name="w")
    loss = (cr.relu(w) ** 2).sum() + ((w + 1.0) ** 2).sum()
    assert cr.why(loss, w).cause == "healthy"
    assert cr.why((cr.relu(w) ** 2).sum(), w, 0).cause == "dead_unit"


def test_entries_that_are_0_are_told_by_their_causes():
    w = cr.parameter([[1.0, -1.0], [1.0, -1.0], [1.0, -1.0]], name="w")
    x = np.abs(np.random.default_rng(0).normal(size=(20, 3)))
    x[:, 2] = 0
    loss = cr.relu(x @ w).mean()
    reason = cr.why(loss, w)
    assert reason.cause == "healthy"
    told = [(each.entries, each.zeros, each.cause, each.index) for each in reason.groups]
    assert told == [("column 1", 3, "dead_unit", (0, 1)), ("row 2", 1, "not_selected", (2, 0))]
    assert "4 of 6 are 0. Column 1: dead_unit, relu is silent on 20 of 20 rows" in reason.sentence
    assert "no gate" not in reason.sentence
    assert "cr.why(loss, w, (0, 1))" in reason.advice
    assert (reason.numbers["zeros"], reason.numbers["zeros_dead_unit"]) == (4, 3)
    data = json.loads(json.dumps(reason.to_dict()))
    assert breaches(data, reason.schema()) == []
    assert [each["entries"] for each in data["groups"]] == ["column 1", "row 2"]
    assert "column 1" in reason._repr_html_().lower()
    assert not cr.why(loss, w, (0, 0)).groups


def test_a_group_holds_no_entry_of_another_cause():
    table = np.ones((50, 4))
    table[7] = -1.0
    table = cr.parameter(table, name="table")
    loss = cr.relu(table[np.array([3, 7, 9])]).sum()
    told = {each.entries: each.cause for each in cr.why(loss, table).groups}
    assert told == {"rows 0, 1, 2 and 44 more": "not_selected", "row 7": "dead_unit"}
    w = cr.parameter([-1.0, 1.0, -1.0, 1.0], name="w")
    reason = cr.why((cr.relu(w) * np.array([1.0, 1.0, 0.0, 0.0])).sum(), w)
    told = {each.entries: each.cause for each in reason.groups}
    assert told == {"entries 2 and 3": "not_selected", "entry 0": "dead_unit"}


@pytest.mark.parametrize("number", range(20))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_random_graphs_every_group_says_what_its_entry_says(number):
    leaves, loss, _ = random_graph(12, number)
    if loss is None:
        return
    for x in leaves:
        reason = cr.why(loss, x)
        for each in reason.groups:
            assert each.cause == cr.why(loss, x, each.index).cause
        assert sum(each.zeros for each in reason.groups) <= reason.numbers.get("zeros", 0.0)


def test_a_unit_that_is_silent_where_a_gradient_arrives_is_not_called_silent_everywhere():
    w = cr.parameter(np.ones((1, 1)), name="w")
    unit = cr.relu(cr.tensor([[-1.0], [-2.0], [3.0]]))
    loss = ((unit @ w) * np.array([[1.0], [1.0], [0.0]])).sum()
    reason = cr.why(loss, w)
    assert (reason.cause, reason.numbers["rows"]) == ("dead_unit", 2)
    assert "silent on the 2 of 3 rows that a gradient arrives at" in reason.sentence


def test_the_largest_factor_is_the_place_of_a_large_gradient():
    w = cr.parameter([1.0], name="w")
    loss = ((w * 3.0) * 1e5 * 2.0).sum()
    reason = cr.why(loss, w)
    assert (reason.cause, reason.numbers["factor"]) == ("large_factor", 1e5)


def repeated(factor, turns, bends, by):
    """A state after so many steps of a recurrence, its start and its weights."""
    bend = cr.tanh if bends else (lambda x: x)
    start, w = cr.parameter(np.ones(3), name="start"), cr.parameter(np.eye(3) * factor, name="w")
    if by == "scan":
        state, _ = cr.scan(lambda h, x: (bend(h @ w + x), h), start, np.zeros((turns, 3)))
    else:
        state = start
        for _ in range(turns):
            state = bend(state @ w)
    return (state**2).sum(), start, w


@pytest.mark.parametrize("by", ["scan", "loop"])
@pytest.mark.parametrize(
    ("factor", "bends", "cause", "advice"),
    [(0.1, True, "small_factor", "a way past it"), (0.1, False, "small_factor", "a way past it"),
     (3.0, False, "large_factor", "clip the gradient")],
)  # fmt: skip
def test_a_recurrence_is_named_and_not_what_stands_behind_it(by, factor, bends, cause, advice):
    loss, start, w = repeated(factor, 40, bends, by)
    reason = cr.why(loss, start)
    assert (reason.cause, reason.numbers["turns"]) == (cause, 40)
    assert reason.op == ("scan" if by == "scan" else "matmul")
    assert advice in reason.advice
    assert "40 times" in reason.advice
    of_weights = cr.why(loss, w)
    if of_weights.cause == cause:
        assert advice in of_weights.advice
    few = cr.why(*repeated(1e-9 if factor < 1 else 1e9, 1, bends, by)[:2])
    assert (few.cause, few.numbers["turns"]) == (cause, 1)
    assert "times:" not in few.advice


def test_many_gates_in_a_row_are_told_together():
    x = cr.parameter(np.ones(2), name="x")
    y = x
    for factor in (1e-2, 2e-2, 3e-2, 4e-2):
        y = y * factor
    reason = cr.why(y.sum(), x)
    assert reason.cause == "small_factor"
    assert "multiplies it by 0.01; 4 gates leave 2.4e-07 of it" in reason.sentence


@pytest.mark.parametrize(("spread", "as_one"), [(0, "x - x.max()"), (1, "cr.log_softmax")])
def test_a_softmax_by_hand_is_told_of_the_one_that_does_not_overflow(spread, as_one):
    w = cr.parameter(np.eye(2) * 2000, name="w")
    with np.errstate(all="ignore"):
        e = np.exp(w - spread * w.data.max(axis=1, keepdims=True))
        reason = cr.why(-np.log((e / e.sum(axis=1, keepdims=True))[0, 1]), w)
    assert (reason.cause, reason.op) == ("non_finite", "log" if spread else "exp")
    assert as_one in reason.advice
    assert "cr.softmax_cross_entropy" in reason.advice


def test_a_nan_names_where_it_was_made():
    made = cr.why(*situations.logarithm_of_a_negative_number())
    assert made.op == "log"
    assert "n1[0] nan" in made.sentence
    data = cr.why(*situations.missing_value_in_the_data())
    assert "[2, 1] is nan" in data.sentence
    assert "an input" in data.sentence
    parameter = cr.why(*situations.parameter_that_is_nan())
    assert parameter.node == "v"
    steep = cr.why(*situations.root_of_0())
    assert (steep.op, steep.numbers["input"]) == ("sqrt", 0)


def test_another_row_that_is_nan_is_not_the_fault_of_this_entry():
    x = cr.tensor([0.0, 4.0], name="x")
    y = cr.tensor([1.0, 1.0], name="y")
    loss = (cr.sqrt(x) * y).sum()
    assert cr.why(loss, x, 1).cause == "healthy"
    assert cr.why(loss, x, 0).cause == "non_finite"


def test_stop_gradient_is_named_and_does_not_keep_the_graph():
    loss, w, _ = situations.stopped_inside_a_function()
    assert cr.why(loss, w).op == "stop_gradient"
    hidden = cr.tanh(w * 2)
    stopped = cr.stop_gradient(hidden)
    watch = weakref.ref(hidden)
    del hidden
    gc.collect()
    assert watch() is None
    assert stopped.stopped is not None


def test_what_was_stopped_is_remembered_through_what_is_made_of_it():
    w, v = cr.parameter([1.0], name="w"), cr.parameter([2.0], name="v")
    mask = cr.stop_gradient(w) * 3 + 1
    assert cr.why((mask * v).sum(), w).cause == "stopped"
    assert cr.why((mask * v).sum(), v).cause == "healthy"
    average = cr.tensor([0.0], wants_gradient=False)
    for _ in range(50):
        average = 0.9 * average + 0.1 * cr.stop_gradient(w)
    assert len(average.stopped) == 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_floating_point_type_has_a_cause(dtype):
    w = cr.parameter(np.ones((3, 2), dtype), name="w")
    x = -np.ones((4, 3), dtype)
    assert cr.why(cr.relu(x @ w).sum(), w).cause == "dead_unit"
    assert cr.why(cr.tanh(x @ w * np.ones((), dtype)).sum(), w, (0, 0)).cause == "saturated"
    assert cr.why((w * w).sum(), w, (0, 1)).cause == "healthy"


def test_a_product_that_rounds_to_0_is_told():
    w = cr.parameter(np.ones(2, np.float32), name="w")
    reason = cr.why(((w * np.float32(1e-30)) * np.float32(1e-30)).sum(), w)
    assert reason.cause == "small_factor"
    assert "smallest float32" in reason.sentence


@pytest.mark.parametrize("number", [0.0, 1.0, -1.0, 5.0])
@pytest.mark.parametrize("op", [cr.multiply, cr.divide, cr.maximum, cr.minimum])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_is_told_beside_a_number_of_python_as_beside_an_array(op, number):
    for value in (0.0, 1.0, -2.0):
        w = cr.parameter(np.full(2, value, np.float32), name="w")
        for order in (1, -1):
            told, also = (
                cr.why(op(*(w, x)[::order]).sum(), w)
                for x in (number, np.full(2, number, np.float32))
            )
            assert told.cause == also.cause, (value, order)


def test_hostile_names_are_text_on_the_page():
    w = cr.parameter([-1.0], name="<script>alert(1)</script>")
    page = cr.why(cr.relu(w).sum(), w)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page

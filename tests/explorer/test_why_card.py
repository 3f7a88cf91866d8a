"""Why a gradient is what it is, asked about the graph of the page."""

import pytest

import chainrule as cr
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import Subject

DEAD = "x = [[1, 2], [3, 4]]\nw = [[-1, 1], [-1, 1]]\nloss = sum(relu(x @ w))\n"


def why(text=DEAD, **question):
    return answered({"ask": "why", "text": text, **question}, {})


def test_why_is_answered_about_a_typed_graph():
    card = why(node="w", index=[0, 0])
    assert card["reason"]["cause"] == "dead_unit"
    assert card["reason"]["numbers"]["silent"] == 2
    w = cr.parameter([[-1.0, 1.0], [-1.0, 1.0]], name="w")
    x = cr.tensor([[1.0, 2.0], [3.0, 4.0]], name="x")
    loss = cr.relu(x @ w).sum()
    assert card["reason"]["sentence"] == cr.why(loss, w, (0, 0)).sentence
    assert card["products"]["gradient"] == 0
    well = why(node="w", index=[0, 1])
    assert well["reason"]["cause"] == "healthy"
    assert "backward()" not in well["reason"]["sentence"]
    explained = cr.explain(loss, w, (0, 1)).to_dict()
    assert well["products"]["gradient"] == explained["gradient"] == 4
    assert [path["value"] for path in well["products"]["paths"]] == [
        path["value"] for path in explained["paths"]
    ]
    assert why(node="w")["products"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"node": "nobody"},
        {"node": None},
        {"node": ["w"]},
        {"node": "w", "index": [0]},
        {"node": "w", "index": [9, 9]},
        {"node": "w", "index": "00"},
        {"node": "w", "index": [0.5, 0]},
        {"node": "w", "index": [0] * 10_000},
        {"node": "w", "text": "("},
    ],
)
def test_why_about_nothing_is_an_error_in_words(wrong):
    assert why(**wrong)["card"] == "error"


def test_why_is_answered_about_gates_and_functions():
    neuron = "w = 2\nx = -1\nf = sigmoid(w * x)\n"
    assert why(neuron, node="w", fold="gates")["reason"]["cause"] == "healthy"


def test_a_net_is_checked_up_on_where_it_can_be():
    class Report:
        def to_dict(self):
            return {"alarms": ["dead_units"]}

    subject = Subject("net", "a run", {}, lambda _: None, Report)
    others = {"net": subject, "plain": Subject("plain", "a file", {}, lambda _: None)}
    assert answered({"ask": "checkup", "name": "net"}, others)["report"] == Report().to_dict()
    for name in ("plain", "nobody", None, ["net"]):
        assert answered({"ask": "checkup", "name": name}, others)["card"] == "error"
    checks = [each["checks"] for each in answered({"ask": "start"}, others)["subjects"]]
    assert checks == [True, False]

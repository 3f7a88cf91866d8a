"""What a graph keeps: every byte once, at the node that owns it, with the rule that reads it."""

import json

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.inspection import schema
from tests.inspection.schemas import breaches


def test_bytes_are_counted_once_and_by_reason():
    x = cr.tensor(np.ones((10, 10)), name="x")
    y = x.reshape(100)
    book = cr.ledger(cr.exp(y).sum())
    held = {row.name: row.kept for row in book.rows}
    assert held["x"].nbytes == 800
    assert held["n1"].nbytes == 0
    assert held["n1"].why.startswith("shares the memory of x")
    assert held["n2"].nbytes == 800
    assert book.total == 1608


def test_what_a_rule_reads_is_known():
    w = cr.parameter(np.ones((4, 3)), name="w")
    x = cr.tensor(np.ones((5, 4)), name="x")
    book = cr.ledger(cr.relu(x @ w).sum())
    held = {row.name: row for row in book.rows}
    assert held["w"].kept.readers == ((2, "the gradient of x"),)
    assert held["x"].kept.readers == ((2, "the gradient of w"),)
    assert "with its model" in held["w"].freed
    assert book.parameters == 4 * 3 * 8


def test_gradients_are_counted_after_backward():
    x = cr.tensor(np.ones(100), name="x")
    loss = (x * 2.0).sum()
    assert cr.ledger(loss).gradients == 0
    loss.backward()
    assert cr.ledger(loss).gradients >= 800


def test_the_ledger_is_json_by_its_schema():
    net = nn.MLP([4, 8, 3])
    given = (np.ones((5, 4)), np.array([0, 1, 2, 0, 1]))
    book = cr.ledger(net, given, loss=cr.softmax_cross_entropy)
    said = json.loads(json.dumps(book.to_dict(), allow_nan=False))
    assert breaches(said, schema("ledger")) == []
    assert said["total"] == sum(
        node["kept"]["bytes"] + node["kept"]["gradient_bytes"] for node in said["nodes"]
    )
    assert said["total"] == book.parameters + book.unread + book.read_by_rules + book.gradients


def test_the_ledger_shows_itself():
    book = cr.ledger(lambda x: cr.exp(x).sum(), np.ones(3))
    assert "backward() frees nothing" in str(book)
    assert "<table" in book._repr_html_()

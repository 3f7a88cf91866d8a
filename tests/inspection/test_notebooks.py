"""What is shown shows itself in a notebook: as markup that holds no script and nothing foreign."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn

HOSTILE = "</td><script>alert(1)</script>&\"'\x00"


class Balanced(HTMLParser):
    """Complains of elements that are not closed in their order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def history(validated):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    return cr.fit(
        nn.MLP([3, 4, 2]), (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.Adam(),
        epochs=25, batch_size=20,
        validation=(x, y) if validated else None, seed=0,
    )  # fmt: skip


def shown():
    x = cr.tensor(np.ones((2, 3)), name=HOSTILE)
    loss = cr.tanh(x).sum()
    loss.backward()
    net = nn.Sequential(hidden=nn.Linear(3, 2))
    yield "tensor", x
    yield "large tensor", cr.tensor(np.arange(1000.0))
    yield "result", loss
    yield "parameter", cr.parameter(np.ones(3), name=HOSTILE)
    yield "labels", cr.tensor(np.arange(3))
    yield "empty", cr.tensor(np.zeros((0, 2)))
    yield "graph", cr.Graph(loss)
    yield "flow", cr.flow(loss)
    yield "show", cr.show(loss)
    yield "drawing", cr.draw(loss, title=HOSTILE)
    yield "ledger", cr.ledger(loss)
    yield "model", net
    yield "model without parameters", nn.ReLU()
    yield "summary", net.summary(3)
    yield "small jacobian", cr.jacobian(cr.exp)(np.ones(3))
    yield (
        "large jacobian",
        (cr.tensor(np.ones((64, 512))) @ np.ones((512, 64))).local_jacobian()[0],
    )
    yield "local jacobian", cr.exp(x).local_jacobian()[0]
    yield "report", cr.check(cr.tanh, np.ones(3))
    yield "audit", cr.audit_precision(lambda x: cr.exp(x).sum(), np.ones(3, np.float32))
    yield "history", history(False)
    yield "validated history", history(True)


SHOWN = dict(shown())


@pytest.mark.parametrize("name", SHOWN)
def test_it_shows_itself_without_scripts_and_without_anything_from_outside(name):
    html = SHOWN[name]._repr_html_()
    reader = Balanced()
    reader.feed(html)
    assert reader.open == []
    assert "script" not in reader.tags
    outside = html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"\bid=|href|https?:|url\(|@import|@font-face| on\w+=", outside)


def test_a_tensor_shows_its_value_and_its_gradient():
    x = cr.tensor([1.0, 2.0], name="x")
    (x * x).sum().backward()
    html = x._repr_html_()
    assert "[2. 4.]" in html
    assert "[1. 2.]" in html


def test_looking_at_a_tensor_inside_of_a_derivative_is_free():
    seen = []
    cr.grad(lambda x: [seen.append((x * 2)._repr_html_()), x * x][1])(3.0)
    assert "from multiply" in seen[0]


def test_a_graph_is_made_of_tensors_and_says_so():
    x = cr.tensor(2.0)
    graph = cr.Graph(x * 3.0)
    assert len(graph) == 3
    assert "<svg" in graph._repr_html_()
    with pytest.raises(cr.errors.ArgumentError, match="a MLP has none"):
        cr.Graph(nn.MLP([2, 1]))


def test_a_history_shows_its_curves_and_its_last_epoch():
    html = SHOWN["validated history"]._repr_html_()
    assert html.count("<polyline") == 2
    assert "<td>25</td>" in html

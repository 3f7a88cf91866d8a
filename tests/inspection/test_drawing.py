"""cr.draw: every way to draw a graph holds its numbers; what is unfolded has equal gradients."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, OutputError, UnknownNameError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.given_graph import Given
from chainrule.inspection.unfolding import opens, unfolded
from chainrule.testing import case_of

HOSTILE = "</title><script>alert(1)</script>&\"'`];{}\\n#\x00\nend"
W, X = np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0, 1.0])


def neuron(w, x):
    return cr.sigmoid((w * x).sum())


def net():
    return nn.Sequential(hidden=nn.Linear(4, 5), act=nn.ReLU(), out=nn.Linear(5, 3))


def batch():
    return np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])


def ops_of(drawing):
    return [node.op for node in drawing.flow.nodes if node.op]


def texts(svg):
    root = ElementTree.fromstring(svg)
    return [node.text or "" for node in root.iter() if node.tag.endswith("}text")]


def test_a_neuron_is_three_gates_or_six_with_equal_gradients():
    three, six = cr.draw(neuron, W, X), cr.draw(neuron, W, X, fold=False)
    assert ops_of(three) == ["multiply", "sum", "sigmoid"]
    assert ops_of(six) == ["multiply", "sum", "negative", "exp", "add", "divide"]
    for name in ("w", "x"):
        assert_allclose(six.flow[name].upstream.numbers, three.flow[name].upstream.numbers)
    assert_allclose(three.flow["w"].upstream.numbers, [-0.1966, -0.3932, 0.1966], atol=1e-4)


def test_where_the_textbook_overflows_the_formula_is_drawn():
    drawn = cr.draw(cr.sigmoid, -800.0, fold=False)
    assert "divide" in ops_of(drawn)
    assert np.isfinite(drawn.flow["x"].upstream.numbers)


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_op_that_unfolds_keeps_its_value_and_its_gradients(name):
    op = CATALOGUE[name]
    if op.flat or not opens(op):
        return
    case = case_of(op, 0)
    operands = [
        cr.tensor(x, name=f"in{i}") if i in case.differentiable else x
        for i, x in enumerate(case.operands)
    ]
    results = case.op(*operands)
    results = results if isinstance(results, tuple) else (results,)
    ends = [x for x in results if getattr(x, "wants_gradient", False)]
    total = sum((cr.sum(cr.sin(x)) for x in ends[1:]), cr.sum(cr.sin(ends[0])))
    finer = unfolded(Given((total,)), lambda op: True)
    assert not any(opens(node.op) for node in finer.graph.nodes if node.op and _has_formula(node))
    assert_allclose(finer.ends[0].data, total.data, rtol=1e-9, atol=1e-12)
    total.backward()
    spelled = cr.backward([finer.ends[0]], create_graph=True)
    for i in case.differentiable:
        if operands[i] in spelled:
            assert_allclose(spelled[operands[i]].data, operands[i].grad, rtol=1e-6, atol=1e-9)
        else:
            assert not np.any(operands[i].grad)


def _has_formula(node):
    """Whether one more level would change a node: a few have a formula of arrays alone."""
    return len(unfolded(Given((node,)), lambda op: op is node.op).graph) != len(
        Given((node,)).graph
    )


def test_modules_are_boxes_and_fold_into_one_node_each():
    drawn = cr.draw(net(), batch(), loss=cr.softmax_cross_entropy)
    seen = texts(drawn.svg)
    assert any(text.startswith("hidden") for text in seen)
    assert drawn.svg.count('class="module"') == 3
    folded = cr.draw(net(), batch(), loss=cr.softmax_cross_entropy, fold="modules")
    assert ops_of(folded) == ["Linear(4, 5)", "ReLU()", "Linear(5, 3)", "softmax_cross_entropy"]
    by_path = cr.draw(
        net(), batch(), loss=cr.softmax_cross_entropy, fold=("hidden", "act", "linear")
    )
    assert ops_of(by_path)[:3] == ["Linear(4, 5)", "ReLU()", "linear"]
    for other in (folded, by_path):
        assert other.flow["scores"].upstream.least == pytest.approx(
            drawn.flow["scores"].upstream.least
        )
        assert [n.id for n in other.flow.nodes] == list(range(len(other.flow)))
        for node in other.flow.nodes:
            assert all(x.node is None or x.node < node.id for x in node.inputs)


def test_a_module_that_is_called_twice_closes_no_circle():
    class Twice(nn.Module):
        def __init__(self):
            self.cell = nn.Linear(2, 2)

        def forward(self, x):
            return self.cell(np.tanh(self.cell(x)))

    drawn = cr.draw(Twice(), np.ones((1, 2)), fold="modules")
    assert ops_of(drawn) == ["Linear(2, 2)", "tanh", "Linear(2, 2)"]
    assert drawn.svg


def test_a_loss_that_is_given_has_boxes_by_the_names_of_its_parameters():
    model = net()
    loss = cr.softmax_cross_entropy(model(batch()[0]), batch()[1])
    drawn = cr.draw(loss)
    assert {node.module for node in drawn.flow.nodes} == {"", "hidden", "out"}


def test_a_name_to_fold_that_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'sigmoid'"):
        cr.draw(neuron, W, X, fold="sigmoi")
    with pytest.raises(ArgumentError, match="names of ops"):
        cr.draw(neuron, W, X, fold=[3])
    assert ops_of(cr.draw(neuron, W, X, fold="sigmoid")) == ["multiply", "sum", "sigmoid"]


def test_hostile_names_are_text_in_every_language():
    x = cr.tensor(W, name=HOSTILE)
    f = cr.exp(x).sum()
    f.name = HOSTILE
    drawn = cr.draw(f, title=HOSTILE)
    root = ElementTree.fromstring(drawn.svg)
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert "<script" not in drawn._repr_html_()
    for line in drawn.mermaid.splitlines()[4:]:
        assert re.fullmatch(
            r'  (n\d+(\(\[|\[)"[\w .,:\-+/()=#;&<>]*"(\]\)|\])|n\d+ -->(\|"[^"]*"\|)? n\d+)', line
        ), line
    for line in drawn.dot.splitlines():
        inside = re.sub(r'"(\\.|[^"\\])*"', "", line)
        assert '"' not in inside
        assert "script" not in inside


def test_dot_is_read_by_graphviz_where_there_is_one(tmp_path):
    drawn = cr.draw(net(), batch(), loss=cr.softmax_cross_entropy, title=HOSTILE)
    assert drawn.dot.count("{") == drawn.dot.count("}")
    assert drawn.dot.count("subgraph cluster_") == 3
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=drawn.dot.encode(), check=True, capture_output=True)


def test_mermaid_nests_modules_in_the_order_in_which_they_ran():
    text = cr.draw(net(), batch(), loss=cr.softmax_cross_entropy).mermaid
    assert re.findall(r'subgraph m\d+\["(\w+)', text) == ["hidden", "out", "act"]
    assert text.count("subgraph") == text.count("\n  end")


def test_a_drawing_is_saved_by_the_end_of_its_name(tmp_path):
    drawn = cr.draw(neuron, W, X)
    for end, begin in ((".svg", "<svg"), (".html", "<!doctype"), (".mmd", "flow"), (".dot", "di")):
        drawn.save(tmp_path / f"graph{end}")
        assert (tmp_path / f"graph{end}").read_text(encoding="utf-8").startswith(begin)
    with pytest.raises(ArgumentError, match=r"is written as '\.png'"):
        drawn.save(tmp_path / "graph.png")
    with pytest.raises(OutputError):
        drawn.save(tmp_path / "missing" / "graph.svg")


def test_drawing_shows_gradients_and_leaves_none():
    x = cr.tensor(3.0, name="x")
    f = x * x
    drawn = cr.draw(f)
    assert "backward: upstream gradient" in texts(drawn.svg)
    assert x.grad is None
    assert drawn.to_dict() == cr.flow(f).to_dict() | {"nodes": drawn.to_dict()["nodes"]}


def test_gates_of_changed_parameters_are_said_to_be_computed_anew():
    model = net()
    loss = cr.softmax_cross_entropy(model(batch()[0]), batch()[1])
    assert cr.draw(loss, fold=False).flow.notes == ()
    weight = model.parameters()["hidden.weight"]
    weight.data = weight.data * 2
    assert "hidden.weight has changed since" in cr.draw(loss, fold=False).flow.notes[-1]
    assert cr.draw(loss, fold="modules").svg


def test_a_net_of_300_layers_is_drawn_and_folded():
    layers = [nn.Tanh() if i % 2 else nn.Linear(2, 2) for i in range(300)]
    deep = nn.Sequential(*layers)
    for fold in (True, False, "modules"):
        drawn = cr.draw(deep, np.ones((1, 2)), fold=fold)
        assert drawn.svg
        assert drawn.mermaid
    assert len(ops_of(drawn)) == 300


def test_several_results_zero_sizes_and_frozen_tensors_are_drawn():
    first, second = cr.split(cr.tensor(np.arange(4.0), name="whole"), 2)
    for f in (
        (first * second).sum(),
        cr.tensor(np.zeros((0, 3)), name="none").sum(),
        cr.tensor(np.arange(3), name="labels"),
    ):
        for fold in (True, False, "modules"):
            drawn = cr.draw(f, fold=fold)
            assert drawn.svg
            assert drawn.dot
            assert drawn.mermaid

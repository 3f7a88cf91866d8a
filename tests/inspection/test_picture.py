"""The picture of a graph: the lecture's numbers, gate roles, forks, hostile names, many nodes."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.inspection import graph_svg

HOSTILE = "</title><script>alert(1)</script>&\"'\x00"


def texts(svg: str) -> list[str]:
    """The words a reader sees, without titles; a true minus is written as a plain one."""
    root = ElementTree.fromstring(svg)
    found = [node.text or "" for node in root.iter() if node.tag.endswith("}text")]
    return [text.replace("\N{MINUS SIGN}", "-") for text in found]


def titles(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [node.text or "" for node in root.iter() if node.tag.endswith("}title")]


def lecture_example():
    x, y, z = (cr.tensor(v, name=n) for v, n in ((-2.0, "x"), (5.0, "y"), (-4.0, "z")))
    q = x + y
    q.name = "q"
    f = q * z
    f.name = "f"
    f.backward()
    return f


def two_layer_net(rng: np.random.Generator):
    net = nn.MLP([6, 4, 3])
    data_loss = cr.softmax_cross_entropy(net(rng.normal(size=(5, 6))), rng.integers(0, 3, 5))
    terms = nn.objective(net, data_loss, nn.L2(1e-2))
    terms.data.name = "data loss"
    loss = terms.total
    loss.name = "loss"
    loss.backward()
    return loss


def test_the_lectures_example_shows_every_value_and_gradient():
    seen = texts(graph_svg(lecture_example(), title="f = (x + y) z"))
    assert "f = (x + y) z" in seen
    assert {"x", "y", "z", "+", "×"} <= set(seen)
    assert {"-2", "5", "q = 3", "f = -12"} <= set(seen)
    assert seen.count("-4") == 4  # the value of z; the gradients of x, y and q
    assert {"3", "1", "gradient distributor", "swap multiplier"} <= set(seen)


def test_every_node_has_a_title_with_its_formula_and_its_gates_role():
    found = titles(graph_svg(lecture_example()))
    (product,) = [title for title in found if title.startswith("f =")]
    assert "f = multiply(q, z)" in product
    assert "value -12" in product
    assert "upstream gradient 1" in product
    assert "each input receives the upstream gradient times the other input" in product


def test_before_backward_there_are_values_only():
    f = cr.tensor(2.0, name="x") * 3
    seen = texts(graph_svg(f))
    assert "6" in seen
    assert "backward: upstream gradient" not in seen


def test_a_fork_is_an_adder():
    x = cr.tensor(3.0, name="x")
    f = cr.exp(x) + x
    f.backward()
    svg = graph_svg(f)
    assert svg.count('class="fork"') == 1
    assert texts(svg).count("adder: gradients") == 1
    assert any("adder: gradients are summed" in title for title in titles(svg))


def test_a_value_read_twice_by_one_node_is_a_fork_too():
    x = cr.tensor(3.0, name="x")
    assert graph_svg(x * x).count('class="fork"') == 1


def test_labels_that_want_no_gradient_are_no_adder(rng):
    labels = cr.tensor(rng.integers(0, 3, 5), name="labels")
    scores = cr.tensor(rng.normal(size=(5, 3)), name="scores")
    f = cr.softmax_cross_entropy(scores, labels) + cr.hinge(scores, labels)
    assert graph_svg(f).count('class="fork"') == 1  # the scores


def test_a_two_layer_net_shows_its_parameters_its_gates_and_its_loss(rng):
    svg = graph_svg(two_layer_net(rng))
    seen = texts(svg)
    assert {"layers.0.weight", "(6, 4)", "layers.2.bias", "(3,)"} <= set(seen)
    assert {"linear", "relu", "gradient router", "softmax", "cross entropy", "labels"} <= set(seen)
    assert svg.count('class="parameter"') == 4
    assert any(text.startswith("loss = ") for text in seen)
    assert any(re.fullmatch(r"\(5, 4\) \|[\d.e-]+\|", text) for text in seen)
    assert any("largest magnitude" in text for text in seen)


def test_hostile_names_are_text():
    x = cr.tensor(1.0, name=HOSTILE)
    f = cr.exp(x)
    f.name = HOSTILE
    svg = graph_svg(f, title=HOSTILE)
    root = ElementTree.fromstring(svg)  # well-formed, even with a character XML forbids
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert "<script" not in svg
    assert any("<script>" in text for text in texts(svg))


def test_a_long_name_is_shortened_but_its_title_is_whole():
    name = "a_parameter_" * 10
    svg = graph_svg(cr.exp(cr.tensor(1.0, name=name)))
    assert not any(name in text for text in texts(svg))
    assert any(name in title for title in titles(svg))


def test_a_large_graph_shows_its_end_and_says_what_is_left_out():
    w = cr.parameter(np.array(1.0), name="w")
    x = w
    for _ in range(400):
        x = cr.sin(x)
    x = x * cr.parameter(np.array(2.0), name="scale")
    svg = graph_svg(x)
    assert "253 earlier nodes are not drawn" in texts(svg)  # 403 nodes, 150 drawn
    assert "scale" in texts(svg)
    assert "w" not in texts(svg)
    assert "…" in texts(svg)


def test_parameters_that_the_last_ops_read_are_drawn_although_they_are_old():
    weights = [cr.parameter(np.array(1.0), name=f"w{i}") for i in range(200)]
    x = cr.tensor(1.0, name="x")
    for w in weights:
        x = x * w
    seen = texts(graph_svg(x))
    assert "w199" in seen
    assert "w0" not in seen


def test_several_ends_share_one_picture():
    x = cr.tensor(2.0, name="x")
    assert texts(graph_svg(cr.exp(x), cr.sin(x))).count("x") == 1


def test_an_op_with_several_results_is_drawn():
    whole = cr.tensor(np.arange(6.0), name="whole")
    first, second = cr.split(whole, 2)
    f = (first * second).sum()
    f.backward()
    assert "split" in texts(graph_svg(f))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0])
def test_strange_numbers_are_shown(value):
    assert graph_svg(cr.tensor(value, name="x") * 1.0)


def test_empty_arrays_are_shown():
    assert "(0,) empty" in texts(graph_svg(cr.exp(cr.tensor(np.zeros(0), name="x"))))


def test_the_picture_is_the_same_every_time(rng):
    loss = two_layer_net(rng)
    assert graph_svg(loss) == graph_svg(loss)


def test_the_picture_has_no_script_no_id_and_nothing_from_outside(rng):
    svg = graph_svg(two_layer_net(rng)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"<script|\bid=|href|https?:|url\(|@import|@font-face| on\w+=", svg)


def test_without_a_tensor_there_is_no_picture():
    with pytest.raises(ArgumentError, match="no tensor was given"):
        graph_svg()

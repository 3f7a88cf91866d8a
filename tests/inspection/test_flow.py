"""What flows through a graph: the numbers are the engine's, and names are shown as they are."""

import gc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.errors import UnknownNameError
from chainrule.inspection.flow_text import told_apart

from .flow_data import told

HOSTILE = "</title><script>alert(1)</script>&\"'\x00\n\x1b[31m"


def net_and_batch(dtype=np.float32):
    rng = np.random.default_rng(0)
    net = nn.MLP([6, 5, 3])
    return net, (rng.normal(size=(7, 6)).astype(dtype), rng.integers(0, 3, 7))


def test_the_lectures_circuit_has_its_numbers():
    flow = cr.flow(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0)
    said = told(flow)
    assert [node["name"] for node in said["nodes"]] == ["x", "y", "z", "n1", "n2"]
    assert [node["id"] for node in said["nodes"]] == [0, 1, 2, 3, 4]
    assert [node["value"]["numbers"] for node in said["nodes"]] == [-2, 5, -4, 3, -12]
    assert [node["upstream"]["numbers"] for node in said["nodes"]] == [-4, -4, 3, -4, 1]
    product = said["nodes"][4]
    assert product["role"] == "swap multiplier"
    assert [x["local"]["slopes"]["numbers"] for x in product["inputs"]] == [-4, 3]
    assert [x["sends"]["numbers"] for x in product["inputs"]] == [-4, 3]
    assert said["ends"] == [4]


def test_what_is_shown_is_what_backward_leaves():
    net, batch = net_and_batch()
    flow = cr.flow(net, batch, loss=cr.softmax_cross_entropy)
    told(flow)
    loss = cr.softmax_cross_entropy(net(batch[0]), batch[1])
    loss.backward()
    for path, parameter in net.parameters().items():
        assert flow[path].upstream.least == parameter.grad.min()
        assert flow[path].upstream.largest[0][1] == max(parameter.grad.ravel(), key=abs)
    again = cr.flow(loss)
    assert [n.upstream for n in again.nodes] == [n.upstream for n in flow.nodes]


def test_looking_changes_no_gradient_and_leaves_none():
    x = cr.tensor([1.0, -2.0], name="x")
    y = (x * x).sum()
    cr.flow(y), cr.show(y)
    assert x.grad is None
    assert y.grad is None
    y.backward(upstream=3.0)
    held = x.gradient
    flow = cr.flow(y)
    assert x.gradient is held
    assert flow["x"].upstream.numbers == (6.0, -12.0)  # from the gradient that stands at the loss


def test_what_is_sent_adds_up_to_what_arrives():
    net, batch = net_and_batch(np.float64)
    flow = cr.flow(net, batch, loss=cr.softmax_cross_entropy)
    x = cr.tensor(np.linspace(-1, 1, 4), name="x")
    for looked in (flow, cr.flow((x * x + cr.exp(x) * x).sum())):
        for node in looked.nodes:
            sent = [
                edge.sends.numbers
                for other in looked.nodes
                for edge in other.inputs
                if edge.node == node.id and edge.sends is not None
            ]
            if node.upstream is None or node.is_end or node.upstream.numbers is None:
                continue
            total = sum(np.asarray(each) for each in sent)
            np.testing.assert_allclose(total, node.upstream.numbers, rtol=1e-6)


def test_a_node_is_found_by_its_id_and_by_its_name():
    flow = cr.flow(lambda x: x * x, 3.0)
    assert flow[0] is flow["x"]
    with pytest.raises(UnknownNameError, match="no node named 'y'"):
        flow["y"]


def test_a_fork_says_so_and_adds_branch_by_branch():
    flow = cr.flow(lambda x: x * x, 3.0)
    assert flow["x"].fork
    assert "fork           read 2 times: 3 + 3 = 6" in str(flow)
    assert "fork: 2 gradients are added" in cr.show(lambda x: x * x, 3.0)


def test_arrays_show_their_sign_and_their_elements():
    text = cr.show(cr.tensor([-2.0, 1.0, 0.5], name="x") * 2)
    assert "[-2 1 0.5]" in text
    assert "|" not in text
    large = cr.flow(cr.tensor(np.arange(-20.0, 20.0).reshape(4, 10), name="x").sum())
    assert str(large["x"].value) == (
        "-20 to 19, 48% > 0, 50% < 0, 2% = 0, largest -20 at [0, 0], -19 at [0, 1], 19 at [3, 9]"
    )


def test_long_and_hostile_names_keep_to_their_column():
    x = cr.tensor(1.0, name=HOSTILE * 20)
    y = cr.tensor(2.0, name="a" * 300)
    shown = cr.show(cr.exp(x) * y)
    lines = shown.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) < 200
    assert len({line.find("float64") for line in lines}) == 1
    assert "\x1b" not in shown
    assert "\x00" not in shown


def test_the_page_of_hostile_names_holds_no_element_of_theirs():
    x = cr.tensor(1.0, name=HOSTILE)
    f = cr.exp(x)
    f.name = HOSTILE
    html = cr.flow(f)._repr_html_() + cr.show(f)._repr_html_()
    assert "<script" not in html
    assert "</title>" not in html
    assert "&lt;script&gt;" in html


def test_the_modules_that_made_a_node_are_known():
    net = nn.Sequential(hidden=nn.Linear(3, 4), act=nn.ReLU(), out=nn.Linear(4, 1))
    flow = cr.flow(net, np.ones((2, 3)))
    assert [m.path for m in flow.modules] == ["", "hidden", "act", "out"]
    assert {n.module for n in flow.nodes if n.op == "relu"} == {"act"}
    assert flow["hidden.weight"].module == "hidden"
    inside = cr.flow(lambda x: net(x).sum(), np.ones((2, 3)))
    assert "out" in {m.path for m in inside.modules}


def test_scores_have_values_and_a_word_on_their_gradient():
    net, (x, _) = net_and_batch()
    flow = cr.flow(net, x)
    assert all(node.upstream is None for node in flow.nodes)
    assert "a walk starts from one number" in flow.notes[0]


def test_numbers_that_json_lacks_are_texts():
    x = cr.tensor(np.array([np.nan, np.inf, -np.inf, 1.0, -0.0]), name="x")
    said = told(cr.flow(cr.exp(x).sum()))
    assert said["nodes"][0]["value"]["numbers"][:3] == ["nan", "inf", "-inf"]
    assert said["nodes"][0]["value"]["not_finite"] == 3
    told(cr.flow(cr.tensor(np.full(40, np.nan), name="x").sum()))


def test_a_parameter_that_changed_since_is_said_to_have_changed():
    w = cr.parameter(np.array([2.0]), name="w")
    loss = (w * w).sum()
    loss.backward()
    w.data = w.data - 1
    flow = cr.flow(loss)
    assert "was changed after" in flow.notes[0]
    assert_array_equal(flow["w"].upstream.numbers, [4.0])


def test_looking_keeps_no_graph_alive():
    loss = cr.exp(cr.tensor(np.ones(3))).sum()
    gone = weakref.ref(loss)
    held = cr.flow(loss), cr.show(loss), cr.draw(loss), cr.ledger(loss)
    del loss
    gc.collect()
    assert gone() is None
    assert all(str(each) for each in held)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["layers.0.weight", "layers.2.weight", "x"], ["0.weight", "2.weight", "x"]),
        (["a.layers.0.weight", "b.layers.0.weight"], ["a.lay…weight", "b.lay…weight"]),
        (["a_long_name_of_1", "a_longer_name_of_1"], ["a_long_name_of_1", "a_longer_name_of_1"]),
        (["a_long_name_of_one", "weight"], ["a_lon…of_one", "weight"]),
        (["layers.0.weight", "0.weight"], ["layer…weight", "0.weight"]),
    ],
)
def test_a_shortened_name_is_that_of_one_node(names, short):
    assert told_apart(names, 12) == short


def test_a_net_is_shown_with_names_that_tell_its_layers_apart_and_says_what_is_0(rng):
    model = cr.nn.MLP([2, 16, 2], seed=0)
    loss = cr.softmax_cross_entropy(model(rng.normal(size=(20, 2))), np.zeros(20, int))
    loss.backward()
    text, all_of_it = cr.show(loss), str(cr.flow(loss))
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert f" {name}" in text
        assert f"    to {name} " in all_of_it
    assert "…" not in text + all_of_it
    hidden = next(node for node in cr.flow(loss).nodes if node.op == "linear")
    assert f", {hidden.upstream.zeros} of 320 are 0" in text
    assert text.count(" are 0") == 1

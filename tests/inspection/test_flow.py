"""What flows through a graph: the numbers are the engine's, and all that is given is looked at."""

import gc
import json
import threading
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.inspection.flow_record import schema
from chainrule.inspection.flow_text import told_apart
from chainrule.testing import case_of

HOSTILE = "</title><script>alert(1)</script>&\"'\x00\n\x1b[31m"


def complaints(value, rule, whole, path="$"):
    """What of a value breaks a JSON schema, of the words that ours uses."""
    if "$ref" in rule:
        rule = whole["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in rule:
        tried = [complaints(value, each, whole, path) for each in rule["anyOf"]]
        return [] if [] in tried else tried[-1]
    kinds = {"object": dict, "array": list, "string": str, "null": type(None)}
    kinds |= {"integer": int, "number": (int, float), "boolean": bool}
    wanted = rule.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    fits = [
        isinstance(value, kinds[kind])
        and not (isinstance(value, bool) and kind in ("integer", "number"))
        for kind in wanted
    ]
    found = [] if any(fits) or not wanted else [f"{path}: {value!r} is no {wanted}"]
    if "enum" in rule and value not in rule["enum"]:
        found.append(f"{path}: {value!r} is none of {rule['enum']}")
    if "const" in rule and value != rule["const"]:
        found.append(f"{path}: {value!r} is not {rule['const']}")
    if isinstance(value, int) and value < rule.get("minimum", value):
        found.append(f"{path}: {value} is too small")
    if isinstance(value, list):
        if len(value) > rule.get("maxItems", len(value)):
            found.append(f"{path}: {len(value)} are too many")
        for i, each in enumerate(value):
            found += complaints(each, rule.get("items", {}), whole, f"{path}[{i}]")
    if isinstance(value, dict):
        known = rule.get("properties", {})
        found += [
            f"{path}: {key} is missing" for key in rule.get("required", ()) if key not in value
        ]
        for key, each in value.items():
            more = rule.get("additionalProperties", {})
            if key not in known and more is False:
                found.append(f"{path}: {key} is not in the schema")
                continue
            inner = known.get(key, more if isinstance(more, dict) else {})
            found += complaints(each, inner, whole, f"{path}.{key}")
    return found


def told(flow):
    """The dict of a flow, which is JSON, and what the schema says."""
    said = json.loads(json.dumps(flow.to_dict(), allow_nan=False))
    whole = schema()
    assert complaints(said, whole, whole) == []
    return said


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


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "nothing was given"),
        ((3.0,), "a float has no graph"),
        ((np.ones(3),), "a ndarray has no graph"),
        (("loss",), "a str has no graph"),
        ((nn.MLP([2, 3]),), "needs one batch of its input"),
        ((nn.MLP([2, 3]), 1, 2), "was given 2 arguments"),
        ((nn.MLP([2, 3]), (np.ones((1, 2)), np.ones(1))), "a tuple of 2"),
        ((lambda x, y: x * y, 1.0), "cannot be called with these 1 arguments"),
        ((lambda x: 3.0, 1.0), "returned a float, behind which there is no graph"),
        ((nn.MLP,), "the class MLP has no graph"),
    ],
)
def test_what_has_no_graph_is_told_what_to_give(given, says):
    for look in (cr.flow, cr.show):
        with pytest.raises(ArgumentError, match=says) as caught:
            look(*given)
        assert "cr.flow(" in caught.value.do or "cr.show(" in caught.value.do


def test_a_dual_is_told_what_to_give():
    with pytest.raises(ArgumentError, match="which a derivative or a recording holds"):
        cr.jvp(lambda x: cr.flow(x) and x, (1.0,), (1.0,))


def test_a_loss_without_a_model_is_refused():
    with pytest.raises(ArgumentError, match="belongs to a model"):
        cr.flow(cr.tensor(1.0), loss=cr.squared_error)


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


def test_a_graph_and_a_list_of_tensors_are_looked_at():
    x = cr.tensor(2.0, name="x")
    a, b = cr.exp(x), cr.sin(x)
    for flow in (cr.flow(Graph.of(a, b)), cr.flow([a, b]), cr.flow(a, b)):
        assert len(flow) == 3
        np.testing.assert_allclose(flow["x"].upstream.numbers, np.exp(2) + np.cos(2))


def test_nested_arguments_become_tensors_of_their_own_names():
    flow = cr.flow(lambda p, k: (p["w"] ** k).sum() + p["b"][0], {"w": np.ones(2), "b": [1.0]}, 2)
    assert "p.w" in [node.name for node in flow.nodes]


def test_higher_orders_are_looked_at():
    x = cr.tensor(0.5, name="x")
    (found,) = [cr.exp(x * x).backward(create_graph=True)[x]]
    flow = cr.flow(found)
    told(flow)
    np.testing.assert_allclose(
        flow["x"].upstream.numbers, cr.grad(cr.grad(lambda x: cr.exp(x * x)))(0.5)
    )


def test_inside_of_a_derivative_the_graph_so_far_is_shown():
    seen = []
    cr.grad(lambda x: [seen.append(cr.flow(x * 2)), x * x][1])(3.0)
    assert "a derivative is being taken" in seen[0].notes[0]
    told(seen[0])


def test_a_tensor_without_a_graph_is_shown_alone():
    with cr.no_grad():
        made = cr.tensor(2.0) * 3
        recorded = cr.flow(lambda x: x * 3, 2.0)
    flow = cr.flow(made)
    assert len(flow) == 1
    assert told(flow)["nodes"][0]["value"]["numbers"] == 6
    assert len(recorded) == 3
    labels = cr.flow(cr.tensor(np.arange(3)))
    assert "nothing that this was made from wants one" in labels.notes[0]


def test_a_graph_is_looked_at_inside_of_no_grad_as_outside():
    class Bump(cr.Elementwise):
        def forward(self, x):
            return cr.exp(-x * x)

    loss = (Bump()(cr.tensor(np.ones(3), name="x")) @ np.ones(3)).sum()
    with cr.no_grad():
        inside = cr.flow(loss)
        drawn = cr.draw(loss, fold=False)
    assert inside == cr.flow(loss)
    assert drawn.flow["x"].upstream.numbers == pytest.approx(inside["x"].upstream.numbers)


def test_numbers_that_json_lacks_are_texts():
    x = cr.tensor(np.array([np.nan, np.inf, -np.inf, 1.0, -0.0]), name="x")
    said = told(cr.flow(cr.exp(x).sum()))
    assert said["nodes"][0]["value"]["numbers"][:3] == ["nan", "inf", "-inf"]
    assert said["nodes"][0]["value"]["not_finite"] == 3
    told(cr.flow(cr.tensor(np.full(40, np.nan), name="x").sum()))


@pytest.mark.parametrize("value", [np.zeros(0), np.zeros((3, 0, 2)), np.array(1e300), np.ones(5)])
def test_strange_shapes_are_looked_at(value):
    told(cr.flow((cr.tensor(value, name="x") * 2.0).sum()))
    told(cr.flow(cr.tensor(value, name="x")))


def test_complex_and_whole_numbers_are_looked_at():
    whole = cr.tensor(np.arange(20), name="n")
    said = told(cr.flow((cr.tensor(np.ones(20)) * whole).sum()))
    assert [n["value"]["most"] for n in said["nodes"] if n["name"] == "n"] == [19]
    assert str(cr.inspection.amount.measured(np.array([1 + 2j, 0]))) == "[1+2j 0+0j]"


def test_a_parameter_that_changed_since_is_said_to_have_changed():
    w = cr.parameter(np.array([2.0]), name="w")
    loss = (w * w).sum()
    loss.backward()
    w.data = w.data - 1
    flow = cr.flow(loss)
    assert "was changed after" in flow.notes[0]
    assert_array_equal(flow["w"].upstream.numbers, [4.0])


def test_an_op_with_several_results_is_looked_at():
    first, second = cr.split(cr.tensor(np.arange(4.0), name="whole"), 2)
    flow = cr.flow((first * second).sum())
    told(flow)
    assert [n.kind for n in flow.nodes].count("several") == 1
    assert flow["whole"].upstream.numbers == (2.0, 3.0, 0.0, 1.0)


def test_a_deep_net_is_looked_at_without_recursion():
    x = cr.tensor(np.ones(2), name="x")
    for _ in range(600):
        x = cr.tanh(x * 1.01)
    assert len(cr.flow(x.sum())) == 1802
    cr.flow(nn.MLP([3] + [4] * 100 + [1]), np.ones((2, 3)))


def test_a_rule_that_fails_is_told_and_the_values_are_shown():
    class Wrong(cr.Op):
        def forward(self, x):
            return x * 2

        def backward(self, upstream, x, out):
            return (np.ones(7),)

    flow = cr.flow(Wrong()(cr.tensor(3.0, name="x")))
    told(flow)
    assert "returned a gradient of shape (7,)" in flow.notes[0]
    assert flow.nodes[1].value.numbers == 6


def test_looking_keeps_no_graph_alive():
    loss = cr.exp(cr.tensor(np.ones(3))).sum()
    gone = weakref.ref(loss)
    held = cr.flow(loss), cr.show(loss), cr.draw(loss), cr.ledger(loss)
    del loss
    gc.collect()
    assert gone() is None
    assert all(str(each) for each in held)


def test_a_compiled_function_is_read_through_and_not_looked_at_from_inside():
    f = cr.compile(lambda x: (cr.tanh(x) * 2).sum())
    f(np.ones(3))
    assert [node.op for node in cr.flow(f, np.ones(3)).nodes if node.op][:2] == [
        "tanh",
        "multiply",
    ]
    with pytest.raises(ArgumentError, match="a recording holds"):
        cr.compile(lambda x: [cr.flow(x * 2), x.sum()][1])(np.ones(3))


def test_ops_without_a_formula_are_looked_at():
    @cr.custom_gradient
    def doubled(x):
        return x * x, lambda upstream: (upstream * 4.0,)

    flow = cr.flow(lambda x: doubled(x) + cr.checkpoint(cr.exp)(x) + cr.stop_gradient(x), 2.0)
    told(flow)
    np.testing.assert_allclose(flow["x"].upstream.numbers, 4 + np.exp(2))
    carried = cr.scan(lambda c, x: (c * x, c), cr.tensor(1.0), cr.tensor(np.ones(4), name="xs"))[0]
    assert cr.flow(carried)["xs"].upstream.numbers == (1.0,) * 4


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_op_is_looked_at_and_its_local_gradient_is_what_its_rule_sends(name):
    """Upstream times local is what is sent, wherever a local gradient is shown in full."""
    op = CATALOGUE[name]
    if op.flat:
        return
    case = case_of(op, 0)
    operands = [
        cr.tensor(x) if i in case.differentiable else x for i, x in enumerate(case.operands)
    ]
    results = case.op(*operands)
    results = results if isinstance(results, tuple) else (results,)
    flow = cr.flow([cr.sum(x) for x in results if getattr(x, "wants_gradient", False)])
    told(flow)
    for node in flow.nodes:
        for x in node.inputs:
            if x.local is None or x.sends is None or x.sends.numbers is None:
                continue
            if node.upstream is None or node.upstream.least != node.upstream.most:
                continue
            upstream = np.full(x.local.outputs, float(node.upstream.most))
            matrix, slopes = x.local.matrix, x.local.slopes
            if matrix is not None and matrix.numbers is not None:
                array = np.asarray(matrix.numbers, float).reshape(matrix.shape)
                found = np.tensordot(upstream, array, len(x.local.outputs))
            elif (
                slopes is not None and slopes.numbers is not None and slopes.shape == x.sends.shape
            ):
                found = upstream * np.asarray(slopes.numbers)
            else:
                continue
            assert_allclose(found, np.reshape(x.sends.numbers, x.sends.shape), 1e-6, 1e-9)


def test_threads_look_at_their_own_graphs():
    found = {}

    def look(k):
        found[k] = cr.flow(lambda x: x * x, float(k))["x"].upstream.numbers

    threads = [threading.Thread(target=look, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: 2.0 * k for k in range(8)}


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

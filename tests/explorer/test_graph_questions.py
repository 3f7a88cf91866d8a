"""What is asked of a graph that is shown: what an entry reaches, a local Jacobian, a folding."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.explorer import jacobian_cells
from chainrule.explorer.graph_cards import HELD, Graphs
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.questions import answered
from chainrule.explorer.reach_card import where_marked
from chainrule.explorer.subjects import Subject
from chainrule.inspection.given_graph import graph_given
from chainrule.jacobians import Identity

TEXTS = {each.key: each.text for each in EXAMPLES}


def asked(kind, text, **more):
    return answered({"ask": kind, "text": text, **more}, {})


# ------------------------------------------------------------------------------ reach


def test_the_lectures_question_is_answered_in_words_and_marks():
    card = asked("reach", TEXTS["matmul"], node="X", entry=[0, 2])
    assert card["says"][0] == "X[0, 2] affects 4 of 8 entries of Y: row 0."
    marks = {mark["node"]: mark for mark in card["marks"]}
    graph = asked("write", TEXTS["matmul"])["flow"]
    names = {node["name"]: node["id"] for node in graph["nodes"]}
    assert marks[names["Y"]]["bits"] == "11110000"
    assert marks[names["X"]]["way"] == "chosen"
    assert names["W"] not in marks
    back = asked("reach", TEXTS["matmul"], node="Y", entry=[1, 3])
    assert "Y[1, 3] hangs on 3 of 6 entries of X: row 1." in back["says"]
    assert "Y[1, 3] hangs on 3 of 12 entries of W: column 3." in back["says"]


def test_a_number_reaches_what_reads_it():
    card = asked("reach", TEXTS["circuit"], node="x", entry=[])
    assert card["says"] == ["x affects q.", "x affects f."]


@pytest.mark.parametrize(
    "wrong",
    [{"node": "nobody", "entry": [0, 0]}, {"node": "X", "entry": [2, 0]}, {"node": "X"},
     {"node": "X", "entry": [0]}, {"node": "X", "entry": [-1, 0]}, {"node": "X", "entry": "0,0"},
     {"node": "X", "entry": [0.5, 0]}, {"node": "X", "entry": [True, 0]},
     {"node": [], "entry": []}, {"node": "X", "entry": [10**400, 0]}, {"entry": [0, 0]}],
)  # fmt: skip
def test_what_names_no_entry_is_an_error(wrong):
    assert asked("reach", TEXTS["matmul"], **wrong)["card"] == "error"


@pytest.mark.parametrize("kind", ["reach", "entries", "jacobian"])
@pytest.mark.parametrize("more", [{}, {"text": 3}, {"text": "f = (", "node": "f"},
                                  {"name": "none"}, {"text": "x", "fold": 3},
                                  {"text": "f = x", "turned": "o1"}])  # fmt: skip
def test_what_names_no_graph_is_an_error(kind, more):
    card = answered({"ask": kind, "node": "f", "entry": [], "input": 0, **more}, {})
    assert card["card"] == "error"
    assert card["error"]["what"]


def marked(shape, *places):
    mask = np.zeros(shape, bool)
    for place in places:
        mask[place] = True
    return where_marked(mask)


def test_marked_entries_are_told_in_words():
    assert marked((4,), 2) == "entry 2"
    assert marked((6,), slice(1, 4)) == "entries 1 to 3"
    assert marked((6,), 0, 5) == "entries 0 and 5"
    assert marked((2, 3), (slice(None), 1)) == "column 1"
    assert marked((2, 3), (1, 2)) == "[1, 2]"
    assert marked((4, 5), (slice(0, 2), slice(1, 4))) == "rows 0 and 1, columns 1 to 3"
    assert marked((2, 3, 4), (1, slice(None), slice(0, 2))) == "[1, :, 0:2]"
    assert marked((2, 2), (0, 0), (1, 1)) == "[0, 0] and [1, 1]"
    assert marked((9, 9), *((k, k) for k in range(9))) == "scattered over it"
    assert marked((30,), *range(0, 30, 3)) == "10 entries"
    assert marked((2,)) == "none"


# ---------------------------------------------------------------------------- entries


def test_the_entries_of_a_larger_array_are_the_engines():
    numbers = np.arange(60.0).reshape(3, 20) - 30
    rows = ", ".join(str(row.tolist()) for row in numbers)
    card = asked("entries", f"x = [{rows}]\nf = sum(x)", node="x")
    assert (card["rows"], card["columns"], card["most"]) == (3, 20, 30)
    assert_allclose(card["cells"], numbers.reshape(-1))


# --------------------------------------------------------------------------- jacobian


def jacobian_of(card):
    return np.array(card["cells"]).reshape(card["high"], card["wide"])


@pytest.mark.parametrize(
    ("text", "node", "words"),
    [("x = [[1, 2], [0, 1]]\nf = sum(x, axis=0)", "f", "an adder: each input goes into one row"),
     ("x = [1, -2, 3]\nf = relu(x)", "f", "diagonal"),
     ("x = [1, -2, 3]\nf = softmax(x)", "f", "block-diagonal: 1 block of 3 by 3"),
     ("x = [[1, -2, 3], [0, 1, 2]]\nf = x.T", "f", "a permutation"),
     ("x = [1, 2]\nf = x + [[1, 1], [2, 2]]", "f", "a copier: each input stands in several rows"),
     ("x = [1, 2, 3]\nf = cumsum(x)", "f", "dense"),
     ("x = [[1, 2], [3, 4]]\nf = inv(x)", "f", "dense"),
     ("x = [1, 2, 3, 4]\nf = x[1:3]", "f", "a selection: each row has one 1 at most"),
     (TEXTS["matmul"], "Y", "block-diagonal: the same 4 by 3 block, 2 times")],
)  # fmt: skip
def test_a_picture_is_the_local_jacobian_with_its_structure(text, node, words):
    card = asked("jacobian", text, node=node, input=0)
    assert card["structure"] == words
    names = {each["name"]: each for each in asked("write", text)["flow"]["nodes"]}
    outputs, inputs = names[node]["shape"], card["inputs"]
    assert (card["rows"], card["columns"]) == (np.prod(outputs), np.prod(inputs))
    assert f"{card['rows']} by {card['columns']}" in card["says"]
    read = names[node]["inputs"][0]["local"]["matrix"]
    if read is not None and read["numbers"] is not None:
        assert_allclose(
            jacobian_of(card), np.reshape(read["numbers"], (card["rows"], -1)), rtol=1e-5
        )


def test_a_picture_beyond_the_table_agrees_with_the_engine():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 6)), rng.normal(size=(6, 4))
    text = f"x = {x.round(3).tolist()}\nw = {w.round(3).tolist()}\ny = x @ w"
    card = asked("jacobian", text, node="y", input=1)
    wanted = cr.jacobian(lambda w: cr.tensor(x.round(3)) @ w)(w.round(3))
    assert_allclose(jacobian_of(card), np.asarray(wanted).reshape(20, 24), rtol=1e-5)


def graphs_of(function, *arguments):
    def graphed(_):
        return graph_given("explore", [function, *arguments])

    return {"it": Subject("it", "", {}, graphed)}


def test_a_large_jacobian_is_drawn_in_blocks():
    x = np.random.default_rng(0).normal(size=(10, 100))
    subjects = graphs_of(cr.relu, x)
    name = answered({"ask": "subject", "name": "it"}, subjects)["flow"]["nodes"][-1]["name"]
    card = answered({"ask": "jacobian", "name": "it", "node": name, "input": 0}, subjects)
    assert (card["high"], card["wide"]) == (64, 64)
    assert (card["rows"], card["columns"]) == (1000, 1000)
    cells = jacobian_of(card)
    assert set(np.unique(cells)) == {0.0, 1.0}
    assert not cells[~np.eye(64, dtype=bool)].any()  # a diagonal stays one
    assert "1,000,000 entries, of which 1,000 may differ from 0" in card["says"]


def test_a_huge_jacobian_is_never_made(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the array was made")

    monkeypatch.setattr(Identity, "dense", refuse)
    x = np.ones((300, 400))
    for function, structure in ((cr.tanh, "diagonal"), (cr.softmax, "block-diagonal: a block for "
                                                        "each row"), (np.sort, None)):  # fmt: skip
        subjects = graphs_of(function, x)
        nodes = answered({"ask": "subject", "name": "it"}, subjects)["flow"]["nodes"]
        asks = {"ask": "jacobian", "name": "it", "node": nodes[-1]["name"], "input": 0}
        card = answered(asks, subjects)
        assert card["rows"] == card["columns"] == 120_000
        assert "14,400,000,000 entries" in card["says"]
        assert structure is None or card["structure"] == structure
        assert card["cells"] is None  # too many places as well


def test_of_a_large_jacobian_the_places_are_drawn(monkeypatch):
    monkeypatch.setattr(jacobian_cells, "MOST_ENTRIES", 1000)
    x, w = np.ones((8, 10)), np.ones((10, 12))
    subjects = graphs_of(lambda w: cr.tensor(x) @ w, w)
    nodes = answered({"ask": "subject", "name": "it"}, subjects)["flow"]["nodes"]
    asks = {"ask": "jacobian", "name": "it", "node": nodes[-1]["name"], "input": 1}
    card = answered(asks, subjects)
    assert card["is_places"]
    whole = np.kron(x, np.eye(12)) != 0
    row, column = (np.append(np.arange(64) * n // 64, n) for n in whole.shape)
    wanted = [[whole[row[i] : row[i + 1], column[j] : column[j + 1]].any() for j in range(64)]
              for i in range(64)]  # fmt: skip
    np.testing.assert_array_equal(jacobian_of(card) > 0, wanted)


@pytest.mark.parametrize("more", [{"node": "X", "input": 0}, {"node": "Y", "input": 2},
                                  {"node": "Y", "input": -1}, {"node": "Y"},
                                  {"node": "Y", "input": "0"}])  # fmt: skip
def test_what_names_no_wire_is_an_error(more):
    assert asked("jacobian", TEXTS["matmul"], **more)["card"] == "error"


# -------------------------------------------------------------------------- foldings


def drawn(card):
    return [node["op"] for node in card["flow"]["nodes"] if node["op"]]


def turn_of(card, op, does):
    (node,) = [node for node in card["flow"]["nodes"] if node["op"] == op][:1]
    return next(t["key"] for t in card["turns"][str(node["id"])] if t["does"].startswith(does))


def gradients(card):
    return {
        node["name"]: node["upstream"]["numbers"]
        for node in card["flow"]["nodes"]
        if node["named"] and not node["op"]
    }


def test_one_op_is_unfolded_and_folded_back_and_the_gradients_stay():
    text = "x = [1, 2]\ny = [0.5, 1]\nf = sum(sigmoid(x) * sigmoid(y))"
    whole = asked("write", text)
    assert drawn(whole).count("sigmoid") == 2
    key = turn_of(whole, "sigmoid", "Unfold")
    once = asked("write", text, turned=[key])
    assert drawn(once).count("sigmoid") == 1
    assert "exp" in drawn(once)
    assert_allclose(gradients(once)["x"], gradients(whole)["x"])
    assert turn_of(once, "exp", "Fold back into sigmoid") == key
    gates = asked("write", text, fold="gates")
    assert drawn(gates).count("exp") == 2
    assert drawn(asked("write", text, fold="gates", turned=[key])).count("sigmoid") == 1


def test_a_gate_of_a_formula_is_unfolded_in_its_turn():
    text = "x = [[1, 2], [0, 1]]\nloss = mean(silu(x))"
    card = asked("write", text)
    first = turn_of(card, "silu", "Unfold")
    card = asked("write", text, turned=[first])
    assert "sigmoid" in drawn(card)
    second = turn_of(card, "sigmoid", "Unfold")
    assert second.startswith(f"{first}.")
    card = asked("write", text, turned=[first, second])
    assert "sigmoid" not in drawn(card)
    does = [turn["does"] for turns in card["turns"].values() for turn in turns]
    assert "Fold back into sigmoid" in does
    assert "Fold back into silu" in does


def test_one_module_is_folded_and_unfolded():
    model = cr.nn.Sequential(cr.nn.Linear(2, 3, seed=0), cr.nn.ReLU(), cr.nn.Linear(3, 2, seed=0))
    x, labels = np.ones((4, 2)), np.array([0, 1, 0, 1])

    def graphed(_):
        return graph_given("explore", [model, (x, labels)], cr.softmax_cross_entropy)

    subjects = {"net": Subject("net", "", {}, graphed)}
    whole = answered({"ask": "subject", "name": "net"}, subjects)
    paths = [module["path"] for module in whole["flow"]["modules"] if module["path"]]
    one = answered({"ask": "subject", "name": "net", "turned": [f"m{paths[0]}"]}, subjects)
    assert [node["kind"] for node in one["flow"]["nodes"]].count("module") == 1
    every = answered({"ask": "subject", "name": "net", "fold": "modules"}, subjects)
    count = [node["kind"] for node in every["flow"]["nodes"]].count("module")
    assert count == len(paths)
    all_but_one = {"ask": "subject", "name": "net", "fold": "modules", "turned": [f"m{paths[0]}"]}
    found = answered(all_but_one, subjects)
    assert [node["kind"] for node in found["flow"]["nodes"]].count("module") == count - 1
    box = next(node for node in one["flow"]["nodes"] if node["kind"] == "module")
    assert one["turns"][str(box["id"])] == [{"key": f"m{paths[0]}", "does": f"Unfold {paths[0]}"}]
    reach = {"ask": "reach", "name": "net", "turned": [f"m{paths[0]}"], "node": box["name"],
             "entry": [1, 0]}  # fmt: skip
    assert answered(reach, subjects)["card"] == "reach"


def test_a_module_that_is_called_twice_has_two_names():
    shared = cr.nn.Linear(2, 2, seed=0)
    model = cr.nn.Sequential(shared, cr.nn.ReLU(), shared)

    def graphed(_):
        return graph_given("explore", [model, np.ones((1, 2))])

    subjects = {"net": Subject("net", "", {}, graphed)}
    card = answered({"ask": "subject", "name": "net", "fold": "modules"}, subjects)
    names = [node["name"] for node in card["flow"]["nodes"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("turned", [["o99"], ["o4.7"], ["mnone"], ["x"], [""], ["o"], ["m"]])
def test_keys_of_nothing_turn_nothing(turned):
    whole, card = asked("write", TEXTS["neuron"]), asked("write", TEXTS["neuron"], turned=turned)
    assert card["flow"] == whole["flow"]


@pytest.mark.parametrize("turned", [["o1"] * 500, [3], "o1", {}, ["o" * 1000], None])
def test_what_is_no_list_of_keys_is_an_error(turned):
    assert asked("write", TEXTS["neuron"], turned=turned)["card"] == "error"


def test_a_graph_that_was_shown_is_not_made_again():
    runs = []

    def graphed(_):
        runs.append(1)
        return graph_given("explore", [lambda x: cr.tanh(x).sum(), np.ones(3)])

    subjects = {"it": Subject("it", "", {}, graphed)}
    graphs = Graphs(subjects)
    question = {"name": "it", "values": {}, "fold": "ops", "turned": []}
    card = answered({"ask": "subject", **question}, subjects, graphs)
    name = card["flow"]["nodes"][0]["name"]
    for entry in range(3):
        asks = {"ask": "reach", **question, "node": name, "entry": [entry]}
        assert answered(asks, subjects, graphs)["card"] == "reach"
    assert len(runs) == 1
    for k in range(2 * HELD):
        answered({"ask": "write", "text": f"f = x * {k}"}, subjects, graphs)
    assert len(graphs.held) == HELD

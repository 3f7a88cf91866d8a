"""A user's own code on the page: it fails half-way, never ends, prints, or asks Python to end."""

import sys
import threading
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.explorer import own_code
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import function_subject

from .served import client, talk

ROWS, WEIGHTS = np.ones((2, 3)), np.ones((4, 2))


def shown(function):
    subjects = {"it": function_subject(function, "it", "a_file.py")}
    return answered({"ask": "subject", "name": "it"}, subjects)


def ops(card):
    return [node["op"] for node in card["flow"]["nodes"] if node["op"]]


def test_a_shape_error_shows_the_graph_as_far_as_it_goes():
    def loss(x=ROWS, w=WEIGHTS):
        hidden = cr.tanh(x)
        scaled = hidden * 2
        return (scaled @ w).sum()

    card = shown(loss)
    assert card["card"] == "graph"
    assert card["error"]["what"] == "matmul cannot join these tensors: 3 columns meet 4 rows."
    assert "return (scaled @ w).sum()" in card["error"]["do"]
    assert "test_own_code.py, line" in card["error"]["do"]
    assert ops(card) == ["tanh", "multiply"]
    names = {node["name"]: node for node in card["flow"]["nodes"]}
    assert names["w"]["shape"] == [4, 2]
    assert all(node["upstream"] is None for node in names.values())  # no end, no gradient
    assert {each["name"] for each in card["inputs"]} == {"x", "w"}  # they can be set


def test_what_python_raises_shows_what_was_computed_before_it():
    def loss(x=3.0):
        y = [cr.exp(x), {"of": x * 2}]
        return y["no"]

    card = shown(loss)
    assert card["error"]["what"].startswith("TypeError: list indices")
    assert sorted(ops(card)) == ["exp", "multiply"]


def test_a_layer_that_does_not_fit_shows_the_layers_before_it():
    model = cr.nn.Sequential(cr.nn.Linear(3, 5, seed=0), cr.nn.ReLU(), cr.nn.Linear(4, 2, seed=0))

    def loss(x=ROWS):
        return model(x).sum()

    card = shown(loss)
    assert "5" in card["error"]["what"]
    assert "relu" in ops(card)


@pytest.mark.parametrize("code", [None, 0, "gone"])
def test_an_end_of_python_is_an_error(code):
    def loss(x=1.0):
        y = x * x
        sys.exit(code)
        return y

    card = shown(loss)
    assert card["error"]["what"] == "it called sys.exit, which would end the explorer."
    assert ops(card) == ["multiply"]


def test_an_interrupt_inside_is_an_error():
    def loss(x=1.0):
        raise KeyboardInterrupt

    assert shown(loss)["error"]["what"].startswith("KeyboardInterrupt")


def test_what_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(own_code, "SECONDS", 0.2)

    def loss(x=1.0):
        y = cr.exp(x)
        while True:
            try:
                while True:
                    pass
            except Exception:
                y = y + 1

    before = threading.active_count()
    card = shown(loss)
    assert "takes longer than 0.2 seconds" in card["error"]["what"]
    assert ops(card) == ["exp"]
    assert threading.active_count() == before


def test_what_makes_nodes_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(own_code, "MOST_NODES", 2_000)

    def loss(x=1.0):
        while True:
            x = x + 1

    assert "makes more than 2,000 nodes" in shown(loss)["error"]["what"]


def test_a_farewell_that_python_swallows_is_said_to_nobody_and_said_again(monkeypatch):
    monkeypatch.setattr(own_code, "SECONDS", 0.1)
    said, swallowed = [], []
    monkeypatch.setattr(sys, "unraisablehook", said.append)

    class Held:
        def __del__(self):
            try:
                while True:
                    time.sleep(0.001)
            except own_code.Stopped:
                swallowed.append(True)
                raise

    class Fails:
        def __del__(self):
            raise ValueError("of somebody else")

    def loss(x=1.0):
        Held()
        while True:
            x = x + 1
            Fails()

    assert "takes longer than 0.1 seconds" in shown(loss)["error"]["what"]
    assert swallowed
    assert {each.exc_type for each in said} <= {ValueError}


def test_what_cannot_be_stopped_is_left_alone_and_not_begun_again(monkeypatch):
    monkeypatch.setattr(own_code, "SECONDS", 0.1)
    monkeypatch.setattr(own_code, "FAREWELLS", 1)
    free = threading.Event()

    def loss(x=1.0):
        free.wait(30)  # inside of compiled code: no instruction of Python comes
        return x * x

    subjects = {"it": function_subject(loss, "it", "")}
    begun = time.monotonic()
    cards = [answered({"ask": "subject", "name": "it"}, subjects) for _ in range(3)]
    assert time.monotonic() - begun < 20  # it is not waited for
    assert "takes longer" in cards[0]["error"]["what"]
    assert "has not come to an end" in cards[-1]["error"]["what"]
    free.set()
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(0.5)
    card = answered({"ask": "subject", "name": "it"}, subjects)
    assert card["error"] is None


def test_prints_go_to_the_page_and_not_where_the_address_is_printed(capsys):
    def loss(x=2.0):
        for _ in range(10_000):
            sys.stdout.write("a line <b>\n")
        return x * x

    before = sys.stdout
    card = shown(loss)
    assert sys.stdout is before
    (note,) = card["flow"]["notes"]
    assert note.startswith("It printed: a line <b>")
    assert len(note) <= own_code.LONGEST_PRINT + 20
    assert capsys.readouterr().out == ""


def test_the_socket_lives_on():
    def ends(x=1.0):
        sys.exit(0)

    def endless(x=1.0):
        return endless(x)

    subjects = [function_subject(each, each.__name__, "") for each in (ends, endless)]
    with talk(client(subjects=subjects)) as page:
        for name in ("ends", "endless"):
            page.send_json({"ask": "subject", "name": name})
            assert page.receive_json()["error"]["what"]
        page.send_json({"ask": "write", "text": "f = x * y"})
        assert page.receive_json()["flow"] is not None

"""The socket: cards for questions, limits, and the newest question first."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from numpy.testing import assert_allclose
from starlette.websockets import WebSocketDisconnect

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.explorer import talking
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.mailbox import Mailbox
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import function_subject
from chainrule.explorer.talking import ANSWERS, LARGEST_QUESTION, QUESTIONS_AT_ONCE, SOCKETS
from chainrule.inspection import flow, schema

from .served import client, talk

WEIGHTS = np.array([1.0, 2.0])
HOSTILE = "<img src=x onerror=alert(1)>\"'&</script>\u202e\x00"


def ask(page, **question):
    page.send_text(json.dumps(question))
    return page.receive_json()


def gradient(card, name):
    (node,) = [node for node in card["flow"]["nodes"] if node["name"] == name]
    return node["upstream"]["numbers"]


def test_a_card_is_the_flow_of_the_engine():
    text = "x = [1, -2, 3]\nw = [0.5, 2, -1]\nf = sum(relu(x * w))\n"
    card = answered({"ask": "write", "text": text}, {})

    def function(x, w):
        return cr.relu(x * w).sum()

    wanted = flow(function, np.array([1.0, -2, 3]), np.array([0.5, 2, -1])).to_dict()
    for mine, its in zip(card["flow"]["nodes"], wanted["nodes"], strict=True):
        assert mine["value"] == its["value"]
        assert mine["upstream"] == its["upstream"]
        assert mine["inputs"] == its["inputs"]
    assert card["flow"].keys() == wanted.keys() == schema()["properties"].keys()


NUMBERS = {
    "circuit": {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1},
    "neuron": {"w0": -0.1966, "x0": 0.3932, "w1": -0.3932, "x1": -0.5898, "w2": 0.1966},
    "neuron-gates": {"w0": -0.1966, "x0": 0.3932, "w1": -0.3932, "x1": -0.5898, "w2": 0.1966},
    "add": {"x": 2, "y": 2},
    "multiply": {"x": 15, "y": 10},
    "copy": {"x": 6},
    "max": {"x": 0, "y": 9},
    "relu": {"x": [4, 0, 5, 0]},
    "matmul": {
        "X": [[0, 16, -9], [-24, 9, -30]],
        "W": [[28, 3, -18, 0], [-30, 7, 13, 33], [-22, -7, 17, -15]],
    },
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.key)
def test_the_examples_have_the_lectures_numbers(example):
    card = answered({"ask": "write", "text": example.text, "fold": example.fold}, {})
    assert card["error"] is None
    for name, number in NUMBERS.get(example.key, {}).items():
        assert_allclose(gradient(card, name), number, atol=1e-4)


def test_the_neuron_is_shown_as_gates_and_as_one():
    text = next(each.text for each in EXAMPLES if each.key == "neuron")
    ops = {}
    for fold in ("ops", "gates"):
        card = answered({"ask": "write", "text": text, "fold": fold}, {})
        assert card["folds"] == ["ops", "gates"]
        ops[fold] = [node["op"] for node in card["flow"]["nodes"] if node["op"]]
    assert ops["ops"][-1] == "sigmoid"
    assert ops["gates"][-4:] == ["negative", "exp", "add", "divide"]


def test_questions_are_answered_over_the_socket_with_their_number():
    with talk(client()) as page:
        assert ask(page, id=7, ask="start")["id"] == 7
        card = ask(page, id=8, ask="write", text="f = x * y", set={"name": "x", "value": 5})
        assert (card["id"], card["text"]) == (8, "x = 5\nf = x * y")
        assert gradient(card, "y") == 5


@pytest.mark.parametrize(
    "question",
    ["null", "[]", "3", '"start"', "{}", '{"ask": 1}', '{"ask": "write"}', "{", "", "NaN",
     '{"ask": "write", "text": 3}', '{"ask": "write", "text": "x", "fold": []}',
     '{"ask": "subject", "name": []}', '{"ask": "subject", "name": "x"}', "[" * 50_000,
     '{"ask": "write", "text": "x = 1", "set": 3}'],
)  # fmt: skip
def test_what_is_no_question_is_answered_with_an_error(question):
    with talk(client()) as page:
        page.send_text(question)
        card = page.receive_json()
        assert card["card"] == "error"
        assert card["error"]["what"]
        assert ask(page, ask="start")["card"] == "start"


def test_an_error_of_python_is_a_card():
    def broken(x=1.0):
        raise ZeroDivisionError(HOSTILE)

    def hostile(x=1.0):
        return cr.tensor(x, HOSTILE) * 2

    subjects = [
        function_subject(broken, "broken", ""),
        function_subject(hostile, HOSTILE, HOSTILE),
    ]
    with talk(client(subjects=subjects)) as page:
        card = ask(page, ask="subject", name="broken")
        assert card["error"]["what"] == f"ZeroDivisionError: {HOSTILE}"
        card = ask(page, ask="subject", name=HOSTILE)
        assert card["flow"]["nodes"]
        page.send_text(json.dumps({"ask": "start"}))
        raw = page.receive_text()
        assert raw.isascii()
        assert HOSTILE in [each["name"] for each in json.loads(raw)["subjects"]]


def test_an_input_of_a_function_is_set_for_one_question_alone():
    def loss(w=WEIGHTS, x=3.0, rows=2):
        return (w * x).sum() * rows

    subjects = {"loss": function_subject(loss, "loss", "file.py")}
    asked = {"ask": "subject", "name": "loss", "values": {"x": 5.0}}
    before = answered({"ask": "subject", "name": "loss"}, subjects)
    assert gradient(before, "w") == [6, 6]
    assert gradient(answered(asked, subjects), "w") == [10, 10]
    assert answered({"ask": "subject", "name": "loss"}, subjects) == before
    for wrong in ({"x": [1, 2]}, {"rows": 3}, {"x": "a"}, {"w": [[1], [2, 3]]}):
        assert answered({**asked, "values": wrong}, subjects)["card"] == "error"


def test_a_function_whose_arguments_have_no_values_is_refused():
    with pytest.raises(ArgumentError, match=r"w=np\.array"):
        function_subject(lambda w: w, "loss", "")


def ended_with(page):
    """The code with which the server ends a talk, after what it still says."""
    while (message := page.receive())["type"] != "websocket.close":
        pass
    return message["code"]


def test_a_question_that_is_too_long_ends_the_talk():
    with talk(client()) as page:
        page.send_text("x" * (LARGEST_QUESTION + 1))
        assert ended_with(page) == 1009


def test_bytes_end_the_talk():
    with talk(client()) as page:
        page.send_bytes(b"{}")
        assert ended_with(page) == 1003


def test_a_flood_of_questions_ends_the_talk_and_others_are_answered(monkeypatch):
    monkeypatch.setattr(talking, "WINDOW", 600.0)  # however slowly a busy machine sends them
    site = client()
    with talk(site) as flood:
        for _ in range(2 * QUESTIONS_AT_ONCE):
            flood.send_text('{"ask": "start"}')
        assert ended_with(flood) == 1008
    with talk(site) as page:
        assert ask(page, ask="start")["card"] == "start"


def test_sockets_are_few():
    site = client()
    held = [talk(site) for _ in range(SOCKETS)]
    for each in held:
        each.__enter__()
    with pytest.raises(WebSocketDisconnect), talk(site):
        pass
    held.pop().__exit__(None, None, None)
    with talk(site) as page:
        assert ask(page, ask="start")["card"] == "start"
    for each in held:
        each.__exit__(None, None, None)


def in_a_thread(run):
    """Run a coroutine where no loop runs: a browser of other tests has one in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def test_a_mailbox_keeps_the_newest_and_never_waits_for_its_reader():
    async def run():
        box = Mailbox(room=3)

        def train():
            for step in range(10_000):
                box.put(step)

        begun = time.perf_counter()
        thread = threading.Thread(target=train)  # nobody reads meanwhile
        thread.start()
        thread.join()
        assert len(box) == 3
        box.close()
        assert [await box.take() for _ in range(4)] == [9_997, 9_998, 9_999, None]
        return time.perf_counter() - begun

    in_a_thread(run)


def test_a_mailbox_whose_page_has_gone_takes_letters_still():
    async def made():
        return Mailbox(room=2)

    box = in_a_thread(made)
    box.put(1)
    box.put(2)
    box.put(3)
    assert len(box) == 2


def test_pages_that_ask_and_leave_cannot_pile_up_work():
    goes_on, begun = threading.Event(), []

    def slow(x=1.0):
        begun.append(x)
        goes_on.wait(20)
        return cr.tanh(x)

    site = client(subjects=[function_subject(slow, "slow", "")])
    try:
        for count in range(1, ANSWERS + 1):
            with talk(site) as page:
                page.send_text(json.dumps({"ask": "subject", "name": "slow"}))
                until = time.monotonic() + 20
                while len(begun) < count and time.monotonic() < until:
                    time.sleep(0.005)
        assert len(begun) == ANSWERS
        with pytest.raises(WebSocketDisconnect), talk(site) as page:
            page.receive_json()
    finally:
        goes_on.set()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with suppress(WebSocketDisconnect), talk(site) as page:
            assert ask(page, ask="start", id=1)["id"] == 1
            return
        time.sleep(0.05)
    pytest.fail("the site answers nobody any more")

"""cr.show(..., page=True): what it takes, prints and returns, and what it leaves alone."""

import builtins
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import webbrowser
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, MissingLibraryError
from chainrule.explorer import showing
from chainrule.explorer.questions import answered
from chainrule.explorer.stilled import stilled
from chainrule.explorer.subjects import shown_subject
from chainrule.inspection.given_graph import graph_given

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32,}#view=graph&subject=(.+)")
PATIENCE = 30


@pytest.fixture(autouse=True)
def as_built(monkeypatch):
    """Nothing here looks into the page itself, nor opens a browser."""
    monkeypatch.setattr(showing, "is_built", lambda: True)
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail(f"opened {address}"))
    monkeypatch.setenv("CI", "true")


def loss_of_a_net():
    w = cr.parameter(np.array([[0.5, -1.0], [2.0, 0.25]]), name="w")
    loss = cr.tanh(w * 3.0).sum()
    loss.name = "loss"
    return w, loss


def status(page):
    try:
        with urllib.request.urlopen(page.address.partition("#")[0], timeout=PATIENCE) as found:
            return found.status
    except urllib.error.URLError:
        return None


def asked(subject, fold="ops", values=None):
    question = {"ask": "subject", "name": subject.name, "fold": fold, "values": values or {}}
    return answered({**question, "id": 7}, {subject.name: subject})


def values_of(card, name):
    (node,) = [node for node in card["flow"]["nodes"] if node["name"] == name]
    return node["value"]["numbers"], (node["upstream"] or {}).get("numbers")


def test_only_the_address_is_printed_and_the_page_ends_when_it_is_closed(capsys):
    _, loss = loss_of_a_net()
    page = cr.show(loss, page=True)
    out, err = capsys.readouterr()
    assert out == f"{page.address}\n"
    assert err == ""
    assert ADDRESS.fullmatch(page.address)[1] == "loss"
    assert status(page) == 200
    assert page.address in repr(page)
    page.close()
    page.close()
    page.wait()
    assert status(page) is None
    assert "closed" in repr(page)


def test_it_is_opened_where_somebody_sees_it(monkeypatch, capsys):
    _, loss = loss_of_a_net()
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with cr.show(loss, page=True, browser=True) as page:
        assert opened == [page.address]
    with cr.show(loss, page=True):  # continuous integration
        pass
    monkeypatch.delenv("CI")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("BROWSER", raising=False)
    with cr.show(loss, page=True):
        pass
    monkeypatch.setenv("DISPLAY", ":0")
    with cr.show(loss, page=True, browser=False):
        pass
    monkeypatch.setattr(
        builtins, "get_ipython", lambda: SimpleNamespace(kernel=None), raising=False
    )
    with cr.show(loss, page=True):  # a notebook
        pass
    assert len(opened) == 1
    monkeypatch.delattr(builtins, "get_ipython")
    with cr.show(loss, page=True) as page:
        assert opened[1:] == [page.address]


def test_the_numbers_are_those_of_the_moment_whatever_becomes_of_the_weights():
    w = cr.parameter(np.array([[0.5, -1.0], [2.0, 0.25]]), name="w")
    loss = cr.sigmoid(w * 3.0).sum()
    subject = shown_subject([loss])
    before = np.array(w.data)
    w.data = np.zeros((2, 2))
    for fold in ("ops", "gates"):
        card = asked(subject, fold)
        assert card["error"] is None
        value, gradient = values_of(card, "w")
        assert value == before.tolist()
        slope = np.exp(-3 * before) / (1 + np.exp(-3 * before)) ** 2
        np.testing.assert_allclose(gradient, 3 * slope, rtol=1e-12)


def every_question(card):
    """What a page can ask of a graph, of each of its nodes."""
    graph = {"ask": "subject", "name": "MLP", "fold": "ops", "values": {}}
    yield graph
    yield {"ask": "keep", "of": graph}
    yield from ({**graph, "turned": [key]} for key in card["turns"])
    for node in card["flow"]["nodes"]:
        about, entry = {**graph, "node": node["name"]}, [0] * len(node["shape"])
        yield {**about, "ask": "entries"}
        yield {**about, "ask": "why"}
        yield {**about, "ask": "why", "index": entry}
        yield {**about, "ask": "reach", "entry": entry}
        for place in range(len(node["inputs"])):
            yield {**about, "ask": "jacobian", "input": place}


def test_whatever_is_asked_later_is_of_the_same_moment():
    model = nn.MLP([2, 3, 2], "sigmoid", seed=0)
    x, y = np.arange(8.0).reshape(4, 2).astype("f"), np.array([0, 1, 0, 1])

    def loss(scores, labels):
        kept = cr.stop_gradient(model.layers[0].weight).sum()
        return cr.softmax_cross_entropy(scores, labels) + kept

    subject = shown_subject([model, (x, y)], loss)
    questions = list(every_question(asked(subject)))
    before = [answered(question, {"MLP": subject}) for question in questions]
    for parameter in model.parameters().values():
        parameter.data = 3.0 * parameter.data + 1.0
    for question, card in zip(questions, before, strict=True):
        assert answered(question, {"MLP": subject}) == card, question


def test_a_parameter_that_a_stop_hides_is_told_as_before():
    w = cr.parameter(np.array([1.0, 2.0]), name="w")
    loss = (cr.stop_gradient(w * 2.0) * 3.0).sum()
    held = stilled(graph_given("cr.show", [loss, w.sum()]))
    (copy,) = [node for node in held.graph.nodes if node.label == "w"]
    assert copy is not w
    told, also = cr.why(loss, w).to_dict(), cr.why(held.ends[0], copy).to_dict()
    assert told["cause"] == "stopped"
    assert told == also


def test_a_function_is_shown_with_its_floats_to_be_set():
    def f(x, y, times=2):
        return x * y * times

    subject = shown_subject([f, 3.0, np.array([1.0, -4.0]), 5])
    assert subject.name == "f"
    assert set(subject.inputs) == {"x", "y"}
    assert values_of(asked(subject), "x")[0] == 3
    value, gradient = values_of(asked(subject, values={"x": 2}), "y")
    assert value == [1, -4]
    card = asked(subject, values={"x": [1, 2]})
    assert card["card"] == "error"
    assert gradient is None or gradient  # several results: nothing starts by itself


def test_a_model_is_shown_with_a_batch_and_its_loss():
    net = nn.MLP([3, 4, 2], activation="relu")
    x, y = np.ones((5, 3), np.float32), np.array([0, 1, 0, 1, 1])
    subject = shown_subject([net, (x, y)], cr.softmax_cross_entropy)
    card = asked(subject, "modules")
    assert "modules" in card["folds"]
    assert "softmax_cross_entropy" in [node["op"] for node in card["flow"]["nodes"]]


def test_what_has_no_graph_is_told_as_ever():
    for given in ([], [3.0], [nn.MLP([2, 2])], [cr.grad]):
        with pytest.raises(ArgumentError, match=r"graph|batch|arguments"):
            cr.show(*given, page=True)
    _, loss = loss_of_a_net()
    for wrong in ("graph.png", "graph", 3, None):
        with pytest.raises(ArgumentError, match="page= takes True"):
            cr.show(loss, page=wrong)
    with pytest.raises(ArgumentError, match="browser= belongs to page=True"):
        cr.show(loss, browser=False)


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    _, loss = loss_of_a_net()
    monkeypatch.setitem(sys.modules, "chainrule.explorer.live_page", None)
    error = ModuleNotFoundError("no uvicorn", name="uvicorn")
    monkeypatch.setattr(builtins, "__import__", raising("chainrule.explorer.live_page", error))
    with pytest.raises(MissingLibraryError, match="needs uvicorn"):
        cr.show(loss, page=True)
    monkeypatch.undo()
    monkeypatch.setattr(showing, "is_built", lambda: False)
    for page in (True, tmp_path / "graph.html"):
        with pytest.raises(MissingLibraryError, match="scripts/build_page"):
            cr.show(loss, page=page)
    assert list(tmp_path.iterdir()) == []
    assert "tanh" in cr.show(loss)


def raising(name, error):
    real = builtins.__import__

    def looked_up(wanted, *more, **keywords):
        if wanted == name:
            raise error
        return real(wanted, *more, **keywords)

    return looked_up


def test_it_is_shown_from_a_thread_and_inside_no_grad():
    _, loss = loss_of_a_net()
    found = []

    def run():
        with cr.no_grad():
            found.append(cr.show(loss, page=True))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    with found[0] as page:
        assert status(page) == 200


SCRIPT = """
import chainrule as cr
from chainrule.explorer import showing
showing.is_built = lambda: True
x = cr.tensor(2.0, name="x")
page = cr.show(x * x, page=True)
{end}
"""


def run(end, **more):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(end=end)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **more,
    )


def test_a_script_that_ends_ends_the_page_at_once():
    ended = run("")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ADDRESS.fullmatch(ended.stdout.strip())


def test_a_script_that_waits_is_ended_by_ctrl_c():
    code = "import os, signal, threading\n"
    code += "threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()\n"
    ended = run(code + "page.wait()\nprint('done')")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("\ndone\n")


FORKED = """
import os, urllib.request
address = page.address.partition("#")[0]
urllib.request.urlopen(address).read()
child = os.fork()
if child == 0:
    page.close()  # not its own
    with cr.show(x * 3, page=True) as other:
        status = urllib.request.urlopen(other.address.partition("#")[0]).status
    os._exit(status != 200)
_, code = os.waitpid(child, 0)
print(code, urllib.request.urlopen(address).status)
page.close()
try:
    urllib.request.urlopen(address)
except OSError:
    print("closed")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system knows no fork")
def test_a_fork_leaves_the_page_to_its_parent():
    ended = run(FORKED)
    assert ended.stdout.splitlines()[2:] == ["0 200", "closed"], ended.stderr

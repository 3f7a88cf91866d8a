"""`chainrule explore`: one line with the address, and what is said where there is no page."""

import re
import signal
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli import explore_job
from chainrule.cli.run_subject import spread
from chainrule.errors import MissingDataError
from chainrule.explorer.questions import answered
from tests.explorer.served import wants_page

FUNCTION = """
import numpy as np


def loss(w=np.array([1.0, 2.0]), x=3.0):
    return (w * x).sum()


number = 3


def open_one(w):
    return w
"""


def test_without_the_built_page_one_sentence_says_how_to_build_it(chainrule, monkeypatch):
    monkeypatch.setattr(explore_job, "is_built", lambda: False)
    ended = chainrule("explore", "--no-browser")
    assert ended.code == 1
    assert ended.out == ""
    assert "scripts/build_page" in ended.err
    assert len(ended.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{file}"], "names no function"),
        (["{file}:nobody"], "nobody"),
        (["{file}:open_one"], "def open_one(w="),
        (["{file}:number"], "number is no function"),
        (["nowhere.py:loss"], "there is no file"),
        (["nowhere.py:loss"], "file.py:loss"),
        (["{file}"], "{file}:loss, {file}:open_one\n"),
        (["{file}:"], "{file}: ends in a colon, and names no function"),
        (["{file}:Net.loss"], "Net.loss stands inside Net"),
        (["{file}:loss(2)"], "'loss(2)' is no name of a function"),
        (["{file}:Net.loss"], "{file}:loss, {file}:open_one\n"),
        (["nowhere.py:"], "there is no file nowhere.py."),
        (["{file}:los"], "did you mean 'loss'"),
        (["--port", "99999"], "port 99999 cannot be used"),
    ],
)
def test_what_cannot_be_explored_is_told(chainrule, monkeypatch, tmp_path, words, said):
    monkeypatch.setattr(explore_job, "is_built", lambda: True)
    file = tmp_path / "mine.py"
    file.write_text(FUNCTION, encoding="utf-8")
    ended = chainrule("explore", "--no-browser", *(word.format(file=file) for word in words))
    assert ended.code == 2
    assert said.format(file=file) in ended.err
    assert ended.out == ""


def test_what_a_file_prints_or_ends_is_no_answer(chainrule, monkeypatch, tmp_path):
    monkeypatch.setattr(explore_job, "is_built", lambda: True)
    file = tmp_path / "mine.py"
    file.write_text("import sys\nprint('heard')\nsys.exit(0)\n", encoding="utf-8")
    ended = chainrule("explore", "--no-browser", f"{file}:loss")
    assert (ended.code, ended.out) == (2, "")
    assert "heard" in ended.err
    assert "SystemExit: 0" in ended.err


@pytest.mark.parametrize("takes", ["w, x", "w, x, /", "w, /, x", "w, *, x", "*, w, x", "*, x, w"])
def test_arguments_may_go_by_their_place_or_by_their_name(tmp_path, takes):
    file = tmp_path / "mine.py"
    takes = takes.replace("w", "w=2.0").replace("x", "x=3.0").replace("*, x", "*rest, times=1, x")
    rest = "" if takes.endswith("/") else ", **more"
    file.write_text(f"def loss({takes}{rest}): return w - x\n", encoding="utf-8")
    subject, nodes, _ = shown(f"{file}:loss", w=5.0)
    assert set(subject.inputs) == {"w", "x"}
    (end,) = [node for node in nodes.values() if node["is_end"]]
    assert end["value"]["numbers"] == 2.0
    assert (nodes["w"]["upstream"]["numbers"], nodes["x"]["upstream"]["numbers"]) == (1.0, -1.0)


def shown(place, rows="", fold="ops", **values):
    """The card of what a command would show."""
    subject = explore_job._subject(place, rows)
    asked = {"ask": "subject", "name": subject.name, "fold": fold, "values": values}
    card = answered(asked, {subject.name: subject})
    assert card["card"] == "graph", card
    return subject, {node["name"]: node for node in card["flow"]["nodes"]}, card


def test_the_net_of_a_run_is_shown_with_its_loss_and_folds_into_its_layers(chainrule, tmp_path):
    run = tmp_path / "iris"
    ended = chainrule("train", "iris", "--hidden", "5", "--epochs", "1", "--out", str(run))
    assert ended.code == 0, ended.err
    subject, nodes, card = shown(str(run))
    assert (subject.name, subject.says) == ("iris", "a run, on rows 1, 2, 51 and 101 of iris")
    assert card["error"] is None
    assert nodes["layers.0.weight"]["upstream"]["shape"] == [4, 5]
    _, folded, _ = shown(str(run), fold="modules")
    ops = [node["op"] for node in folded.values() if node["op"]]
    assert ops == ["Linear(4, 5)", "ReLU()", "Linear(5, 3)", "softmax_cross_entropy"]
    with pytest.raises(MissingDataError):
        explore_job._subject(str(tmp_path))


def test_the_rows_of_a_run_can_be_changed(chainrule, tmp_path):
    assert chainrule("train", "iris", "--hidden", "5", "--epochs", "1").code == 0
    subject, nodes, card = shown("runs/iris")
    assert [each["name"] for each in card["inputs"]] == ["x"]
    assert nodes["x"]["upstream"]["shape"] == [4, 4]
    before = nodes["loss"]["value"]["numbers"]
    _, after, _ = shown("runs/iris", x=(subject.inputs["x"] + 1).tolist())
    assert after["loss"]["value"]["numbers"] != before


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 10])
def test_the_rows_of_a_run_are_spread_over_its_classes(classes):
    y = np.repeat(np.arange(classes), 50)
    chosen = spread(y)
    assert len(chosen) == len(set(chosen.tolist())) == 4
    assert len(set(y[chosen].tolist())) == min(classes, 4)
    if classes >= 2:
        assert {0, classes - 1} <= set(y[chosen].tolist())


def test_the_rows_of_a_run_are_spread_over_its_numbers():
    y = np.random.default_rng(0).permutation(31.0 * np.arange(31))
    assert sorted(y[spread(y)]) == [0.0, 310.0, 620.0, 930.0]
    assert spread(y[:, None]).tolist() == spread(y).tolist()
    assert spread(y[:2]).tolist() == [0, 1]
    assert spread(np.array([7, 7, 7])).tolist() == [0, 1, 2]
    assert spread(np.array([3, 7, 7])).tolist() == [0, 1, 2]


KINDS = {
    "numbers": ["diabetes", "--hidden", "4"],
    "linear": ["wine", "--hidden", "0"],
    "normalized": ["moons", "--hidden", "4", "--normalization", "batch", "--dropout", "0.2"],
    "layers": ["moons", "--hidden", "4", "4", "--normalization", "layer", "--loss", "hinge"],
    "quantile": ["diabetes", "--hidden", "4", "--loss", "quantile", "--activation", "gelu"],
    "a table": ["people.csv", "--target", "Survived", "--drop", "Name", "--hidden", "4"],
    "a table of numbers": ["houses.csv", "--target", "price", "--hidden", "4"],
    "a stream": ["people.csv", "--target", "Survived", "--hidden", "4", "--stream"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_net_of_every_kind_is_shown_with_its_gradients(chainrule, tables, kind):
    ended = chainrule("train", *KINDS[kind], "--epochs", "1", "--out", "run")
    assert ended.code == 0, ended.err
    _, nodes, card = shown("run")
    assert card["error"] is None
    assert nodes["x"]["shape"][0] == 4
    assert nodes["loss"]["shape"] == []
    weights = [node for name, node in nodes.items() if name.endswith("weight")]
    assert all(node["upstream"] is not None for node in weights)


@pytest.mark.parametrize("run", ["people", "houses"])
def test_of_a_run_of_estimators_the_first_net_is_shown(chainrule, survived, priced, run):
    subject, nodes, _ = shown(f"runs/{run}")
    said = rf"the first of 1 net, on lines \d+, \d+, \d+ and \d+ of {run}\.csv"
    assert re.fullmatch(said, subject.says)
    assert nodes["loss"]["op"] == ("softmax_cross_entropy" if run == "people" else "squared_error")
    assert nodes["loss"]["upstream"]["numbers"] == 1
    assert any(node["kind"] == "parameter" and node["upstream"] for node in nodes.values())
    again, same, _ = shown(f"runs/{run}/model.npz")
    assert again.name == subject.name
    assert same["loss"]["value"] == nodes["loss"]["value"]


def test_a_run_is_shown_on_other_rows(chainrule, survived):
    lines = Path("people.csv").read_text(encoding="utf-8").splitlines()
    Path("two.csv").write_text("\n".join([lines[0], *lines[8:10]]), encoding="utf-8")
    subject, nodes, _ = shown("runs/people", "two.csv")
    assert subject.says == "the first of 1 net, on lines 2 and 3 of two.csv"
    assert nodes["x"]["shape"][0] == 2
    without = [line.rpartition(";")[0] for line in (lines[0], *lines[8:10])]
    Path("two.csv").write_text("\n".join(without), encoding="utf-8")
    _, nodes, _ = shown("runs/people", "two.csv")
    assert "loss" not in nodes


@wants_page
def test_a_graph_is_written_as_one_file_and_nothing_is_overwritten(chainrule, survived):
    Path("mine.py").write_text(FUNCTION, encoding="utf-8")
    for place in ("mine.py:loss", "runs/people"):
        out = f"{Path(place).name.partition(':')[2] or 'people'}.html"
        ended = chainrule("explore", place, "--out", out)
        assert (ended.code, ended.err) == (0, "")
        assert out in ended.out
        text = Path(out).read_text(encoding="utf-8")
        assert '"card": "graph"' in text
    ended = chainrule("explore", "mine.py:loss", "--out", "loss.html")
    assert ended.code == 2
    assert "--overwrite" in ended.err
    assert chainrule("explore", "mine.py:loss", "--out", "loss.html", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "graph.html"], "none was named"),
        (["mine.py:loss", "--out", "graph.svg"], "Name it graph.html"),
        (["mine.py:loss", "rows.csv"], "rows.csv is for a run"),
        (["runs/nothing"], "there is no run runs/nothing"),
    ],
)
def test_what_cannot_be_kept_is_told(chainrule, monkeypatch, words, said):
    monkeypatch.setattr(explore_job, "is_built", lambda: True)
    Path("mine.py").write_text(FUNCTION, encoding="utf-8")
    ended = chainrule("explore", "--no-browser", *words)
    assert ended.code == 2
    assert said in ended.err
    assert not Path("graph.html").exists()


@wants_page
def test_one_line_is_printed_which_is_the_address_and_ctrl_c_ends_it(started, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FUNCTION, encoding="utf-8")
    process = started("explore", f"{file}:loss", "--no-browser")
    line = process.stdout.readline()
    address = re.fullmatch(
        r"(http://127\.0\.0\.1:\d+/\?token=[\w-]{32,})#view=graph&subject=loss\n", line
    )
    assert address, line
    with urllib.request.urlopen(address[1], timeout=20) as page:
        assert page.status == 200
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")

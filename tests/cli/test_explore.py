"""`chainrule explore`: one line with the address, and what is said where there is no page."""

import re
import signal
import urllib.request

import pytest

from chainrule.cli import explore_job
from chainrule.errors import MissingDataError
from chainrule.explorer.page_files import is_built
from chainrule.explorer.questions import answered

FUNCTION = """
import numpy as np


def loss(w=np.array([1.0, 2.0]), x=3.0):
    return (w * x).sum()


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
        (["nowhere.py:loss"], "there is no file"),
        (["--port", "99999"], "port 99999 cannot be used"),
    ],
)
def test_what_cannot_be_explored_is_told(chainrule, monkeypatch, tmp_path, words, said):
    monkeypatch.setattr(explore_job, "is_built", lambda: True)
    file = tmp_path / "mine.py"
    file.write_text(FUNCTION, encoding="utf-8")
    ended = chainrule("explore", "--no-browser", *(word.format(file=file) for word in words))
    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_the_net_of_a_run_is_shown_with_its_loss_and_folds_into_its_layers(chainrule, tmp_path):
    run = tmp_path / "iris"
    ended = chainrule("train", "iris", "--hidden", "5", "--epochs", "1", "--out", str(run))
    assert ended.code == 0, ended.err
    subject = explore_job._subject(str(run))
    asked = {"ask": "subject", "name": "iris"}
    card = answered(asked, {"iris": subject})
    assert card["error"] is None
    (weight,) = [n for n in card["flow"]["nodes"] if n["name"] == "layers.0.weight"]
    assert weight["upstream"]["shape"] == [4, 5]
    folded = answered({**asked, "fold": "modules"}, {"iris": subject})
    ops = [node["op"] for node in folded["flow"]["nodes"] if node["op"]]
    assert ops == ["Linear(4, 5)", "ReLU()", "Linear(5, 3)", "softmax_cross_entropy"]
    with pytest.raises(MissingDataError):
        explore_job._subject(str(tmp_path))


@pytest.mark.skipif(not is_built(), reason="the page is not built: run scripts/build_page")
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

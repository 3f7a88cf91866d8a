"""The command as a program: help, version, terminal or not, Ctrl-C, missing libraries."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from chainrule.train.saving import load_model
from tests.thorough import parametrize

from .conftest import COMMAND, command, first_epoch


def test_the_version_is_that_of_the_package(chainrule):
    ended = chainrule("--version")
    assert (ended.code, ended.out) == (0, version("chainrule") + "\n")


def test_help_names_the_commands(chainrule):
    for words in ((), ("--help",), ("-h",)):
        ended = chainrule(*words)
        assert ended.code == 0
        assert "Usage: chainrule COMMAND" in ended.out
        assert re.search(r"train +Train a fully connected net", ended.out)
        assert re.search(r"predict +Predict rows with a trained net", ended.out)
        assert "Start with: chainrule train digits" in ended.out


def test_help_of_train_tells_every_option_its_default_and_its_unit(chainrule):
    ended = chainrule("train", "--help")
    said = " ".join(ended.out.replace("│", " ").split())
    assert ended.code == 0
    for words in (
        "--hidden INT... Hidden units.",
        "[default: 64]",
        "--activation STR relu, leaky_relu,",
        "--optimizer STR adam,",
        "--learning-rate FLOAT Size of the steps at the start. Default: 0.003 for adam",
        "(lambda/2) * sum(W**2). [default: 0.001]",
        "--batch-size INT Rows per step. Default: 32; all rows for lbfgs.",
        "--validation FLOAT Share of the rows, after the test part is taken",
        "--out PATH Folder for the results. Default: runs/NAME",
    ):
        assert words in said


def test_every_option_of_predict_is_explained(chainrule):
    said = chainrule("predict", "--help").out
    for option in ("--out", "--rows", "--folder", "--overwrite", "--debug"):
        assert re.search(rf"{option} [A-Z ]*\s*\w+", said)


def test_the_module_and_the_script_are_the_same_command(tmp_path):
    script = Path(sys.executable).with_name("chainrule")
    asked = [[*COMMAND, "--help"], [str(script), "--help"]]
    said = [subprocess.run(words, capture_output=True, check=True).stdout for words in asked]
    assert said[0] == said[1]


@parametrize("library", ("cyclopts", "threadpoolctl", "rich", "tomli_w"), few=2)
def test_a_missing_library_is_told_in_one_line(tmp_path, library):
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from chainrule.cli import main; sys.exit(main(['train', 'moons']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        f'The command line needs {library}, which is not installed: pip install "chainrule[app]"\n'
    )
    assert os.listdir(tmp_path) == []


def on_a_terminal(*words: str, cwd: Path) -> tuple[int, str]:
    """Run the command on a pseudo-terminal; what it draws."""
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=cwd,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"},
    )
    os.close(terminal)
    drawn = b""
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:  # Linux says so when the last writer has left
            break
        if not part:
            break
        drawn += part
    os.close(screen)
    return process.wait(), drawn.decode()


def test_a_terminal_gets_a_bar_with_loss_accuracy_speed_and_time_left(tmp_path):
    code, drawn = on_a_terminal("train", "moons", "--epochs", "40", cwd=tmp_path)
    assert code == 0
    bars = [line for line in re.split(r"[\r\n]+", plain(drawn)) if "━" in line]
    assert len(bars) > 1
    assert re.match(
        r"epoch 40/40 ━+ +loss \d\.\d{4}  accuracy \d\.\d{4}  [\d,]+ rows/s \d\d:\d\d", bars[-1]
    )
    assert "\x1b[" in drawn
    assert "validation loss" not in drawn


def test_an_error_on_a_terminal_is_red(tmp_path):
    code, drawn = on_a_terminal("train", "digts", cwd=tmp_path)
    assert code == 2
    assert drawn.startswith("\x1b[1;31mthere is no data set named 'digts'")


def plain(drawn: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)


def test_a_terminal_without_unicode_is_no_reason_to_stop(tmp_path):
    rows = "".join(f"{i},{i * 1.5}\n" for i in range(60))
    (tmp_path / "t.csv").write_text("größe,preis in €\n" + rows, encoding="utf-8")
    ended = command(
        "train", "t.csv", "--target", "preis in €", "--epochs", "2", cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "preis in \\u20ac" in ended.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_learned(started, tmp_path, number):
    process = started("train", "moons", "--epochs", "1000000", "--patience", "0")
    assert first_epoch(process).startswith("epoch       1/1000000  loss ")
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert re.search(r"trained .* s, interrupted in epoch \d+: what was learned is kept\n", out)
    run = tmp_path / "runs" / "moons"
    files = ["config.toml", "history.csv", "metrics.json", "model.safetensors", "report.html"]
    assert sorted(os.listdir(run)) == files
    config = tomllib.loads((run / "config.toml").read_text())
    assert config["result"]["stopped"] == "interrupted"
    assert config["result"]["test"]["accuracy"] > 0.8
    load_model(run / "model.safetensors")


def test_ctrl_c_before_training_leaves_nothing(chainrule, monkeypatch):
    from chainrule.train import choices as training

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupted)
    ended = chainrule("train", "moons")
    assert ended.code == 130
    assert ended.err == "Interrupted. Nothing more was written.\n"
    assert os.listdir() == []


def test_a_reader_that_leaves_early_is_no_failure_of_ours(tmp_path, digits):
    process = subprocess.Popen(
        [*COMMAND, "predict", str(digits.folder), "digits", "--out", "-", "--rows", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert select.select([process.stdout], [], [], 60)[0]
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said

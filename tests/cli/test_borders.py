"""The command at its borders: a reader that leaves, a full disk, Ctrl-C, two at once."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule.starting import is_command
from tests.thorough import parametrize

from .conftest import COMMAND, WIDE, first_epoch, hears_ctrl_c

FILES = ["config.toml", "history.csv", "metrics.json", "model.safetensors", "report.html"]
ENDLESS = ("--epochs", "1000000", "--patience", "0")


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = line.replace("chainrule", shlex.join(COMMAND), 1)
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words}"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **WIDE},
    )


@parametrize("sink", ("| head -n 2", "2>&1 | head -n 1", "| true"), few=1)
def test_a_reader_that_leaves_does_not_take_the_run_with_it(tmp_path, sink):
    done = shell(f"chainrule train moons --epochs 3 {sink}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr
    assert "Exception" not in done.stderr
    assert sorted(os.listdir(tmp_path / "runs" / "moons")) == FILES


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@parametrize(
    "sink, code, said",
    [
        ("> /dev/full", 1, "Standard output cannot be written: No space left on device.\n"),
        ("2> /dev/full", 0, ""),
        ("> /dev/full 2>&1", 1, ""),
        (">&- 2>&-", 0, ""),
    ],
    few=2,
)
def test_a_full_disk_behind_the_output_does_not_take_the_run_with_it(tmp_path, sink, code, said):
    done = shell(f"chainrule train moons --epochs 1 {sink}", tmp_path)
    assert done.returncode == code
    assert done.stderr.endswith(said)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert sorted(os.listdir(tmp_path / "runs" / "moons")) == FILES


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@parametrize("words", ("--help", "train --help", "--version"), few=1)
def test_help_that_cannot_be_written_is_one_line(tmp_path, words):
    done = shell(f"chainrule {words} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "Standard output cannot be written: No space left on device.\n"


def says_when_python_is_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that a process makes when Python has started and the command begins to load."""
    folder.mkdir()
    said = folder / "up"
    text = f"open({os.fspath(said)!r}, 'w').close()\n"
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    others = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *([others] if others else [])]))
    return said


@parametrize("wait", (0.1, 0.4, 0.8, 0.25, 0.6, 1.0, 1.3), few=3)
def test_ctrl_c_while_the_command_loads_is_one_line(started, tmp_path, monkeypatch, wait):
    where = says_when_python_is_up(tmp_path / "site", monkeypatch)
    process = started("train", "moons", *ENDLESS)
    while not where.exists():  # Python itself is not chainrule's to quieten
        time.sleep(0.001)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in out + err
    if not os.path.exists(tmp_path / "runs"):
        assert err == "Interrupted. Nothing more was written.\n"


def test_only_the_command_itself_listens_while_it_loads():
    assert is_command(["/usr/bin/chainrule", "train"], [])
    assert is_command(["-m"], ["python", "-m", "chainrule", "train"])
    assert is_command(["C:/Scripts/chainrule.exe"], [])
    assert not is_command(["-m"], ["python", "-m", "pytest", "chainrule"])
    assert not is_command(["train.py"], ["python", "train.py", "-m", "chainrule"])
    assert not is_command([], [])


def test_a_library_user_keeps_pythons_ctrl_c():
    code = "import chainrule, signal; print(signal.getsignal(2).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=hears_ctrl_c,
    )
    assert done.stdout == "default_int_handler\n"


def test_two_runs_never_share_a_new_folder(chainrule, started, tmp_path):
    first = started("train", "moons", *ENDLESS, "--out", "mine")
    assert first_epoch(first)
    first.send_signal(signal.SIGSTOP)  # it keeps its folder, and leaves the others a core
    for overwrite in ((), ("--overwrite",)):
        second = chainrule("train", "iris", "--out", "mine", *overwrite)
        assert second.code == 2
        assert second.err == (
            "another command is writing its run into mine.\n"
            "Choose another folder, or wait until it has ended.\n"
        )
    first.send_signal(signal.SIGINT)
    first.send_signal(signal.SIGCONT)
    first.communicate()
    assert sorted(os.listdir(tmp_path / "mine")) == FILES


def test_a_run_that_was_killed_holds_its_folder_no_longer(chainrule, started):
    first = started("train", "moons", *ENDLESS, "--out", "mine")
    assert first_epoch(first)
    first.kill()
    first.communicate()
    assert chainrule("train", "moons", "--epochs", "1", "--out", "mine").code == 0


def test_a_folder_removed_meanwhile_is_made_again(chainrule, monkeypatch):
    from chainrule.train import choices as training

    fit = training.fit

    def fit_and_remove(*args, **keywords):
        history = fit(*args, **keywords)
        os.rmdir("runs/moons")
        return history

    monkeypatch.setattr(training, "fit", fit_and_remove)
    assert chainrule("train", "moons", "--epochs", "1").code == 0
    assert sorted(os.listdir("runs/moons")) == FILES


def test_the_next_command_works_from_where_the_user_stands(chainrule, tmp_path, monkeypatch):
    (tmp_path / "predictions.csv").write_text("mine")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    ended = chainrule("train", "moons", "--epochs", "1")
    line = next(line for line in ended.out.splitlines() if line.startswith("next"))
    words = shlex.split(line.removeprefix("next"))
    assert words[-1] == "predictions-2.csv"
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "predictions.csv").read_text() == "mine"


@pytest.mark.parametrize("words", [["moons"], ["people.csv", "--target", "Survived"]])
def test_of_what_was_trained_the_gradients_and_the_health_come_next(chainrule, tables, words):
    ended = chainrule("train", *words, "--epochs", "1", "--out", "run")
    assert re.search(r"\n +.*chainrule explore run\n.*chainrule checkup run\n", ended.out)
    assert chainrule("checkup", "run").code == 0


def numbered(rows: int) -> str:
    return "a,b,c\n" + "".join(f"{i},{i % 7},{i % 4 * 10}\n" for i in range(rows))


def test_the_task_is_chosen_by_hand(chainrule):
    Path("t.csv").write_text(numbered(80))
    for task, net in (("auto", "2-64-4"), ("classes", "2-64-4"), ("numbers", "2-64-1")):
        ended = chainrule(
            "train", "t.csv", "--target", "c", "--task", task, "--epochs", "1", "--out", task
        )
        assert ended.code == 0, ended.err
        assert f"net           {net}, " in ended.out
        assert chainrule("predict", task, "t.csv").code == 0
    assert "--target c --task numbers --hidden 128 --epochs 1\n" in ended.out


def test_numbers_become_classes_only_where_rows_repeat_them(chainrule):
    Path("t.csv").write_text(numbered(80))
    ended = chainrule("train", "t.csv", "--target", "a", "--task", "classes")
    assert (ended.code, ended.err) == (
        2,
        "the target 'a' of t.csv has 80 different numbers in 80 rows: too many for classes.\n"
        "Predict it as a number: task=numbers (on the command line: --task numbers).\n",
    )
    halves = "a,c\n" + "".join(f"{i},{i % 3 / 2}\n" for i in range(60))
    Path("halves.csv").write_text(halves)
    ended = chainrule("train", "halves.csv", "--target", "c", "--task", "classes", "--epochs", "1")
    assert "one of 3 classes" in ended.out
    assert "0.5" in chainrule("predict", "runs/halves", "halves.csv", "--rows", "60").out


def test_a_text_is_no_number_whatever_the_task_says(chainrule):
    Path("t.csv").write_text("a,c\n" + "".join(f"{i},{['yes', 'no'][i % 2]}\n" for i in range(60)))
    ended = chainrule("train", "t.csv", "--target", "c", "--task", "numbers")
    assert ended.code == 2
    assert ended.err.startswith(
        "column 'c' of t.csv holds 'yes' in line 2 where a number belongs."
    )


def test_a_named_set_has_its_own_task(chainrule):
    assert chainrule("train", "iris", "--task", "classes", "--epochs", "1").code == 0
    ended = chainrule("train", "iris", "--task", "numbers")
    assert ended.code == 2
    assert ended.err.startswith("the answers of the data set 'iris' are classes, not numbers.\n")


def noise(rows: int) -> str:
    """Answers that have nothing to do with the inputs; about two of three are "no"."""
    rng = np.random.default_rng(0)
    inputs, answers = rng.normal(size=(rows, 8)), rng.random(rows) < 0.35
    lines = [
        ",".join([*(f"{x:.3f}" for x in row), "yes" if answer else "no"])
        for row, answer in zip(inputs, answers, strict=True)
    ]
    return "\n".join(["a,b,c,d,e,f,g,h,y", *lines, ""])


def test_a_result_below_the_constant_answer_is_said_and_never_green(chainrule):
    Path("noise.csv").write_text(noise(150))
    ended = chainrule("train", "noise.csv", "--target", "y", "--patience", "0", "--l2", "0")
    page = Path("runs/noise/report.html").read_text(encoding="utf-8")
    for words in ("is no better than the", "of always answering the most frequent", "overfitted"):
        assert words in ended.out
        assert words in page
    assert "worth a look  The test accuracy of" in ended.out
    assert "Nothing to worry about" not in page


def test_a_good_result_is_said_to_be_one(digits):
    page = (digits.folder / "report.html").read_text(encoding="utf-8")
    assert "Nothing to worry about." in page
    assert "worth a look" not in digits.ended.out

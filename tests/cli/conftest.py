"""The command, in a process of its own or in this one; and one trained run for all tests."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.cli import main
from chainrule.inspection import charts

IN_CI = os.environ.get("CI") == "true"
COMMAND = [sys.executable, "-m", "chainrule"]
WIDE = {"COLUMNS": "200", "TERM": "dumb"}


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit code and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Run:
    """A trained run: its folder, and what the command said."""

    folder: Path
    ended: Ended

    @property
    def config(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "config.toml").read_text(encoding="utf-8"))


def command(*words: str, cwd: Path, **environment: str) -> Ended:
    """Run the command as a user does."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **WIDE, **environment},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def hears_ctrl_c() -> None:
    """A shell starts what runs in the background with Ctrl-C ignored; here it is heard."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """started("train", "moons") is the command at work; it ends with the test at the latest."""
    with contextlib.ExitStack() as at_the_end:

        def start(*words: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*COMMAND, *words],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **WIDE},
                preexec_fn=hears_ctrl_c,  # noqa: PLW1509  no threads run here
            )
            at_the_end.enter_context(process)
            at_the_end.callback(process.kill)
            return process

        yield start


def first_epoch(process: subprocess.Popen[str]) -> str:
    """The line of the first epoch; where that takes long, another before it says what is done."""
    assert process.stderr is not None
    return next((line for line in process.stderr if line.startswith("epoch ")), "")


@pytest.fixture
def drawn() -> None:
    """For a test of this process whose reports show charts."""


def undrawn(draw: object, name: str, alt: str, **room: float) -> str:
    """In the place of a chart: to draw four of them takes as long as all else that a run does."""
    return f'<svg class="cr-chart" id="{name}"></svg>'


@pytest.fixture
def chainrule(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    one_engine: None,
) -> Callable[..., Ended]:
    """chainrule("train", "moons") runs the command in this process, in an empty folder."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(charts, "figure", undrawn)
    monkeypatch.chdir(tmp_path)
    for name, value in WIDE.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> Ended:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`chainrule train digits`, as in the README."""
    cwd = tmp_path_factory.mktemp("digits")
    return Run(cwd / "runs" / "digits", command("train", "digits", cwd=cwd))


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`chainrule train diabetes`: a regression."""
    cwd = tmp_path_factory.mktemp("diabetes")
    return Run(cwd / "runs" / "diabetes", command("train", "diabetes", cwd=cwd))


# ------------------------------------------------------------------- two runs of estimators

FILES = ["config.toml", "metrics.json", "model.npz", "report.html"]
FAST = ("--preset", "fast")
ROWS = 120


def people() -> str:
    """A table with ids, names, dates, gaps, decimal commas, and one row without an answer."""
    lines = ["PassengerId;Name;Age;Sex;Joined;Fare;Survived"]
    for row in range(1, ROWS + 1):
        sex = ("male", "female")[row % 2]
        said = "" if row == 50 else ("yes" if (sex == "female") ^ (row % 10 == 0) else "no")
        day = f"{1 + row % 28:02d}.{1 + row % 12:02d}.2023"
        age = "NA" if row % 9 == 0 else row * 7 % 60
        lines.append(f"{row};Person {row};{age};{sex};{day};{row % 50},{row % 10};{said}")
    return "\n".join(lines) + "\n"


def houses() -> str:
    rng = np.random.default_rng(0)
    size = rng.integers(30, 150, ROWS)
    price = 3.5 * size + rng.normal(0, 20, ROWS)
    shops = [f"shop {row % 11}" for row in range(ROWS)]
    table = zip(range(1000, 1000 + ROWS), size, shops, price, strict=True)
    return "id,size,shop,price\n" + "".join(f"{i},{s},{c},{p:.2f}\n" for i, s, c, p in table)


@pytest.fixture
def tables(chainrule) -> None:
    Path("people.csv").write_text(people())
    Path("houses.csv").write_text(houses())


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> tuple[Path, dict[str, Ended]]:
    """Both tables trained once, in a folder that tests copy."""
    folder, said = tmp_path_factory.mktemp("trained"), {}
    (folder / "people.csv").write_text(people())
    (folder / "houses.csv").write_text(houses())
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        for name, target in (("people", "Survived"), ("houses", "price")):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["train", f"{name}.csv", "--target", target, *FAST])
            said[name] = Ended(code, out.getvalue(), err.getvalue())
    return folder, said


@pytest.fixture
def survived(tables, trained):
    shutil.copytree(trained[0] / "runs" / "people", "runs/people")
    return trained[1]["people"]


@pytest.fixture
def priced(tables, trained):
    shutil.copytree(trained[0] / "runs" / "houses", "runs/houses")
    shutil.copy(trained[0] / "houses.csv", "houses.csv")
    return trained[1]["houses"]


def lines_of(said: str) -> dict[str, list[str]]:
    """The lines of the table at the end, by their first words."""
    return {
        cells[0]: cells[1:]
        for cells in (re.split(r"\s{2,}", line.strip()) for line in said.splitlines())
    }


def metrics(run: str = "people") -> dict:
    return json.loads(Path("runs", run, "metrics.json").read_text(encoding="utf-8"))

"""The command, in a process of its own or in this one; and one trained run for all tests."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chainrule.cli import main

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


@pytest.fixture
def chainrule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """chainrule("train", "moons") runs the command in this process, in an empty folder."""
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

"""A whole training run on fashion-mnist: the command beside the same net in PyTorch eager."""

import csv
import json
import os
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.report import Section, at_least, at_most
from benchmarks.runner import CHECKOUT, Kind, NotMeasuredError, cpus, environment

EPOCHS, BATCH, HIDDEN = 10, 128, 128
COMMAND = ("train", "fashion-mnist", "--hidden", str(HIDDEN), "--epochs", str(EPOCHS))
LOOP, WHOLE, ACCURACY = 2.5, 2.0, 1.0  # times PyTorch; percent
FILES = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package puts them
ABOUT = (
    f"Seconds of `chainrule train fashion-mnist --hidden {HIDDEN} --epochs {EPOCHS} --batch-size "
    f"{BATCH}`: the loop of training steps and validation, and the whole process from start to "
    "end, beside the same rows, net, Adam, cosine schedule and L2 in PyTorch eager. One CPU."
)


def training(bench: Bench) -> Section:
    """In turns; each run is a process of its own."""
    headings = ["", "loop s", "whole process s", "test accuracy"]
    section = Section("training", "A whole run: fashion-mnist", ABOUT, headings)
    if not FILES.is_dir():
        section.notes.append("Left out: apt-get install dataset-fashion-mnist brings the data.")
        return section
    runs: dict[str, list[tuple[float, float, float]]] = {OURS: [], "torch": []}
    for _ in range(1 if bench.quick else 3):
        runs[OURS].append(_ours(bench))
        if bench.has("torch") and (found := _torch()):
            runs["torch"].append(found)
    medians = {
        name: [statistics.median(column) for column in zip(*some, strict=True)]
        for name, some in runs.items()
        if some
    }
    for name, (loop, whole, accuracy) in medians.items():
        section.rows.append([name, f"{loop:.2f}", f"{whole:.2f}", f"{100 * accuracy:.2f} %"])
    if len(medians) == 2:
        ours, torch = medians.values()
        difference = 100 * abs(ours[2] - torch[2])
        section.claims += [
            at_least("fashion-mnist: PyTorch's loop / ours", torch[0] / ours[0], LOOP),
            at_least("fashion-mnist: PyTorch, end to end / ours", torch[1] / ours[1], WHOLE),
            at_most("fashion-mnist: difference in accuracy", difference, ACCURACY, " %"),
        ]
    elif bench.has("torch"):
        section.notes.append("torch is left out: it cannot be imported.")
    return section


def _ours(bench: Bench) -> tuple[float, float, float]:
    """Loop, process, accuracy."""
    folder = bench.folder() / "run"
    words = [*COMMAND, "--batch-size", str(BATCH), "--out", str(folder)]
    try:
        seconds, _ = _timed([sys.executable, "-m", "chainrule", *words], OURS)
    except subprocess.CalledProcessError as error:
        raise NotMeasuredError(f"the command failed: {error.stderr.strip()}") from error
    loop = _loop_seconds(folder / "history.csv")
    accuracy = _accuracy((folder / "config.toml").read_text(encoding="utf-8"))
    return loop, seconds, accuracy


def _loop_seconds(history: Path) -> float:
    with history.open(encoding="utf-8", newline="") as lines:
        return float(sum(float(row["seconds"]) for row in csv.DictReader(lines)))


def _accuracy(config: str) -> float:
    """The test accuracy that the run recorded."""
    return float(tomllib.loads(config)["result"]["test"]["accuracy"])


def _torch() -> tuple[float, float, float] | None:
    command = [sys.executable, "-m", "benchmarks.whole_run", str(EPOCHS), str(BATCH), str(HIDDEN)]
    try:
        seconds, said = _timed(command, "torch")
    except subprocess.CalledProcessError:
        return None
    found = json.loads(said)
    return found["loop"], seconds, found["accuracy"]


def _timed(command: list[str], peer: str) -> tuple[float, str]:
    """Seconds from the start to the end of a process on one CPU, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment(Kind(peer)),
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=_pin if hasattr(os, "sched_setaffinity") else None,
    )
    return time.perf_counter() - started, done.stdout


def _pin() -> None:
    os.sched_setaffinity(0, set(cpus()[-1:]))

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
from chainrule.cli.screen import counted

EPOCHS, BATCH, HIDDEN = 10, 128, 128
COMMAND = ("train", "fashion-mnist", "--hidden", str(HIDDEN), "--epochs", str(EPOCHS))
LOOP, WHOLE, ACCURACY = 2.5, 2.0, 1.0  # times PyTorch; percent
FILES = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package puts them
ABOUT = (
    f"Seconds of `chainrule train fashion-mnist --hidden {HIDDEN} --epochs {EPOCHS} --batch-size "
    f"{BATCH}`: the loop of training steps and validation, and the whole process from start to "
    "end, beside the same rows, net, Adam, cosine schedule and L2 in PyTorch eager. Both are held "
    "to one CPU, and then both to two."
)


def training(bench: Bench) -> Section:
    """In turns; each run is a process of its own."""
    headings = ["", "CPUs", "loop s", "whole process s", "test accuracy"]
    section = Section("training", "A whole run: fashion-mnist", ABOUT, headings)
    if not FILES.is_dir():
        section.notes.append("Left out: apt-get install dataset-fashion-mnist brings the data.")
        return section
    counts = [1] if bench.quick or len(cpus()) < 2 else [1, 2]
    compared = [_compare(bench, section, count) for count in counts]
    if not all(compared) and bench.has("torch"):
        section.notes.append("torch is left out: it cannot be imported.")
    return section


def _compare(bench: Bench, section: Section, count: int) -> bool:
    """Rows and claims for so many CPUs; whether PyTorch ran."""
    runs: dict[str, list[tuple[float, float, float]]] = {OURS: [], "torch": []}
    for _ in range(1 if bench.quick else 3):
        runs[OURS].append(_ours(bench, count))
        if bench.has("torch") and (found := _torch(count)):
            runs["torch"].append(found)
    medians = {
        name: [statistics.median(column) for column in zip(*some, strict=True)]
        for name, some in runs.items()
        if some
    }
    for name, (loop, whole, accuracy) in medians.items():
        cells = [name, str(count), f"{loop:.2f}", f"{whole:.2f}", f"{100 * accuracy:.2f} %"]
        section.rows.append(cells)
    if len(medians) < 2:
        return False
    ours, torch = medians.values()
    difference = 100 * abs(ours[2] - torch[2])
    what = f"fashion-mnist, {counted(count, 'CPU')}"
    section.claims += [
        at_least(f"{what}: PyTorch's loop / ours", torch[0] / ours[0], LOOP),
        at_least(f"{what}: PyTorch, end to end / ours", torch[1] / ours[1], WHOLE),
        at_most(f"{what}: difference in accuracy", difference, ACCURACY, " %"),
    ]
    return True


def _ours(bench: Bench, count: int) -> tuple[float, float, float]:
    """Loop, process, accuracy."""
    folder = bench.folder() / "run"
    words = [*COMMAND, "--batch-size", str(BATCH), "--out", str(folder)]
    try:
        seconds, _ = _timed([sys.executable, "-m", "chainrule", *words], OURS, count)
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


def _torch(count: int) -> tuple[float, float, float] | None:
    numbers = map(str, (EPOCHS, BATCH, HIDDEN, count))
    try:
        command = [sys.executable, "-m", "benchmarks.whole_run", *numbers]
        seconds, said = _timed(command, "torch", count)
    except subprocess.CalledProcessError:
        return None
    found = json.loads(said)
    return found["loop"], seconds, found["accuracy"]


def _timed(command: list[str], peer: str, count: int) -> tuple[float, str]:
    """Seconds from the start to the end of a process on so many CPUs, and what it printed."""

    def pin() -> None:
        os.sched_setaffinity(0, set(cpus()[-count:]))

    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment(Kind(peer, count)),
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=pin if hasattr(os, "sched_setaffinity") else None,
    )
    return time.perf_counter() - started, done.stdout

"""The parent's side: workers, and tasks that run in turns so that noise hits all of them alike.

Imports the cases. Sections ask it for times.
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.cases import Case

CHECKOUT = Path(__file__).parents[1]
# The last one lets Python compile every file at every import, ours and not the installed ones'.
SLOWS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ONE_XLA_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
# A task that has had three turns, and so many seconds, sits the rest out: threads that spin on a
# busy machine can take a thousand times their usual time.
FEWEST_TURNS, PATIENCE = 3, 4.0
GRACE = 10.0  # seconds for a worker to end by itself
AGREEMENT = 1e-3  # relative, between the peers' mean losses of the first epoch


class NotMeasuredError(Exception):
    """Peers that do not compute the same, or one that failed: times would mean nothing."""


def cpus() -> list[int]:
    """The CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@dataclass(frozen=True)
class Kind:
    """A library and how its process is set up.

    Attributes
    ----------
    threads : int
        1 pins the process to one CPU; 0 leaves every default and every CPU.
    environment : tuple of (name, value)
        More variables, such as JAX's switch for float64.
    """

    peer: str
    threads: int = 1
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """A task to be timed: what it is called, who runs it, in which form, and on which case.

    Attributes
    ----------
    is_checked : bool
        Whether its value must agree with the others of its case.
    """

    name: str
    kind: Kind
    form: str
    case: Case
    is_checked: bool = True


@dataclass(frozen=True)
class Times:
    """Seconds per step of one task, over its turns."""

    turns: tuple[float, ...]
    calls: tuple[float, ...] = field(default=(), repr=False)

    @property
    def median(self) -> float:
        """Of the turns."""
        return statistics.median(self.turns)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The middle half of the turns."""
        if len(self.turns) < 2:
            return self.turns[0], self.turns[0]
        low, _, high = statistics.quantiles(self.turns, n=4, method="inclusive")
        return low, high

    def percentile(self, share: float) -> float:
        """Of all calls."""
        ordered = sorted(self.calls)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class Worker:
    """A process that holds one library."""

    def __init__(self, kind: Kind) -> None:
        # The last CPU: what else runs on a machine tends to sit on the first.
        places = cpus()[-1:] if kind.threads == 1 else cpus()[-kind.threads :]
        command = [sys.executable, "-m", "benchmarks.worker", kind.peer, str(kind.threads)]
        self.process = subprocess.Popen(
            [*command, ",".join(map(str, places))],
            cwd=CHECKOUT,
            env=environment(kind),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, do: str, name: str, **more: Any) -> dict[str, Any]:
        """Send one question, read its answer."""
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(json.dumps({"do": do, "name": name, **more}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"error": f"its process ended with code {self.process.wait()}"}
        return json.loads(line)

    def close(self) -> None:
        """Let the process end."""
        try:
            self.process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def environment(kind: Kind) -> dict[str, str]:
    """Without what slows OpenBLAS and imports down, and with as many threads as the kind says."""
    clean = {k: v for k, v in os.environ.items() if k not in SLOWS}
    if kind.threads:
        clean |= dict.fromkeys(THREAD_COUNTS, str(kind.threads))
    if kind.threads == 1:
        clean["XLA_FLAGS"] = ONE_XLA_THREAD
    return clean | {"JAX_PLATFORMS": "cpu"} | dict(kind.environment)


def figures(module: str, words: Sequence[str], kind: Kind, on: Sequence[int]) -> dict[str, float]:
    """What a module of the benchmarks prints last, as JSON, in a process of its own on some CPUs.

    Raises
    ------
    NotMeasuredError
        If it fails.
    """

    def pin() -> None:
        os.sched_setaffinity(0, set(on))

    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *words],
        cwd=CHECKOUT,
        env=environment(kind),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=pin if hasattr(os, "sched_setaffinity") else None,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise NotMeasuredError(f"{module} {' '.join(words)} failed: {' '.join(last)}")
    return json.loads(done.stdout.splitlines()[-1])


@dataclass
class Field:
    """The workers of a run, started when first needed, and what was said about missing peers."""

    peers: Sequence[str]
    rounds: int = 15
    turn_seconds: float = 0.05
    workers: dict[Kind, Worker] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def times(self, entries: Iterable[Entry]) -> dict[str, Times]:
        """Median times of the tasks, taken in turns; only of those that could be built.

        Raises
        ------
        NotMeasuredError
            If the first values of tasks of one case differ.
        """
        built = [entry for entry in entries if self._is_built(entry)]
        agree([(entry, self._value(entry)) for entry in built if entry.is_checked])
        for entry in built:  # caches, clocks and threads warm up
            self._turn(entry)
        took: dict[str, list[list[float]]] = {entry.name: [] for entry in built}
        spent = dict.fromkeys(took, 0.0)
        for turn in range(self.rounds):
            for entry in built:
                if turn < FEWEST_TURNS or spent[entry.name] < PATIENCE:
                    started = time.perf_counter()
                    took[entry.name].append(self._turn(entry))
                    spent[entry.name] += time.perf_counter() - started
        for entry in built:
            self._ask(entry, "drop")
        return {
            name: Times(tuple(map(statistics.median, turns)), tuple(itertools.chain(*turns)))
            for name, turns in took.items()
        }

    def values(self, entry: Entry, count: int = 1) -> list[float]:
        """What a task's calls give, such as a rate; empty where it cannot be built."""
        if not self._is_built(entry):
            return []
        values = [self._value(entry) for _ in range(count)]
        self._ask(entry, "drop")
        return values

    def fresh(self, entry: Entry) -> float | None:
        """The value of one call in a process that has done nothing before."""
        try:
            values = self.values(entry)
        finally:
            if entry.kind in self.workers:
                self.workers.pop(entry.kind).close()
        return values[0] if values else None

    def close(self) -> None:
        """End every worker."""
        for worker in self.workers.values():
            worker.close()
        self.workers.clear()

    def _is_built(self, entry: Entry) -> bool:
        if entry.kind.peer not in (*self.peers, "chainrule"):
            return False
        answer = self.worker(entry.kind).ask(
            "build", entry.name, form=entry.form, case=entry.case.to_json()
        )
        error = answer.get("error", "")
        if error and "NotImplementedError" not in error:
            self.missing.setdefault(f"{entry.kind.peer} {entry.form}", error)
        return not error

    def worker(self, kind: Kind) -> Worker:
        """The process of this kind."""
        if kind not in self.workers:
            self.workers[kind] = Worker(kind)
        return self.workers[kind]

    def _turn(self, entry: Entry) -> list[float]:
        """Seconds per step of each call of a turn."""
        return self._ask(entry, "time", seconds=self.turn_seconds)["seconds"]

    def _value(self, entry: Entry) -> float:
        return self._ask(entry, "value")["value"]

    def _ask(self, entry: Entry, do: str, **more: Any) -> dict[str, Any]:
        answer = self.worker(entry.kind).ask(do, entry.name, **more)
        if "error" in answer:
            raise NotMeasuredError(f"{entry.name} failed: {answer['error']}")
        return answer


def agree(values: Sequence[tuple[Entry, float]]) -> None:
    """Refuse to compare peers that compute different things."""
    for case in {entry.case for entry, _ in values}:
        found = {entry.name: value for entry, value in values if entry.case == case}
        middle = statistics.median(found.values())
        # Written so that NaN fails too.
        if not all(abs(value - middle) <= AGREEMENT * abs(middle) for value in found.values()):
            raise NotMeasuredError(f"{case.name}: the peers do not compute the same: {found}")

"""A process that holds one library and runs its tasks when asked, one line of JSON at a time.

    {"do": "build", "name": ..., "form": ..., "case": {...}}   {"steps": 100}
    {"do": "value", "name": ...}                               {"value": 2.31}
    {"do": "time", "name": ..., "seconds": 0.02}               {"seconds": [...]}, one per call
    {"do": "drop", "name": ...}                                {}

Whatever goes wrong comes back as {"error": sentence}. Imports the peer that the command line
names; runner.py starts it.
"""

import json
import os
import sys
import time

from benchmarks.cases import Case
from benchmarks.peers import Task, task


def main(peer: str, threads: int, cpus: str) -> None:
    """Answer until the pipe closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not land among the answers
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    tasks: dict[str, Task] = {}
    for line in sys.stdin:
        try:
            answer = answered(peer, threads, tasks, json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def answered(peer: str, threads: int, tasks: dict[str, Task], asked: dict) -> dict:
    """What the parent wants to know."""
    name = asked["name"]
    match asked["do"]:
        case "build":
            limit(peer, threads)
            tasks[name] = task(peer, asked["form"], Case.from_json(asked["case"]))
            return {"steps": tasks[name].steps}
        case "value":
            return {"value": float(tasks[name].value(tasks[name].call()))}
        case "time":
            return {"seconds": timed(tasks[name], asked["seconds"])}
        case "drop":
            tasks.pop(name, None)
            return {}
        case unknown:
            raise ValueError(f"nobody knows how to {unknown}")


def limit(peer: str, threads: int) -> None:
    """Set the number of threads where the environment does not; 0 leaves the default."""
    if peer == "torch" and threads:
        import torch

        torch.set_num_threads(threads)
    if peer == "chainrule" and threads > 1:  # on one CPU, one thread is the default
        import chainrule

        chainrule.settings.threads(threads)


def timed(task: Task, seconds: float) -> list[float]:
    """Seconds per step of each call, for about this long."""
    call, steps, clock, took = task.call, task.steps, time.perf_counter, []
    end = clock() + seconds
    while not took or clock() < end:
        started = clock()
        call()
        took.append((clock() - started) / steps)
    return took


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])

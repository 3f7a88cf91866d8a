"""Running the suite against a mutant: in a fork, with the wrong code in the place of the right."""

import functools
import importlib
import os
import signal
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.testing import PROPERTIES, Case, broadcast_cases, case_of
from chainrule.testing.fuzz import run
from tests.mutation.mutants import PACKAGE, Mutant
from tests.ops.test_every_op import CALLS, SEEDS, resized_samples

LIMIT = 240  # seconds of work for one mutant; an endless loop is a failure too
GRAPHS = 2000  # of the fuzzer in the default suite
EARLY_GRAPHS = 300  # where a change of the walk itself mostly shows
# The rest of the suite, by where the mutant lives; tests/ops/test_every_op.py and the fuzzer are
# run here one check after the other, the likeliest first.
KILLERS = "tests/ops/test_killed_mutants.py"
REST = {
    "ops": (KILLERS, "tests/numerics", "tests/ops"),
    "graph": (KILLERS, "tests/numerics", "tests/graph", "tests/differentiate", "tests/jacobians"),
    "tensors.py": (KILLERS, "tests/test_tensors.py", "tests/graph"),
}
APART = ("tests/ops/test_every_op.py", "tests/ops/test_accuracy.py")  # the second is slow

UNJUDGED = "an error of the run itself"

Check = Callable[[], object]


def outcome(mutant: Mutant, rest: bool = True) -> str:
    """Who kills a mutant: the name of a check, "time", or "" where it survives.

    ``rest`` also asks the default half of REST, a minute or two for a mutant that survives.
    """
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fork beside threads: NumPy's own are idle
        child = os.fork()
    if child == 0:
        killer = UNJUDGED
        try:
            os.close(read)
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
            _quiet()
            killer = first_failure(mutant, rest)
        finally:
            os.write(write, killer.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        killer = pipe.read()
    _, status = os.waitpid(child, 0)
    return "time" if os.WIFSIGNALED(status) else killer


class Applied:
    """The mutant's code in the function that everybody calls, while it is switched on."""

    def __init__(self, mutant: Mutant) -> None:
        name = "chainrule." + mutant.path.removesuffix(".py").replace("/", ".")
        function: Any = importlib.import_module(name.removesuffix(".__init__"))
        for part in mutant.function.split("."):
            function = vars(function)[part]
        function = getattr(function, "__func__", function)
        self.clear = getattr(function, "cache_clear", lambda: None)
        self.function = getattr(function, "__wrapped__", function)
        self.right = self.function.__code__
        compiled = compile(mutant.tree(), str(PACKAGE / mutant.path), "exec")
        self.wrong = next(
            code
            for code in _codes(compiled)
            if code.co_qualname == mutant.function
            and code.co_firstlineno == self.right.co_firstlineno
        )

    def switch(self, on: bool) -> None:
        """Let the function run the wrong code, or the right one."""
        self.clear()
        self.function.__code__ = self.wrong if on else self.right

    def kills(self, check: Check) -> bool:
        """Whether a check fails on the wrong code and passes on the right one."""
        self.switch(on=True)
        if not _fails(check):
            return False
        self.switch(on=False)
        return not _fails(check)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def first_failure(mutant: Mutant, rest: bool) -> str:
    """The first check that fails, the likeliest first."""
    applied = Applied(mutant)
    for label, check in _of_the_op(mutant) if mutant.path.startswith("ops/") else _of_the_walk():
        if applied.kills(check):
            return label
    applied.switch(on=True)
    return "pytest" if rest and _pytest_fails(mutant) else ""


def _of_the_op(mutant: Mutant) -> Iterator[tuple[str, Check]]:
    names = affected(mutant)
    for name in names:
        yield from checks(name)
    for name in names:
        yield from graphs(name)


def _of_the_walk() -> Iterator[tuple[str, Check]]:
    yield from ((f"graph {n}", functools.partial(_clean, n)) for n in range(EARLY_GRAPHS))


def affected(mutant: Mutant) -> list[str]:
    """Ops whose class holds the rule or inherits it; else all of the file, then all others."""
    owner = mutant.function.partition(".")[0]
    module = "chainrule." + mutant.path.removesuffix(".py").replace("/", ".")
    every = list(CATALOGUE.names())

    def closeness(name: str) -> int:
        line = CATALOGUE[name].__mro__
        if any(cls.__name__ == owner and cls.__module__ == module for cls in line):
            return 0
        return 1 if CATALOGUE[name].__module__ == module else 2

    ranked = sorted(every, key=closeness)
    own = [name for name in ranked if closeness(name) == 0]
    return own or [name for name in ranked if closeness(name) < 2] or ranked


def checks(name: str) -> Iterator[tuple[str, Check]]:
    """What tests/ops/test_every_op.py shows for an op."""
    op = CATALOGUE[name]
    cases = [case_of(op, seed) for seed in SEEDS]
    for call in CALLS.get(name, ()):
        args, keywords = call(np.random.default_rng(1))
        cases.append(Case.of_call(op, *args, **keywords))
    if issubclass(op, Elementwise):
        cases += broadcast_cases(op, 1) if op.samples is None else resized_samples(name)
    for number, case in enumerate(cases):
        for keeps in PROPERTIES:
            yield f"{name} {number} {keeps.__name__}", functools.partial(keeps, case)


def graphs(name: str) -> Iterator[tuple[str, Check]]:
    """The fuzzer's programs that begin with an op."""
    names = CATALOGUE.names()
    for number in range(names.index(name), GRAPHS, len(names)):
        yield f"graph {number}", functools.partial(_clean, number)


def _clean(number: int) -> None:
    found = run(1, first=number, shrinks=False).findings
    assert not found, found


def _fails(check: Check) -> bool:
    try:
        check()
    except Exception:  # an AssertionError, or whatever the wrong code runs into
        return True
    return False


def _pytest_fails(mutant: Mutant) -> bool:
    files = REST[mutant.path.partition("/")[0]]
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what was imported here
    options += [f"--ignore={path}" for path in APART]
    return pytest.main([*options, *files]) == pytest.ExitCode.TESTS_FAILED


def _quiet() -> None:
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    for stream in (1, 2):
        os.dup2(nowhere, stream)

"""Many values asked in one test: ten thousand small questions cost as much as what they ask."""

import functools
import inspect

import numpy as np

from tests.thorough import parametrize


def together(names, values):
    """As parametrize, within one test; what fails says of which values.

    For tests that are given nothing else than parameters: a fixture is set up once, and a skip
    would leave the rest out.
    """
    names = [name.strip() for name in names.split(",")]
    rows = [value if len(names) > 1 else (value,) for value in values]

    def of_all(test):
        @functools.wraps(test)
        def test_all(**given):
            for row in rows:
                ask(test, {**dict(zip(names, row, strict=True)), **given}, row)

        parameters = inspect.signature(test).parameters
        rest = [each for name, each in parameters.items() if name not in names]
        test_all.__signature__ = inspect.Signature(rest)
        return test_all

    return of_all


def for_each_op(cases, few=None):
    """A decorator for tests of a ``case``: one test for each op, which asks all its cases.

    ``cases`` are pairs of a name and a case. With ``few``, so many of each op in every run.
    """
    by_op = {}
    for name, case in cases:
        by_op.setdefault(case.op.name, []).append((name, case))
    always = range(len(by_op))
    if few is not None:
        parts = {name: _spread(own, few) for name, own in by_op.items()}
        more = {f"{name}, the rest": rest for name, (_, rest) in parts.items() if rest}
        by_op = {**{name: some for name, (some, _) in parts.items()}, **more}

    def of_all(test):
        @functools.wraps(test)
        def test_all(op):
            for name, case in by_op[op]:
                ask(test, {"case": case}, name)

        test_all.__signature__ = inspect.signature(lambda op: None)
        return parametrize("op", by_op, few=always)(test_all)

    return of_all


def _spread(values, few):
    """So many of them, the first and the last among them; and all others."""
    places = {round(place) for place in np.linspace(0, len(values) - 1, few)}
    parts = [], []
    for place, value in enumerate(values):
        parts[place not in places].append(value)
    return parts


def ask(test, given, name):
    """Ask it; what fails says of which case."""
    try:
        test(**given)
    except Exception as problem:
        problem.add_note(f"asked of {name}")
        raise

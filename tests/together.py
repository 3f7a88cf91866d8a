"""Many values asked in one test: ten thousand small questions cost as much as what they ask."""

import functools
import inspect

import pytest


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
                _ask(test, dict(zip(names, row, strict=True)), given)

        parameters = inspect.signature(test).parameters
        rest = [each for name, each in parameters.items() if name not in names]
        test_all.__signature__ = inspect.Signature(rest)
        return test_all

    return of_all


def for_each_op(cases):
    """A decorator for tests of a ``case``: one test for each op, which asks all its cases.

    ``cases`` are pairs of a name and a case.
    """
    by_op = {}
    for name, case in cases:
        by_op.setdefault(case.op.name, []).append((name, case))

    def of_all(test):
        @functools.wraps(test)
        def test_all(op):
            for name, case in by_op[op]:
                _ask(test, {"case": case}, {}, name)

        test_all.__signature__ = inspect.signature(lambda op: None)
        return pytest.mark.parametrize("op", by_op)(test_all)

    return of_all


def _ask(test, row, given, name=""):
    try:
        test(**row, **given)
    except Exception as problem:
        problem.add_note(f"asked of {name or row}")
        raise

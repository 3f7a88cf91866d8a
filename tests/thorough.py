"""More of the same: what ``pytest --thorough`` asks beyond ``pytest``, and ``-m thorough`` alone.

A test is asked of a few values in every run, and of the rest where all is asked: the third size of
a kind, the second dtype, more seeds, more examples. The marker stands on values and never on a
whole test; tests/house sees to it that each test is asked of something in every run.
"""

import itertools
from collections.abc import Callable, Container, Iterable
from typing import Any

import pytest
from hypothesis import given, settings

COLLECTED = pytest.StashKey[list[pytest.Item]]()  # all tests, those that are left out among them


def parametrize(
    names: str, values: Iterable[Any], few: int | Container[int], **keywords: Any
) -> pytest.MarkDecorator:
    """As pytest's: the first ``few`` values, or those at its places, are asked in every run."""
    always, several = range(few) if isinstance(few, int) else few, "," in names
    marked = [
        pytest.param(
            *(value if several else (value,)),
            marks=[] if place in always else pytest.mark.thorough,
        )
        for place, value in enumerate(values)
    ]
    return pytest.mark.parametrize(names, marked, **keywords)


def crossed(names: str, *axes: Iterable[Any], **keywords: Any) -> pytest.MarkDecorator:
    """Every combination of several axes; in every run, some in which each value stands."""
    numbered = [list(enumerate(axis)) for axis in axes]
    longest = max(range(len(axes)), key=lambda axis: len(numbered[axis]))
    always, values = set[int](), list[tuple[Any, ...]]()
    for place, combination in enumerate(itertools.product(*numbered)):
        turn = combination[longest][0]
        if all(i == turn % len(axis) for (i, _), axis in zip(combination, numbered, strict=True)):
            always.add(place)
        values.append(tuple(value for _, value in combination))
    return parametrize(names, values, few=always, **keywords)


def examples(few: int, many: int, *strategies: Any) -> Callable[[Callable[..., None]], Any]:
    """As hypothesis' given: with few examples in every run, and with many where all is asked."""

    def of(test: Callable[..., None]) -> Any:
        asked = {count: settings(max_examples=count)(given(*strategies)(test))
                 for count in (few, many)}  # fmt: skip

        def test_of_examples(count: int) -> None:
            asked[count]()

        test_of_examples.__doc__ = test.__doc__
        test_of_examples.__module__ = test.__module__
        return parametrize("count", (few, many), few=1)(test_of_examples)

    return of

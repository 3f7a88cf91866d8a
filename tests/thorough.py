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


def is_thorough(item: pytest.Item) -> bool:
    """Whether a test is asked only where all is."""
    return any(mark.name == "thorough" for mark in item.own_markers)


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
    parts = [list(axis) for axis in axes]
    longest = max(range(len(parts)), key=lambda axis: len(parts[axis]))
    places = list(itertools.product(*(range(len(part)) for part in parts)))
    always = {place for place, each in enumerate(places) if each == _turn(each[longest], parts)}
    values = list(itertools.product(*parts))
    return parametrize(names, values, few=always, **keywords)


def _turn(number: int, axes: list[list[Any]]) -> tuple[int, ...]:
    """Where each axis stands then: all go round, and of two that are as long one falls behind."""
    rounds = ((len(axis), rank and number // len(axis) ** rank) for rank, axis in enumerate(axes))
    return tuple((number + behind) % length for length, behind in rounds)


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

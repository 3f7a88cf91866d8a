"""More of the same: what ``pytest --thorough`` asks beyond ``pytest``, and ``-m thorough`` alone.

A test is asked of a few values in every run, and of the rest where all is asked: the third size of
a kind, the second dtype, more seeds, more examples. The marker stands on values and never on a
whole test; tests/house sees to it that each test is asked of something in every run.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings

COLLECTED = pytest.StashKey[list[pytest.Item]]()  # all tests, those that are left out among them


def parametrize(
    names: str, values: Iterable[Any], few: int | Callable[..., bool], **keywords: Any
) -> pytest.MarkDecorator:
    """As pytest's: values that are asked in every run, the first ``few`` or those that it is true
    of, and others that are thorough."""
    several, marked = "," in names, []
    for place, value in enumerate(values):
        parts = tuple(value) if several else (value,)
        always = place < few if isinstance(few, int) else few(*parts)
        marked.append(pytest.param(*parts, marks=[] if always else pytest.mark.thorough))
    return pytest.mark.parametrize(names, marked, **keywords)


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

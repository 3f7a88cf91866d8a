"""The table of accuracy is true, and within what we allow."""

import platform

import pytest

from tests.native.accuracy import PLAIN, SOURCES, WORST, published, worst
from tests.thorough import crossed

EVERY = 20  # a part of the page's own points, so that nothing worse can turn up on its machine


def test_the_page_lists_every_curve_within_four_units_of_the_last_place():
    figures = published()
    assert list(figures) == list(SOURCES)
    assert max(max(figure.values()) for figure in figures.values()) <= WORST


@crossed("dtype, letter", ["float32", "float64"], SOURCES)
def test_letters_are_as_exact_as_the_page_says(letter, dtype):
    assert worst(letter, dtype, every=EVERY) <= published()[letter][dtype]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="another kind of CPU")
@pytest.mark.parametrize("letter", SOURCES)
def test_letters_stay_exact_without_fused_multiply_add(letter):
    assert worst(letter, "float32", PLAIN, EVERY) <= published()[letter]["float32"]

"""Rows that write where they have read: a value's memory passes on to another one."""

import numpy as np
import pytest

from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.scalar import Access, Apply, Given, Literal, Load, Store
from tests.native.drawn_kernels import TARGETS, native


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("length", [1, 4, 12, 37, 3000])
def test_what_is_handed_to_a_later_pass_was_made_of_what_was_read_first(length, target):
    """Pass 0 reads x and writes 2 y in its place; pass 1 takes x + 1, which nobody stores."""
    x, doubled, handed, out, y = (Access(i, (1,)) for i in range(5))
    first = Pass(
        body=(
            Load(x, "float32"),
            Literal(1.0, "float32"),
            Apply("add", (0, 1), "float32"),
            Load(y, "float32"),
            Literal(2.0, "float32"),
            Apply("multiply", (3, 4), "float32"),
        ),
        stores=(Store(doubled, 5), Store(handed, 2)),
        reductions=(Reduction("max", 3, "float32"),),
    )
    second = Pass(
        body=(Load(handed, "float32"), Given(0, "float32"), Apply("add", (0, 1), "float32")),
        stores=(Store(out, 2),),
    )
    kernel = Row((), (length,), (first, second), scratch=(2,))
    x, y = np.arange(length, dtype=np.float32), np.full(length, 3, np.float32)
    memory, found = x.copy(), np.zeros_like(x)
    native(kernel, [memory, memory, np.zeros_like(x), found, y], target)
    assert np.array_equal(memory, 2 * y)
    assert np.array_equal(found, x + 1 + 3)

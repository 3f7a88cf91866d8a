"""Hypothesis strategies: keys for indexing, in every mixture that NumPy takes.

Imports hypothesis. Only tests import it.
"""

from typing import Any

import numpy as np
from hypothesis import strategies as st


def basic_parts(length: int) -> st.SearchStrategy[Any]:
    """An integer or a slice along an axis of a length."""
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = st.none() | st.sampled_from([1, 2, 3, -1, -2])
    return st.integers(-length, length - 1) | st.builds(slice, bound, bound, step)


def integer_arrays(length: int, shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Positions along an axis; duplicates are likely."""
    size = int(np.prod(shape))
    numbers = st.lists(st.integers(-length, length - 1), min_size=size, max_size=size)
    return numbers.map(lambda each: np.array(each, int).reshape(shape))


def boolean_arrays(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """A mask."""
    size = int(np.prod(shape))
    flags = st.lists(st.booleans(), min_size=size, max_size=size)
    return flags.map(lambda each: np.array(each, bool).reshape(shape))


@st.composite
def index_keys(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """Any key that NumPy takes for this shape: all parts that it knows, in any mixture."""
    parts: list[Any] = []
    together = draw(st.sampled_from([(), (1,), (3,), (2, 1), (0,)]))  # index arrays broadcast
    axis = first = draw(st.integers(0, len(shape))) if draw(st.booleans()) else 0
    while axis < len(shape) and draw(st.integers(0, 4)):
        kind = draw(st.sampled_from(["basic", "basic", "basic", "integers", "mask", "wide mask"]))
        if kind == "basic":
            parts.append(draw(basic_parts(shape[axis])))
        elif kind == "integers":
            parts.append(draw(integer_arrays(shape[axis], together)))
        else:
            width = 2 if kind == "wide mask" and axis + 2 <= len(shape) else 1
            parts.append(draw(boolean_arrays(shape[axis : axis + width])))
            axis += width - 1
        axis += 1
    if first:  # the parts stand for the last axes
        parts = [Ellipsis, *parts] if axis == len(shape) else parts[:0]
    elif draw(st.booleans()):
        parts.append(Ellipsis)
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)

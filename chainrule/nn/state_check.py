"""State: whether a mapping of arrays fits a net, before anything is changed.

Imports errors, plain and operands. Tree calls it in load_state and write_buffers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.graph.numpy.symbol import plain
from chainrule.graph.op.operands import unmasked

Array = np.ndarray[Any, np.dtype[Any]]
SHOWN = 6  # lines of one kind in a message


def checked(state: Mapping[str, Any], expected: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of the state, once each is shown to stand in an expected place and to fit it."""
    arrays = {path: np.asarray(unmasked(plain(x))) for path, x in state.items()}
    missing = [f"missing     {path}" for path in expected if path not in arrays]
    unexpected = [f"unexpected  {path}" for path in arrays if path not in expected]
    wrong = [
        f"{path}  {arrays[path].shape} {arrays[path].dtype}, "
        f"the net has {place.shape} {place.dtype}"
        for path, place in expected.items()
        if path in arrays and not _fits(arrays[path], place)
    ]
    if missing or unexpected or wrong:
        raise DataError(
            f"this state does not fit the net: {len(missing)} missing, "
            f"{len(unexpected)} unexpected, {len(wrong)} that do not fit.",
            found=[*_first(missing), *_first(unexpected), *_first(wrong)],
            do="Build the net with the layers and sizes it was saved with; nothing was changed.",
        )
    return arrays


def _fits(array: Array, place: Array) -> bool:
    return array.shape == place.shape and np.can_cast(array.dtype, place.dtype, "same_kind")


def _first(lines: list[str]) -> list[str]:
    rest = len(lines) - SHOWN
    return lines if rest < 1 else [*lines[:SHOWN], f"... and {rest} more"]

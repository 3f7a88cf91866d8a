"""Partial sums: a sum of many terms, added up part by part in buffers that keep it.

Imports scalar and walks. The kinds of kernels that make sums write with it what follows each part,
and what follows the last one.
"""

from collections.abc import Sequence

from chainrule.plan.scalar import Access, Apply, Body, Given, Instruction, Load, Store, after
from chainrule.plan.walks import dense


def kept_dtype(dtype: str) -> str:
    """In what a sum of few parts is kept: half precision would lose the small ones."""
    return "float32" if dtype == "float16" else dtype


def wide_dtype(dtype: str) -> str:
    """In what a sum of any number of parts is kept."""
    return "float64" if dtype in ("float16", "float32") else dtype


def added(
    sums: Sequence[int], dtypes: Sequence[str], kept: Sequence[str], shape: Sequence[int]
) -> tuple[Body, tuple[Store, ...]]:
    """What is given is added to what stands in these buffers."""
    body: list[Instruction] = []
    stores: list[Store] = []
    for place, (buffer, dtype, wide) in enumerate(zip(sums, dtypes, kept, strict=True)):
        access = Access(buffer, dense(shape))
        body += [Load(access, wide), Given(place, dtype)]
        if dtype != wide:
            body.append(Apply("cast", (len(body) - 1,), wide))
        before = len(body) - (2 if dtype == wide else 3)
        body.append(Apply("add", (before, len(body) - 1), wide))
        stores.append(Store(access, len(body) - 1))
    return tuple(body), tuple(stores)


def completed(
    sums: Sequence[int],
    dtypes: Sequence[str],
    kept: Sequence[str],
    shape: Sequence[int],
    body: Body,
    stores: Sequence[Store],
) -> tuple[Body, tuple[Store, ...]]:
    """A body that takes the sums from these buffers instead of being given them."""
    found: list[Instruction] = []
    given: dict[int, int] = {}
    for place, (buffer, dtype, wide) in enumerate(zip(sums, dtypes, kept, strict=True)):
        found.append(Load(Access(buffer, dense(shape)), wide))
        if dtype != wide:
            found.append(Apply("cast", (len(found) - 1,), dtype))
        given[place] = len(found) - 1
    joined, places = after(tuple(found), body, given)
    return joined, tuple(Store(store.access, places[store.value]) for store in stores)

"""Kernels that differ in nothing but where their buffers lie are one form."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.alike import accesses, firsts, form
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.make import make
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.record import record
from chainrule.plan.scalar import Access, Apply, Literal, Load, Store
from chainrule.plan.show import show
from chainrule.spec import Spec

F = "float32"


def scaled(source, target, number=2.0, dtype=F, shape=(4,)):
    """A kernel that multiplies one access into another."""
    body = (Load(source, dtype), Literal(number, dtype), Apply("multiply", (0, 1), dtype))
    return Pointwise(shape, body, (Store(target, 2),))


def test_kernels_on_other_buffers_and_further_on_in_them_are_alike():
    one = form(scaled(Access(3, (1,)), Access(5, (1,), 8)))
    other = form(scaled(Access(7, (1,), 12), Access(2, (1,))))
    assert one.key == other.key
    assert one.kernel == other.kernel == scaled(Access(0, (1,)), Access(1, (1,)))
    assert (one.buffers, other.buffers) == (((3, 0), (5, 8)), ((7, 12), (2, 0)))


def test_what_lies_apart_in_one_buffer_stays_apart():
    kernels = [
        scaled(Access(0, (1,), first), Access(buffer, (1,), second))
        for first, buffer, second in ((0, 0, 4), (4, 0, 8), (0, 1, 4), (0, 0, 0), (4, 0, 0))
    ]
    assert firsts([form(kernel) for kernel in kernels]) == [0, 0, 2, 3, 4]


def test_numbers_that_compare_equal_are_not_alike():
    numbers = (0.0, -0.0, float("nan"), 2.0, 2, True)
    kernels = [scaled(Access(0, (1,)), Access(1, (1,)), number) for number in numbers]
    assert len({form(kernel).key for kernel in kernels}) == len(numbers)
    assert form(kernels[2]).key == form(scaled(Access(0, (1,)), Access(1, (1,)), np.nan)).key


def test_scratch_is_told_from_what_is_read_later():
    total = Pass((Load(Access(4, (8, 1)), F),), (Store(Access(6, (8, 1)), 0),),
                 (Reduction("sum", 0, F),))  # fmt: skip
    plain = Row((3,), (8,), (total,))
    spare = replace(plain, scratch=(6,))
    assert form(plain).key != form(spare).key
    assert form(spare).kernel.scratch == (1,)


@pytest.mark.parametrize("change", [{"dtype": "float64"}, {"shape": (5,)}, {"number": 3.0}])
def test_another_dtype_shape_or_number_is_another_form(change):
    places = Access(0, (1,)), Access(1, (1,))
    assert form(scaled(*places)).key != form(scaled(*places, **change)).key


def unrolled(steps):
    """A recurrent net's loop in Python, and its gradient."""

    def loss(w, u, xs):
        h = np.zeros((4, 8), "f")
        for t in range(steps):
            h = np.tanh(h @ w + xs[t] @ u)
        return (h * h).mean()

    specs = [Spec(s, np.dtype(F)) for s in ((8, 8), (3, 8), (steps, 4, 3))]
    return make(record(lambda *x: [*cr.grad(loss, argnums=(0, 1))(*x)], specs))


def test_a_loop_of_equal_steps_has_as_many_forms_however_long_it_is():
    plans = [unrolled(steps) for steps in (5, 9, 20)]
    counts = [(len(plan.kernels), len(set(firsts(plan.forms)))) for plan in plans]
    assert counts[0][0] < counts[1][0] < counts[2][0]
    assert len({written for _, written in counts}) == 1


def test_a_form_computes_what_its_kernel_computes(rng):
    """On arrays that hold what the buffers hold from where the kernel begins."""
    for kernel in unrolled(4).kernels:
        its_own = form(kernel)
        sizes = {access.buffer: 0 for access in accesses(kernel)}
        arrays = [rng.normal(size=400).astype(F) for _ in range(max(sizes) + 1)]
        copies = [arrays[buffer].copy()[start:] for buffer, start in its_own.buffers]
        kernel.run(Memory(arrays))
        its_own.kernel.run(Memory(copies))
        for copy, (buffer, start) in zip(copies, its_own.buffers, strict=True):
            np.testing.assert_array_equal(copy, arrays[buffer][start:])


def test_every_field_of_every_kernel_counts():
    """Whatever is changed in a kernel, at any depth, but for where its accesses lie."""
    for kernel in unrolled(3).kernels:
        key = form(kernel).key
        for changed in _changed(kernel):
            assert form(changed).key != key, (kernel, changed)


def _changed(x):
    """Copies of a frozen dataclass, each with one number or word changed; buffers apart."""
    for each in fields(x):
        if isinstance(x, Access) and each.name != "strides":
            continue
        for value in _others(getattr(x, each.name)):
            yield replace(x, **{each.name: value})


def _others(value):
    if isinstance(value, tuple):
        yield (*value, 1)
        for i, part in enumerate(value):
            for other in _others(part):
                yield (*value[:i], other, *value[i + 1 :])
    elif is_dataclass(value):
        yield from _changed(value)
    elif isinstance(value, str):
        yield value + "x"
    elif isinstance(value, int | float):
        yield value + 1


def test_show_says_which_kernels_are_written_once():
    lines = show(unrolled(5)).splitlines()
    plan = unrolled(5)
    first = firsts(plan.forms)
    written = len(set(first))
    assert lines[0].startswith(f"{len(first)} kernels, {written} written; ")
    for number, line in enumerate(lines[3 : 3 + len(first)]):
        expected = f"as #{first[number]}" if first[number] != number else ""
        assert line.endswith(expected)
        assert ("as #" in line) == bool(expected)


def test_show_is_silent_where_no_kernel_is_like_another():
    plan = make(record(lambda x: [cr.tanh(x)], [Spec((4,), np.dtype(F))]))
    assert "written;" not in show(plan)
    assert "as #" not in show(plan)

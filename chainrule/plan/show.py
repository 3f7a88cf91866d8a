"""Show: a plan as text: what runs in which order, what it costs, and what memory it takes.

Imports alike, blockwise, costs and memory. ``Plan.show()`` prints it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chainrule.plan.alike import firsts
from chainrule.plan.blockwise import Blocks, times
from chainrule.plan.costs import read_bytes, written_bytes
from chainrule.plan.memory import lives

if TYPE_CHECKING:
    from chainrule.plan.plan import Plan

NAME_WIDTH = 44


def show(plan: "Plan") -> str:
    """A table of the kernels in the order in which they run, and one of the arena.

    Each kernel is one pass over memory. "what it does" lists the steps that were fused into it;
    a sum, a maximum or a product of matrices stands where its loop ends. "as #2": kernel 2 on
    other arrays, whose machine code it runs; where there are any, the first line says how many
    are written. The kernels of a step of loop 3 are 3.0, 3.1, ... Kernels that run for
    some rows after the others stand between lines that say so; what they read, write and compute
    is that of one block.
    """
    first = firsts(plan.forms)
    count = _count(len(first), "kernel")
    if len(set(first)) < len(first):
        count += f", {len(set(first))} written"
    ran = [(kernel, times(plan.blocks, number)) for number, kernel in enumerate(plan.kernels)]
    total = sum(kernel.flops() * n for kernel, n in ran)
    moved = sum((read_bytes(kernel) + written_bytes(kernel)) * n for kernel, n in ran)
    head = (
        f"{count}; one run takes {_scaled(total, 'FLOP')} and moves "
        f"{_scaled(moved, 'B')}; {_count(len(plan.updates), 'input')} updated in place"
    )
    return "\n".join([head, "", *_kernels(plan, first), "", *_arena(plan)])


def _kernels(plan: "Plan", first: Sequence[int]) -> list[str]:
    rows = [("#", "kernel", "loops", "what it does", "reads", "writes", "FLOP", "")]
    return _lines(plan, [*rows, *_rows(plan, first)])


def _rows(plan: "Plan", first: Sequence[int], around: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each kernel; behind a loop over a plan, those of a step: 3.0, 3.1, ..."""
    for number, (kernel, name) in enumerate(zip(plan.kernels, plan.names, strict=True)):
        yield (
            f"{around}{number}",
            name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 3] + "...",
            kernel.loops(),
            kernel.what(),
            _scaled(read_bytes(kernel), "B"),
            _scaled(written_bytes(kernel), "B"),
            _scaled(kernel.flops()),
            f"as #{around}{first[number]}" if first[number] < number else "",
        )
        if kernel.runs is not None:
            yield from _rows(kernel.runs, firsts(kernel.runs.forms), f"{around}{number}.")


def _lines(plan: "Plan", rows: Sequence[Sequence[str]]) -> list[str]:
    """The table, with lines in front of the kernels that run in blocks."""
    lines = _aligned(rows, ">", "<", "<", "<", ">", ">", ">", "<")
    places = [place for place, row in enumerate(rows) if "." not in row[0]]
    for blocks in reversed(plan.blocks):
        end = blocks.stop + blocks.more
        said = [(blocks.first, _said(blocks)), (end, "once, for all rows:")]
        if blocks.more:
            said.insert(1, (blocks.stop, f"once, for the last {_count(blocks.rest, 'row')}:"))
        for number, text in reversed(said):
            if number < len(plan.kernels):
                lines.insert(places[number + 1], text)
    return lines


def _said(blocks: Blocks) -> str:
    """What a block is, in front of its kernels."""
    size = f"rows in blocks of {blocks.rows}: kernels {blocks.first}-{blocks.stop - 1}"
    return f"{size}, {blocks.count} times, each time for the next {_count(blocks.rows, 'row')}:"


def _arena(plan: "Plan") -> list[str]:
    """Each buffer's place, and from which kernel to which it is needed."""
    alive = lives([kernel.traffic for kernel in plan.kernels], plan.blocks)
    rows = [("buffer", "elements", "offset", "bytes", "written by", "last read by")]
    for number, buffer in enumerate(plan.buffers):
        if buffer.place == "arena" and number in alive:
            life = alive[number]
            rows.append(
                (
                    str(number),
                    f"{buffer.size} {buffer.dtype}",
                    str(buffer.number),
                    str(buffer.nbytes),
                    f"#{life.first}",
                    f"#{life.last}",
                )
            )
    if len(rows) == 1:
        return ["arena: nothing is kept between kernels"]
    head = f"arena: {plan.arena_bytes} bytes; buffers whose lives do not meet share them"
    return [head, *_aligned(rows, *(">" * 6))]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _scaled(number: float, unit: str = "") -> str:
    """Three digits, a prefix and a unit: 12.3 kB."""
    for prefix in ("", "k", "M", "G", "T"):
        if number < 1000 or prefix == "T":
            break
        number /= 1000
    digits = f"{number:.3g}" if prefix else str(int(number))
    return f"{digits} {prefix}{unit}".rstrip()


def _aligned(rows: Sequence[Sequence[str]], *sides: str) -> list[str]:
    """Columns two spaces apart; texts to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(sides))]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]

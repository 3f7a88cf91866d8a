"""A local Jacobian as a picture: cells with its numbers, its structure and its size in words.

Imports the inspection, the graph's readings and the Jacobians. questions.py asks it of a wire. A
large one is never made: what is drawn of it are the places that may differ from 0, or nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.graph_cards import Shown
from chainrule.explorer.reach_card import PICTURED, in_json
from chainrule.graph.nodes.node import Output
from chainrule.graph.op.families import Elementwise
from chainrule.graph.readings.gate import Gate, sources
from chainrule.graph.readings.local_jacobian import jacobian_of, structure_of
from chainrule.inspection.links import without_values
from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Implicit,
    Jacobian,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Sparse,
    Summation,
    Zero,
)
from chainrule.jacobians.sizes import size_text
from chainrule.spec import is_tuple

MOST_ENTRIES = 1 << 21  # of a Jacobian that is made for its picture: 16 MiB
MOST_PRODUCTS = 2_048  # that one without a structure may take
MOST_ELEMENTS = 1 << 17  # of outputs and inputs together, whose places are drawn
SECONDS = 1.0  # that drawing places may take

WORDS: Mapping[type[Jacobian], str] = MappingProxyType(
    {
        Identity: "the identity",
        Diagonal: "diagonal",
        Zero: "all 0",
        Scatter: "an adder of picked entries",
        Sparse: "sparse",
        Dense: "dense",
        Implicit: "dense",
    }
)

Array = np.ndarray[Any, np.dtype[Any]]
Card = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """A picture of a matrix: a number for each cell, each cell a block of entries."""

    numbers: Array
    is_places: bool  # whether a cell says only that some of its entries may differ from 0


def jacobian_card(shown: Shown, asked: dict[str, Any]) -> Card:
    """The local Jacobian of a node in one of its inputs.

    Parameters
    ----------
    shown : Shown
    asked : dict
        ``{"node": "y", "input": 0}``.

    Raises
    ------
    ArgumentError
        If there is no such wire, or no op made the node.
    """
    place, node = shown.node(asked.get("node"))
    position = asked.get("input")
    drawn = shown.flow.nodes[place]
    if drawn.kind == "module" or node.op is None or is_tuple(node.value):
        raise ArgumentError("A local Jacobian belongs to one gate.", do="Choose a gate.")
    if isinstance(node.op, Output) and position == 0:
        raise ArgumentError("One of several results has no Jacobian of its own.")
    read = sources(node)
    if type(position) is not int or not 0 <= position < len(read) or read[position] is None:
        raise ArgumentError(f"{drawn.name} has no such input.", do="Choose one of its inputs.")
    gate = Gate.of(node)
    outputs, inputs = np.shape(gate.result), np.shape(gate.inputs[position])
    shape = prod(outputs), prod(inputs)
    found = _jacobian(gate, position, shape[0] * shape[1])
    cells = None if found is None or 0 in shape else _cells(found, shape)
    return {
        "card": "jacobian",
        "node": place,
        "input": position,
        "outputs": list(outputs),
        "inputs": list(inputs),
        "rows": shape[0],
        "columns": shape[1],
        **_pictured(cells),
        "structure": _structure(found, gate, shape),
        "says": _says(found, gate, position, shape),
    }


def _structure(found: Jacobian | None, gate: Gate, shape: tuple[int, int]) -> str:
    if found is None:
        return ""
    is_bare = isinstance(found, Identity) and isinstance(gate.op, Elementwise)
    return "diagonal" if is_bare and prod(shape) > MOST_ENTRIES else structure_words(found)


def _jacobian(gate: Gate, position: int, entries: int) -> Jacobian | None:
    """With its numbers, where it is small; else its structure alone."""
    if not hasattr(gate.inputs[position], "dtype"):
        return None
    try:
        if entries <= MOST_ENTRIES:
            return jacobian_of(gate, position)
        found = structure_of(gate, position)
        return None if found is None else without_values(found)
    except Exception:  # a rule that breaks its contract, which backward() says
        return None


def _cells(found: Jacobian, shape: tuple[int, int]) -> Cells | None:
    """A picture, where it takes neither much memory nor much time."""
    if prod(shape) <= MOST_ENTRIES:
        if isinstance(found, Implicit) and min(shape) > MOST_PRODUCTS:
            return None
        whole = found.dense(budget=None).reshape(shape)
        return Cells(_binned(np.asarray(whole, np.float64)), False)
    if isinstance(found, Implicit) or sum(shape) > MOST_ELEMENTS:
        return None
    numbers = _places(found, shape)
    return None if numbers is None else Cells(numbers, True)


def _binned(whole: Array) -> Array:
    """At most PICTURED rows and columns: of each block the entry that is furthest from 0."""
    rows, columns = (_edges(n) for n in whole.shape)
    most = np.maximum.reduceat(np.maximum.reduceat(whole, rows, axis=0), columns, axis=1)
    least = np.minimum.reduceat(np.minimum.reduceat(whole, rows, axis=0), columns, axis=1)
    return np.where(-least > most, least, most)


def _places(found: Jacobian, shape: tuple[int, int]) -> Array | None:
    """The same of places: a block of inputs at a time is sent through the structure."""
    rows, columns = (_edges(n) for n in shape)
    cells = np.zeros((len(rows), len(columns)))
    until = time.monotonic() + SECONDS
    for k, first in enumerate(columns):
        if time.monotonic() > until:
            return None
        moved = np.zeros((1, shape[1]))
        moved[0, first : columns[k + 1] if k + 1 < len(columns) else shape[1]] = 1
        cells[:, k] = np.add.reduceat(found.push(moved)[0], rows) > 0
    return cells


def _edges(n: int) -> Array:
    """Where the blocks begin into which an axis falls."""
    count = min(n, PICTURED)
    return np.arange(count) * n // count


def _pictured(cells: Cells | None) -> Card:
    if cells is None:
        return {"cells": None, "high": 0, "wide": 0, "most": 0, "is_places": False}
    numbers = cells.numbers
    finite = numbers[np.isfinite(numbers)]
    return {
        "cells": [in_json(x) for x in numbers.reshape(-1).tolist()],
        "high": numbers.shape[0],
        "wide": numbers.shape[1],
        "most": float(np.abs(finite).max()) if finite.size else 0.0,
        "is_places": cells.is_places,
    }


def structure_words(found: Jacobian) -> str:
    """What a Jacobian looks like, in words: "diagonal", "4 blocks of 3 by 3 on the diagonal"."""
    if isinstance(found, BlockDiagonal):
        count, height, width = found.blocks.shape
        blocks = "1 block" if count == 1 else f"{count} blocks"
        return f"block-diagonal: {blocks} of {height} by {width}"
    if isinstance(found, Kronecker):
        return _kronecker_words(found)
    if isinstance(found, Selection):
        taken = np.bincount(found.index[found.index >= 0], minlength=prod(found.inputs))
        if found.index.size == taken.size and np.all(taken == 1):
            return "a permutation"
        return "a selection: each row has one 1 at most"
    if isinstance(found, Broadcast):
        return "a copier: each input stands in several rows"
    if isinstance(found, Summation):
        scale = "" if found.factor == 1 else f", times {found.factor:.4g}"
        return f"an adder: each input goes into one row{scale}"
    if isinstance(found, Product):
        if isinstance(found.factors[0], Broadcast):
            return "block-diagonal: a block for each row"
        return ", then ".join(structure_words(factor) for factor in reversed(found.factors))
    return WORDS.get(type(found), type(found).__name__.lower())


def _kronecker_words(found: Kronecker) -> str:
    if isinstance(found.left, int) and not isinstance(found.right, int):
        height, width = found.right.shape[-2:]
        return f"block-diagonal: the same {height} by {width} block, {found.left} times"
    if isinstance(found.right, int) and not isinstance(found.left, int):
        height, width = found.left.shape[-2:]
        n = found.right
        return f"{height} by {width} blocks, each a multiple of the {n} by {n} identity"
    return "a Kronecker product"


def _says(found: Jacobian | None, gate: Gate, position: int, shape: tuple[int, int]) -> str:
    """Its size, what its array would take and what is kept in its place."""
    rows, columns = shape
    itemsize = np.asarray(gate.inputs[position]).dtype.itemsize
    whole = f"{rows:,} by {columns:,}: {rows * columns:,} entries"
    if found is None:
        return f"{whole}; the rule multiplies by it without an array."
    places = found.entries
    free = f", of which {places:,} may differ from 0" if places < rows * columns else ""
    size = size_text(rows * columns * itemsize)
    return f"{whole}{free}. As an array it would take {size}; the rule multiplies without it."

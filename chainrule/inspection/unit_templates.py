"""Templates of a net: what its units look for, which rows wake them, and who listens to them.

Imports the sample graph of the checkup, and templates.py, which draws. The weights of the first
layer are its templates; of a deeper unit, how its score moves with the inputs, on the rows that
activate it most.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, UnknownNameError, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.inspection.images import shape_of_picture
from chainrule.inspection.layer_health import CHUNK
from chainrule.inspection.sanity.looked_at import SAMPLE
from chainrule.inspection.sanity.sample_graph import Sample, Weighted, sample_of
from chainrule.inspection.template_list import Templates
from chainrule.inspection.templates import Template, of_weights
from chainrule.nn import Module
from chainrule.train.checks import check_model, checked_inputs, columns_known
from chainrule.train.entering import columns_of
from chainrule.train.streams import Rows, inputs_alone

Array = np.ndarray[Any, np.dtype[Any]]
ROWS = 10  # most and least activating ones per unit; as many make the template of a deeper one
MOST_CLASSES = 100  # for which a backward walk is made


def templates(
    model: Any,
    x: Any = None,
    *,
    layer: int | str = 0,
    image_shape: tuple[int, int] | None = None,
    features: Sequence[str] = (),
    output_weights: Array | None = None,
    classes: Sequence[str] = (),
) -> Any:
    """Show what the units of a layer look for: its templates.

    Parameters
    ----------
    model : Module, or ndarray (D, H)
        A net; or the weights of a first layer, of which the report of a run shows templates.
    x : array, (N, ...)
        Rows, of a net: they tell which of them wake a unit, and what deeper units look for.
    layer : int or str, default 0
        Of a net: the place of the layer, from the inputs on, or the path of its weights.
    image_shape : (int, int), optional
        Height and width, if a row is a picture. Default: found where neighbouring columns of
        square rows are alike, or where x has these axes.
    features : sequence of str, optional
        Names of the D columns, for bars. Default: those of a frame.
    output_weights : ndarray, (H, C), optional
        Beside weights: of the last layer. Of a net it is found how each class moves with a unit.
    classes : sequence of str, optional
        Names of the C classes.

    Returns
    -------
    Templates
        Of a net: a sequence of Template with text, HTML and ``to_dict()``. Of weights a tuple.

    Raises
    ------
    ShapeError, ArgumentError, UnknownNameError
        If the pictures, names or layers do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> found = templates(nn.MLP([3, 4, 2]), x, features=["age", "height", "weight"])
    >>> found.layer, len(found), len(found[0].most)
    ('layers.0.weight', 4, 10)
    """
    if not isinstance(model, Module):
        weights: Any = model
        if isinstance(model, type) or np.ndim(weights) == 0:
            check_model(model)
        return of_weights(
            weights,
            image_shape=image_shape,
            features=features,
            output_weights=output_weights,
            classes=classes,
        )
    if x is None:
        raise ArgumentError(
            "the templates of a net are looked at with rows.",
            do="Pass some: cr.templates(model, X).",
        )
    names = list(features) or list(columns_of(x) or ())
    model = copy.deepcopy(model)
    rows = _rows_of(model, x)
    array = rows.arrays[0]
    image_shape = image_shape or shape_of_picture(array)
    sample = sample_of(model, _some(rows, SAMPLE), None)
    chosen = _layer_of(sample, layer)
    made, of = _made(sample, chosen, image_shape, names, classes)
    values = _values(model, rows, sample, chosen, [unit.unit for unit in made])
    units = tuple(_with_rows(unit, column) for unit, column in zip(made, values.T, strict=True))
    return Templates(chosen.name, of, rows.count, chosen.node.shape[-1], units)


def _rows_of(model: Module, x: Any) -> Rows:
    known = columns_known(model)
    rows = inputs_alone(
        x, lambda each, name: checked_inputs(model, each, name, known.get(name)), "X"
    )
    if not rows.count or rows.arrays[0].dtype.kind != "f" or rows.form.inputs != 1:
        raise ArgumentError(
            "templates are looked at with rows of numbers, one array of them.",
            found=[describe("X", rows.arrays[0])],
            do="Give the rows the net was trained on.",
        )
    return rows


def _some(rows: Rows, count: int) -> Rows:
    places = np.unique(np.linspace(0, rows.count - 1, min(count, rows.count)).round().astype(int))
    return Rows(tuple(array[places] for array in rows.arrays), rows.form)


def _layer_of(sample: Sample, layer: int | str) -> Weighted:
    layers = sample.weighted
    if not layers:
        raise ArgumentError(
            "this net has no layer of weights that reads numbers.",
            do="Give a net with a Linear layer.",
        )
    if isinstance(layer, str):
        found = [each for each in layers if layer in (each.name, each.name.rpartition(".")[0])]
        if not found:
            raise UnknownNameError("layer", layer, [each.name for each in layers])
        return found[0]
    if not -len(layers) <= layer < len(layers):
        raise ArgumentError(
            f"this net has {len(layers)} layers of weights, but layer={layer} was asked for.",
            found=[each.name for each in layers],
            do=f"Count from 0 to {len(layers) - 1}, or give a path.",
        )
    return layers[layer]


def _made(
    sample: Sample,
    chosen: Weighted,
    image_shape: tuple[int, int] | None,
    names: list[str],
    classes: Sequence[str],
) -> tuple[tuple[Template, ...], str]:
    """The templates, and what they are made of."""
    columns = int(np.prod(sample.inputs[0].shape[1:]))
    weights, of = chosen.weight.value, "weights"
    if chosen.depth or weights.shape != (columns, chosen.node.shape[-1]):
        weights, of = _gradients(sample, chosen, columns), "gradients"
    if names and len(names) != columns:
        raise ShapeError(
            f"{len(names)} names do not fit rows of {columns} columns.",
            found=[describe("X", sample.inputs[0])],
            do="Give features= one name per column.",
        )
    voices = None if chosen.is_last else _voices(sample, chosen)
    if voices is not None and classes and len(classes) != voices.shape[1]:
        raise ShapeError(
            f"{len(classes)} names of classes do not fit {voices.shape[1]} outputs.",
            found=[describe("outputs", sample.outs[0])],
            do="Give classes= one name per output.",
        )
    made = of_weights(
        weights,
        image_shape=image_shape,
        features=names,
        output_weights=voices,
        classes=classes,
        shown="Weights" if of == "weights" else "Slopes",
    )
    return made, of


def _gradients(sample: Sample, chosen: Weighted, columns: int) -> Array:
    """How each unit's score moves with the inputs: the mean over the rows that wake it most."""
    scores = np.asarray(chosen.node.value)
    flat = scores.reshape(-1, scores.shape[-1])
    found = np.empty((columns, flat.shape[1]))
    leaf = sample.inputs[0]
    for unit in range(flat.shape[1]):
        upstream = np.zeros_like(flat)
        best = np.argsort(-flat[:, unit], kind="stable")[:ROWS]
        upstream[best, unit] = 1 / len(best)
        with np.errstate(all="ignore"):
            moved = walk([chosen.node], [upstream.reshape(scores.shape)], targets={leaf}).get(leaf)
        found[:, unit] = 0 if moved is None else np.asarray(moved).sum(axis=0).reshape(-1)
    return found


def _voices(sample: Sample, chosen: Weighted) -> Array | None:
    """How each output moves with each unit, on average over the rows: (H, C)."""
    out, node = sample.outs[0], _heard(sample, chosen.node)
    outputs = out.shape[-1] if len(out.shape) > 1 else 1
    if outputs > MOST_CLASSES or len(sample.outs) > 1:
        return None
    found = np.zeros((node.shape[-1], outputs))
    for place in range(outputs):
        upstream = np.zeros(out.shape, out.dtype)
        upstream.reshape(-1, outputs)[:, place] = 1
        with np.errstate(all="ignore"):
            moved = walk([out], [upstream], targets={node}).get(node)
        if moved is not None:
            found[:, place] = np.asarray(moved).reshape(-1, node.shape[-1]).mean(axis=0)
    return found


def _heard(sample: Sample, scores: Node) -> Node:
    """The activation behind some scores, which the next layer listens to; else the scores."""
    for node in sample.activations:
        if any(x is scores for x in node.inputs):
            return node
    return scores


def _values(
    model: Module, rows: Rows, sample: Sample, chosen: Weighted, units: list[int]
) -> Array:
    """The scores of some units for every row."""
    place = next(i for i, node in enumerate(sample.graph.nodes) if node is chosen.node)
    found: list[Array] = []
    for start in range(0, rows.count, CHUNK):
        again = sample_of(model, rows.part(start, start + CHUNK), None)
        values = np.asarray(again.graph.nodes[place].value)
        found.append(values.reshape(len(values), -1, values.shape[-1]).max(axis=1)[:, units])
    return np.concatenate(found)


def _with_rows(unit: Template, values: Array) -> Template:
    order = np.argsort(-np.nan_to_num(values), kind="stable")
    most, least = order[:ROWS], order[::-1][:ROWS]
    return replace(unit, most=tuple(most.tolist()), least=tuple(least.tolist()))

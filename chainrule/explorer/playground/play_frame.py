"""A frame: what a page shows of one moment, as bytes: a head of JSON, and arrays behind it.

Imports the inspection's words for ratios, and the parts beside it. Everything is computed from
the parameters of the moment, so that a moment of the past looks as it did then.

    4 bytes   how long the head is
    the head  JSON; "arrays" names each array with its type and its size
    arrays    in that order, each from a multiple of 8 on; the lowest byte of a number comes first
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from chainrule.explorer.playground.moment import Moment
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.inspection.ratios import Ratio

Array = np.ndarray[Any, np.dtype[Any]]
FINE, COARSE = 56, 24  # cells on a side: of the decision surface, of a unit's
MOST_WARPED = 600  # points that are shown where a layer takes them
ALIGNED = 8  # bytes
FULL = 255  # of a byte that stands for 1
SIGNED = 127


@dataclass(frozen=True)
class Look:
    """Which layer's warped grid is shown.

    Attributes
    ----------
    layer : int
        From 0; of a net without hidden layers there is none.
    units : tuple of int
        Two units that are the axes; () for the layer's own two, or its principal directions.
    """

    layer: int = 0
    units: tuple[int, ...] = ()


class Field:
    """The places of the plane that are looked at, and what a net says of them.

    Parameters
    ----------
    task : PlayTask
    net : PlayedNet
    """

    def __init__(self, task: PlayTask, net: PlayedNet) -> None:
        self._task, self._net = task, net
        points = task.points
        self._shown = np.linspace(0, len(points.x) - 1, min(len(points.x), MOST_WARPED)).astype(
            int
        )
        places = (_cells(points.box, FINE), _cells(points.box, COARSE), points.x)
        self._ends = np.cumsum([len(each) for each in places])
        self._entered = task.entered(np.concatenate(places))

    def frame(
        self, moment: Moment, moments: Sequence[Moment], look: Look, head: Mapping[str, Any]
    ) -> bytes:
        """What a page shows of a moment, among others."""
        with np.errstate(all="ignore"):
            *hidden, outputs = self._net.sees(moment.parameters, self._entered)
            arrays = self._surface(outputs[: self._ends[0]])
            found = {
                **head,
                "epoch": moment.epoch,
                "steps": moment.steps,
                "loss": {k: plain(x) for k, x in moment.loss.items()},
                "accuracy": {k: plain(x) for k, x in moment.accuracy.items()},
                "objective": plain(moment.objective),
                "layers": _layers(moment),
                "warp": None,
            }
            if hidden:
                coarse = [out[self._ends[0] : self._ends[1]] for out in hidden]
                arrays["units"], found["reach"] = _in_bytes(coarse)
                found["warp"], warped = self._warp(hidden, look)
                arrays |= warped
            arrays |= _curves(moments, moment)
        return packed(found, arrays)

    def _surface(self, outputs: Array) -> dict[str, Array]:
        task = self._task
        sure = np.nan_to_num(task.surely(outputs), nan=0.5)
        share = (np.clip(sure, 0, 1) * FULL).round().astype(np.uint8)
        if task.classes == 2:
            return {"surface": share}
        return {"surface": task.decided(outputs).astype(np.uint8), "strength": share}

    def _warp(
        self, hidden: Sequence[Array], look: Look
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """Where a layer takes the grid and the points: two numbers for each of them."""
        layer = min(look.layer, len(hidden) - 1)
        out = np.nan_to_num(hidden[layer])
        grid, points = out[self._ends[0] : self._ends[1]], out[self._ends[1] :]
        units = out.shape[1]
        chosen = tuple(unit for unit in look.units if unit < units)
        shares: list[float | None] = []
        if len(chosen) == 2:
            how, axes = "units", [f"unit {unit + 1}" for unit in chosen]
            grid, points = grid[:, chosen], points[:, chosen]
        elif units <= 2:
            how, axes = "units", [f"unit {unit + 1}" for unit in range(units)]
            if units == 1:
                grid, points = (np.pad(each, ((0, 0), (0, 1))) for each in (grid, points))
        else:
            how, axes = "principal", ["first direction", "second direction"]
            learned = points[~self._task.held]
            directions, found = principal(learned)
            shares = [plain(share) for share in found]
            middle = learned.mean(axis=0)
            grid, points = (grid - middle) @ directions, (points - middle) @ directions
        said = {"layer": layer, "how": how, "axes": axes, "shares": shares}
        return said, {
            "grid": grid.astype(np.float32),
            "points": points[self._shown].astype(np.float32),
            "labels": self._task.points.label[self._shown].astype(np.uint8),
            "held": self._task.held[self._shown].astype(np.uint8),
        }


def principal(activations: Array) -> tuple[Array, Array]:
    """The first two principal directions of a layer's activations, and their shares of the spread.

    Each points to where its largest entry is positive: a picture does not turn over.
    """
    centred = (activations - activations.mean(axis=0)).astype(np.float64)
    spread, directions = np.linalg.eigh(centred.T @ centred)
    first = directions[:, ::-1][:, :2]
    largest = first[np.abs(first).argmax(axis=0), [0, 1]]
    whole = max(float(spread.sum()), float(np.finfo(np.float64).tiny))
    return first * np.where(largest < 0, -1.0, 1.0), spread[::-1][:2] / whole


def _cells(box: tuple[float, float, float, float], count: int) -> Array:
    """The middles of the cells of a box, row by row from the top."""
    x0, x1, y0, y1 = box
    share = (np.arange(count) + 0.5) / count
    x, y = np.meshgrid(x0 + share * (x1 - x0), y1 - share * (y1 - y0))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _in_bytes(layers: Sequence[Array]) -> tuple[Array, list[float | None]]:
    """Every unit's activations as bytes, unit by unit; and what 127 stands for."""
    whole = np.concatenate([out.T for out in layers])
    reach = np.abs(np.nan_to_num(whole, posinf=0, neginf=0)).max(axis=1)
    scaled = np.nan_to_num(whole / np.where(reach, reach, 1)[:, np.newaxis])
    rounded = np.clip(scaled * SIGNED, -SIGNED, SIGNED).round().astype(np.int8)
    return rounded, [plain(each) for each in reach]


def _layers(moment: Moment) -> list[dict[str, Any]]:
    last = len(moment.gradients) - 1
    return [
        {
            "gradient": plain(moment.gradients[i]),
            "ratio": plain(moment.ratios[i]),
            "verdict": Ratio("", moment.ratios[i], moment.ratios[i]).verdict,
            "dead": list(moment.dead[i]) if i < last else [],
            "saturated": list(moment.saturated[i]) if i < last else [],
        }
        for i in range(last + 1)
    ]


def _curves(moments: Sequence[Moment], now: Moment) -> dict[str, Array]:
    """The numbers of all moments, and of the one that is shown."""
    all_of = list(moments)
    if not all_of or all_of[-1].epoch < now.epoch:
        all_of.append(now)
    single = np.float32
    return {
        "epochs": np.array([each.epoch for each in all_of], np.int32),
        "train": np.array([each.loss["train"] for each in all_of], single),
        "test": np.array([each.loss["test"] for each in all_of], single),
        "gradients": np.array([each.gradients for each in all_of], single),
        "ratios": np.array([each.ratios for each in all_of], single),
    }


def plain(x: Any) -> float | None:
    """A number for JSON, which knows no NaN."""
    return float(x) if isfinite(x) else None


def packed(head: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """One message."""
    named = [[name, array.dtype.name, array.size] for name, array in arrays.items()]
    text = json.dumps({**head, "arrays": named}, ensure_ascii=True, allow_nan=False).encode()
    parts = [struct.pack("<I", len(text)), text, _rest(len(text) + 4)]
    for array in arrays.values():
        own = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        parts += [own, _rest(len(own))]
    return b"".join(parts)


def _rest(length: int) -> bytes:
    return bytes(-length % ALIGNED)

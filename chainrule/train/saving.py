"""Saving a trained net with everything that `predict` needs, and loading it again.

One safetensors file: the arrays, and as metadata the architecture, the preprocessing, the format
and the version. Nothing in it can run code; a reader checks every size before it allocates.
Imports nn through architecture.py, data, files.py, and safetensors when a model is saved or read.
"""

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataError, MissingDataError, MissingLibraryError
from chainrule.nn import Module
from chainrule.train.architecture import Architecture
from chainrule.train.data import Preprocessing
from chainrule.train.files import write_atomically

Array = np.ndarray[Any, np.dtype[Any]]

FORMAT = "1"  # raise it when the meaning of the metadata changes
KEYS = ("format", "architecture", "preprocessing")
ALIGNMENT = 8  # bytes; the format's rule for where the arrays begin


@dataclass(frozen=True)
class SavedModel:
    """What stands beside the weights of a saved model.

    Parameters
    ----------
    path : Path
        The file.
    architecture : Architecture
        The net, and the loss that gives its scores their meaning.
    preprocessing : Preprocessing
        How raw rows become its inputs, and what its outputs mean.
    chainrule_version : str
        The version that wrote it.
    """

    path: Path
    architecture: Architecture
    preprocessing: Preprocessing
    chainrule_version: str


def save_model(
    path: str | os.PathLike[str],
    model: Module,
    architecture: Architecture,
    preprocessing: Preprocessing,
) -> None:
    """Write a model; a file that stood there is replaced in one step.

    The same model gives the same bytes.

    Raises
    ------
    OutputError
        If the place cannot be written; what stood there still stands.
    MissingLibraryError
        If safetensors is not installed.
    """
    metadata = {
        "format": FORMAT,
        "chainrule": installed_version(),
        "architecture": architecture.to_json(),
        "preprocessing": preprocessing.to_json(),
    }
    # safetensors writes wrong numbers for an array that is not C-contiguous (its issue 825).
    arrays = {
        name: np.asarray(array, array.dtype.newbyteorder("="), order="C")
        for name, array in model.state().items()
    }
    write_atomically(path, _settled(_safetensors().numpy.save(arrays, metadata)))


def load_model(path: str | os.PathLike[str]) -> tuple[Module, SavedModel]:
    """Read a model that :func:`save_model` wrote.

    Returns
    -------
    model : Module
        Ready to evaluate.
    saved : SavedModel
        What stood beside its weights.

    Raises
    ------
    MissingDataError
        If there is no such file.
    DataError
        If it is anything else than a whole model; the file and what was found are named.
    MissingLibraryError
        If safetensors is not installed.
    """
    path = Path(path)
    with _opened(path) as file:
        metadata: dict[str, str] = file.metadata() or {}
        _refuse_foreign(path, metadata)
        with _naming(path):
            saved = SavedModel(
                path,
                Architecture.from_json(metadata["architecture"]),
                Preprocessing.from_json(metadata["preprocessing"]),
                metadata.get("chainrule", "unknown"),
            )
        names: list[str] = file.keys()
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        _refuse_misfits(saved, shapes)
        arrays = {name: file.get_tensor(name) for name in shapes}
    model = saved.architecture.build()
    with _naming(path):
        model.load_state(arrays)
    return model, saved


def installed_version() -> str:
    """The version of chainrule, as its installation knows it."""
    try:
        return version("chainrule")
    except PackageNotFoundError:
        return "unknown"


def _settled(content: bytes) -> bytes:
    """The file with its metadata in the order of their keys; the library's order is random."""
    start, length = 8, int.from_bytes(content[:8], "little")
    header = json.loads(content[start : start + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(8, "little") + text + content[start + length :]


@contextmanager
def _opened(path: Path) -> Generator[Any]:
    safetensors = _safetensors()
    if not path.is_file():
        raise MissingDataError(
            f"there is no model {path}.", do="Train one: chainrule train digits"
        )
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            yield file
    except (safetensors.SafetensorError, OSError, TypeError) as error:
        raise DataError(
            f"{path} is not a whole safetensors file.",
            found=[str(error)],
            do="Copy the file again, or train again.",
        ) from None


def _refuse_foreign(path: Path, metadata: dict[str, str]) -> None:
    missing = [key for key in KEYS if key not in metadata]
    if missing:
        raise DataError(
            f"{path} is a safetensors file, but not a model of chainrule.",
            found=[f"its metadata lacks {', '.join(missing)}"],
            do="Give a model that chainrule has written.",
        )
    if metadata["format"] != FORMAT:
        raise DataError(
            f"{path} has the format {metadata['format']}; this version reads format {FORMAT}.",
            found=[f"written by chainrule {metadata.get('chainrule', 'unknown')}"],
            do="Read it with the version that wrote it, or train again.",
        )


def _refuse_misfits(saved: SavedModel, shapes: dict[str, tuple[int, ...]]) -> None:
    """Compare sizes before a net is built: a few bytes of JSON may ask for terabytes."""
    architecture, preprocessing = saved.architecture, saved.preprocessing
    sizes = architecture.sizes
    numbers = sum(prod(shape) for shape in shapes.values())
    if architecture.weights > numbers:
        raise DataError(
            f"{saved.path} holds {numbers:,} numbers; its net has {architecture.weights:,}.",
            found=[f"sizes {list(sizes)}"],
            do="Copy the file again, or train again.",
        )
    ends = (len(preprocessing.features), len(preprocessing.classes) or 1)
    if ends != (sizes[0], sizes[-1]):
        raise DataError(
            f"{saved.path} contradicts itself.",
            found=[
                f"preprocessing  {ends[0]} features, {ends[1]} outputs",
                f"net            {sizes[0]} features, {sizes[-1]} outputs",
            ],
            do="Train again.",
        )


@contextmanager
def _naming(path: Path) -> Generator[None]:
    """Name the file in what a reader of its parts complains about."""
    try:
        yield
    except ChainruleError as error:
        raise DataError(
            f"{path} cannot be used: {error.what}", found=error.found, do="Train again."
        ) from None


def _safetensors() -> Any:
    try:
        import_module("safetensors.numpy")
        return import_module("safetensors")  # here, not above: only saving and loading need it
    except ImportError as error:
        raise MissingLibraryError(
            "models are saved with safetensors, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"',
        ) from error

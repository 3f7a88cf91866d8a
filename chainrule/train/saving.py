"""Saving a trained net with everything that `predict` needs, and loading it again.

One safetensors file: the arrays, and as metadata the architecture, the preprocessing, the format
and the version. Nothing in it can run code; a reader checks every size before it allocates.
Imports nn through architecture.py, data, files.py, and safetensors when a model is saved or read.
"""

import hashlib
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

FORMAT = "2"  # raise it when the meaning of the metadata changes
UNSIGNED = "1"  # the format before there was a checksum
KEYS = ("format", "architecture", "preprocessing", "chainrule", "checksum")
LATER = (("checksum", UNSIGNED), ("chainrule", UNSIGNED))  # what an older format need not have
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
    DataError
        If the model or what stands beside it could not be loaded again: a weight that is NaN.
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
    _refuse_contradiction(Path(path), architecture, preprocessing)
    _refuse_nonsense(Path(path), arrays)
    metadata["checksum"] = _checksum(metadata, arrays)
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
        arrays: dict[str, Array] = {name: file.get_tensor(name) for name in shapes}
    model = saved.architecture.build()
    with _naming(path):
        _refuse_other_types(model, arrays)
        model.load_state(arrays)
    _refuse_nonsense(path, arrays)
    _refuse_changed(path, metadata, arrays)
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
    form = metadata.get("format", FORMAT)
    if form not in (FORMAT, UNSIGNED):
        raise DataError(
            f"{path} has the format {form}; this version reads format {FORMAT}.",
            found=[f"written by chainrule {metadata.get('chainrule', 'unknown')}"],
            do="Read it with the version that wrote it, or train again.",
        )
    missing = [key for key in KEYS if key not in metadata and (key, form) not in LATER]
    if missing:
        raise DataError(
            f"{path} is a safetensors file, but not a model of chainrule.",
            found=[f"its metadata lacks {', '.join(missing)}"],
            do="Give a model that chainrule has written.",
        )
    strange = [key for key in metadata if key not in KEYS]
    if strange:
        raise DataError(
            f"{path} has an entry that nobody knows in its metadata.",
            found=[f"found     {strange[0]}", f"expected  {', '.join(KEYS)}"],
            do="Give a model as chainrule has written it.",
        )


def _refuse_other_types(model: Module, arrays: dict[str, Array]) -> None:
    """Raise for numbers that are stored as another type than the net's: the bits mean others."""
    found = [
        f"{name}  found {arrays[name].dtype}, expected {place.dtype}"
        for name, place in model.state().items()
        if name in arrays and arrays[name].dtype != place.dtype
    ]
    if found:
        raise DataError(
            "this state does not fit the net: its numbers are of another type.", found=found
        )


def _refuse_nonsense(path: Path, arrays: dict[str, Array]) -> None:
    """Raise for weights and statistics that no training leaves: NaN, infinity, a variance < 0."""
    for name, array in arrays.items():
        is_variance = name.rpartition(".")[2] == "running_variance"
        bad = ~np.isfinite(array) | (array < 0 if is_variance else False)
        if bad.any():
            place = tuple(np.argwhere(bad)[0].tolist())
            least = " from 0 upwards" if is_variance else ""
            raise DataError(
                f"{path} cannot be used: a weight is no number that training leaves.",
                found=[
                    f"field     {name}{list(place)}",
                    f"found     {array[place]}",
                    f"expected  finite numbers{least}",
                ],
                do="Train again.",
            )


def _refuse_changed(path: Path, metadata: dict[str, str], arrays: dict[str, Array]) -> None:
    """Raise unless all is as it was saved: another activation is a legal name, too."""
    if metadata["format"] == UNSIGNED:
        return
    found = _checksum(metadata, arrays)
    if found != metadata["checksum"]:
        raise DataError(
            f"{path} is not as it was saved: its checksum does not fit.",
            found=[
                "field     checksum",
                f"found     {metadata['checksum']}",
                f"expected  {found}",
            ],
            do="Copy the file again, or train again.",
        )


def _checksum(metadata: dict[str, str], arrays: dict[str, Array]) -> str:
    """SHA-256 of everything that a prediction depends on."""
    whole = hashlib.sha256()
    texts = {key: value for key, value in metadata.items() if key != "checksum"}
    whole.update(json.dumps(texts, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        whole.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        whole.update(array.tobytes())
    return f"sha256:{whole.hexdigest()}"


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
    _refuse_contradiction(saved.path, architecture, preprocessing)


def _refuse_contradiction(
    path: Path, architecture: Architecture, preprocessing: Preprocessing
) -> None:
    """Raise unless net, loss and preprocessing speak of the same inputs and answers."""
    sizes = architecture.sizes
    ends = (len(preprocessing.features), len(preprocessing.classes) or 1)
    if ends != (sizes[0], sizes[-1]):
        raise DataError(
            f"{path} contradicts itself.",
            found=[
                f"preprocessing  {ends[0]} features, {ends[1]} outputs",
                f"net            {sizes[0]} features, {sizes[-1]} outputs",
            ],
            do="Train again.",
        )
    if architecture.names_classes != bool(preprocessing.classes):
        raise DataError(
            f"{path} contradicts itself.",
            found=[
                f"preprocessing  answers are {'classes' if preprocessing.classes else 'numbers'}",
                f"loss           {architecture.loss}",
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

"""Fashion-MNIST from its four IDX files: pictures of garments, ten classes.

Imports idx.py and tables.py; sources.py uses it.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747.
"""

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, MissingDataError
from chainrule.train.data.idx import read_idx, read_idx_files
from chainrule.train.data.tables import RawData, Table, Text
from chainrule.train.data.wording import counted

NAME = "fashion-mnist"
DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist"  # dpkg -L dataset-fashion-mnist
SIDE = 28  # pixels
PARTS = ("train", "t10k")
CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def fashion_mnist(folder: str | PathLike[str] | None = None) -> RawData:
    """Training rows, then the set's own test rows."""
    place = Path(DEBIAN_FOLDER if folder is None else folder)
    pixels, counts = read_idx_files(
        [_file(place, f"{part}-images-idx3-ubyte") for part in PARTS], (SIDE, SIDE)
    )
    parts = zip(PARTS, counts, strict=True)
    labels = np.concatenate([_labels(place, part, count) for part, count in parts])
    names = [f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)]
    return RawData(
        NAME,
        Table.of_numbers(NAME, names, pixels.reshape(-1, SIDE * SIDE)),
        "garment",
        Text(CLASSES, labels.astype(np.int64)),
        image_shape=(SIDE, SIDE),
        test_rows=counts[-1],
    )


def _labels(folder: Path, part: str, pictures: int) -> NDArray[np.uint8]:
    labels = read_idx(_file(folder, f"{part}-labels-idx1-ubyte"), ())
    if not pictures or pictures != len(labels):
        raise DataError(
            f"the {part} files of {NAME} hold {counted(pictures, 'picture')} "
            f"and {counted(len(labels), 'label')}.",
            do="Each picture has one label: take all four files from one place.",
        )
    if labels.max() >= len(CLASSES):
        row = int(np.argmax(labels >= len(CLASSES)))
        raise DataError(
            f"the {part} labels of {NAME} hold {labels[row]} in row {row + 1}; "
            f"the classes are 0 to {len(CLASSES) - 1}.",
            do="Copy or install the file again.",
        )
    return labels


def _file(folder: Path, name: str) -> Path:
    """The gzipped file, or the unpacked one."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise MissingDataError(
        f"the data set {NAME} is not on this machine.",
        found=[f"looked for {name}.gz in {folder}"],
        do="Install it: apt-get install dataset-fashion-mnist\n"
        "Or name the folder that holds its four IDX files: folder=...",
    )

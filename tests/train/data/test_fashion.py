"""Fashion-MNIST: the package's own files, a folder of one's own, and what can be missing."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import DataError, MissingDataError
from chainrule.train.data import load, read_rows
from chainrule.train.data.fashion import DEBIAN_FOLDER

TRAIN, TEST = 60, 20
IN_CI = os.environ.get("CI") == "true"


def write_part(folder: Path, part: str, labels: np.ndarray, pictures: int | None = None):
    rows = len(labels) if pictures is None else pictures
    pixels = np.random.default_rng(rows).integers(0, 256, (rows, 28, 28), np.uint8)
    images = b"\0\0\x08\x03" + struct.pack(">3I", rows, 28, 28) + pixels.tobytes()
    names = b"\0\0\x08\x01" + struct.pack(">I", len(labels)) + labels.astype(np.uint8).tobytes()
    (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(names)  # unpacked: both are read


@pytest.fixture
def folder(tmp_path):
    write_part(tmp_path, "train", np.arange(TRAIN) % 10)
    write_part(tmp_path, "t10k", np.arange(TEST) % 10)
    return tmp_path


def test_its_own_test_files_are_the_test_part(folder):
    dataset = load("fashion-mnist", folder=folder, test=0.5, validation=1 / 3)
    assert dataset.y_test.tolist() == [*range(10), *range(10)]
    assert (len(dataset.x_train), len(dataset.x_validation)) == (40, 20)
    assert np.bincount(dataset.y_validation).tolist() == [2] * 10
    assert (dataset.image_shape, dataset.inputs, dataset.outputs) == ((28, 28), 784, 10)
    assert dataset.features[29] == "pixel_1_1"
    assert dataset.classes[9] == "ankle boot"


def test_all_its_rows_are_read_for_a_trained_net(folder):
    dataset = load("fashion-mnist", folder=folder)
    x, y = read_rows("fashion-mnist", dataset.preprocessing, folder=folder)
    assert x.shape == (TRAIN + TEST, 784)
    assert x[TRAIN:].tobytes() == dataset.x_test.tobytes()
    assert y is not None
    assert y[TRAIN:].tolist() == dataset.y_test.tolist()


def test_when_absent_the_install_line_and_the_folder_are_given(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load("fashion-mnist", folder=tmp_path)
    assert caught.value.short() == (
        "the data set fashion-mnist is not on this machine.\n"
        f"    looked for train-images-idx3-ubyte.gz in {tmp_path}\n"
        "Install it: apt-get install dataset-fashion-mnist\n"
        "Or name the folder that holds its four IDX files: folder=..."
    )


def test_pictures_without_labels_are_refused(folder):
    write_part(folder, "t10k", np.zeros(3), pictures=4)
    with pytest.raises(DataError) as caught:
        load("fashion-mnist", folder=folder)
    assert caught.value.short() == (
        "the t10k files of fashion-mnist hold 4 pictures and 3 labels.\n"
        "Each picture has one label: take all four files from one place."
    )


def test_no_pictures_are_refused(folder):
    write_part(folder, "train", np.zeros(0))
    with pytest.raises(DataError, match="the train files of fashion-mnist hold 0 pictures and 0"):
        load("fashion-mnist", folder=folder)


def test_a_label_that_is_no_class_is_refused(folder):
    write_part(folder, "train", np.array([0, 9, 10]))
    with pytest.raises(DataError) as caught:
        load("fashion-mnist", folder=folder)
    assert caught.value.short() == (
        "the train labels of fashion-mnist hold 10 in row 3; the classes are 0 to 9.\n"
        "Copy or install the file again."
    )


@pytest.mark.skipif(
    not (IN_CI or Path(DEBIAN_FOLDER).is_dir()), reason="apt-get install dataset-fashion-mnist"
)
def test_the_real_set():
    dataset = load("fashion-mnist")
    assert [len(x) for x in (dataset.x_train, dataset.x_validation)] == [54_000, 6_000]
    assert dataset.x_test.shape == (10_000, 784)
    assert np.bincount(dataset.y_test).tolist() == [1_000] * 10
    assert np.bincount(dataset.y_validation).tolist() == [600] * 10
    assert len({column.std for column in dataset.preprocessing.columns}) == 1
    np.testing.assert_allclose(dataset.x_train.mean(axis=0, dtype=float), 0, atol=1e-5)
    assert dataset.classes[dataset.y_test[0]] == "ankle boot"  # the set's best known picture

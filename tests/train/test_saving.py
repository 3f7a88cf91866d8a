"""Saved models: written whole, read back to the bit, and refused when anything is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from chainrule import nn
from chainrule.errors import MissingDataError, OutputError
from chainrule.train.architecture import Architecture
from chainrule.train.data import Preprocessing, load
from chainrule.train.saving import load_model, save_model
from tests.train.saved_models import (
    ARCHITECTURE,
    PREPROCESSING,
    architecture,
    refusal,
    rewritten,
    saved,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_a_model_comes_back_to_the_bit(path):
    model = saved(path, seed=3)
    again, found = load_model(path)
    assert found.architecture == ARCHITECTURE
    assert found.preprocessing == PREPROCESSING
    assert found.path == path
    assert found.chainrule_version
    assert again.state().keys() == model.state().keys()
    for name, array in model.state().items():
        np.testing.assert_array_equal(again.state()[name], array)
        assert again.state()[name].dtype == array.dtype


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_net_comes_back(path, normalization, dtype, rng):
    wanted = Architecture((4, 6, 5, 3), "tanh", "hinge", 0.25, normalization, dtype)
    model = wanted.build(1)
    model.load_state({k: rng.normal(size=a.shape) ** 2 for k, a in model.state().items()})
    save_model(path, model, wanted, PREPROCESSING)
    again, found = load_model(path)
    assert found.architecture == wanted
    x = rng.normal(size=(7, 4))
    np.testing.assert_array_equal(again(x).data, model(x).data)


class Awkward(nn.Module):
    """A net whose state is views of other arrays."""

    def __init__(self, arrays):
        self.arrays = arrays

    def state(self):
        return self.arrays


def test_arrays_that_are_not_contiguous_keep_their_numbers(path):
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    arrays = {
        "transposed": base.T,
        "strided": base[::2, 1::3],
        "reversed": base[::-1],
        "swapped": base.astype(">f4"),
        "scalar": np.array(2.5),
        "empty": base[:0],
    }
    save_model(path, Awkward(arrays), ARCHITECTURE, PREPROCESSING)
    with safe_open(path, framework="numpy") as file:
        for name, array in arrays.items():
            np.testing.assert_array_equal(file.get_tensor(name), array)
            assert file.get_tensor(name).shape == array.shape


def test_the_same_model_gives_the_same_bytes(tmp_path):
    files = [tmp_path / f"{number}.safetensors" for number in range(6)]
    for file in files:
        saved(file)
    assert len({file.read_bytes() for file in files}) == 1


def test_the_metadata_is_plain_json_that_other_tools_can_read(path):
    saved(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert set(metadata) == {"architecture", "chainrule", "checksum", "format", "preprocessing"}
    assert metadata["format"] == "2"
    assert json.loads(metadata["architecture"])["sizes"] == [4, 8, 3]
    assert Preprocessing.from_json(metadata["preprocessing"]) == PREPROCESSING


def test_names_in_any_script_survive(path):
    preprocessing = Preprocessing.from_json(
        PREPROCESSING.to_json().replace("setosa", "\\u30a2\\u30e4\\u30e1")
    )
    save_model(path, ARCHITECTURE.build(), ARCHITECTURE, preprocessing)
    assert load_model(path)[1].preprocessing.classes[0] == "アヤメ"


def test_a_missing_file_is_named(path):
    with pytest.raises(MissingDataError) as caught:
        load_model(path)
    assert caught.value.short() == (
        f"there is no model {path}.\nTrain one: chainrule train digits"
    )


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x05K\x01.", b"\xff" * 64])
def test_what_is_no_safetensors_file_is_refused(path, content):
    path.write_bytes(content)
    first, found, do = refusal(path).splitlines()
    assert first == "FILE is not a whole safetensors file."
    assert found.strip()
    assert do == "Copy the file again, or train again."


def test_every_truncation_is_refused(path):
    saved(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        assert refusal(path).startswith("FILE is not a whole safetensors file.")


def test_a_safetensors_file_of_somebody_else_is_refused(path):
    save_file({"x": np.zeros(3)}, path)
    assert refusal(path) == (
        "FILE is a safetensors file, but not a model of chainrule.\n"
        "    its metadata lacks format, architecture, preprocessing, chainrule, checksum\n"
        "Give a model that chainrule has written."
    )


def test_a_later_format_is_refused(path):
    rewritten(path, format="3", chainrule="9.0")
    assert refusal(path) == (
        "FILE has the format 3; this version reads format 2.\n"
        "    written by chainrule 9.0\n"
        "Read it with the version that wrote it, or train again."
    )


BROKEN = {
    "no json": "{",
    "no object": "[]",
    "unknown kind": architecture(kind="transformer"),
    "no sizes": architecture(sizes=[]),
    "half a unit": architecture(sizes=[4, 8.5, 3]),
    "a bool": architecture(sizes=[4, True, 3]),
    "nothing": architecture(sizes=[4, 0, 3]),
    "unknown activation": architecture(activation="rellu"),
    "unknown entry": architecture(surprise=1),
    "bad dtype": architecture(dtype="int32"),
    "no dtype": architecture(dtype="O"),
    "bad rate": architecture(dropout=2),
    "a text": architecture(dropout="a"),
    "a list": architecture(activation=[]),
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_architecture_is_refused(path, text):
    rewritten(path, architecture=text)
    assert refusal(path).startswith(
        "FILE cannot be used: this is not an architecture of chainrule: "
    )


def test_an_unknown_activation_is_told_the_nearest_name(path):
    rewritten(path, architecture=BROKEN["unknown activation"])
    assert "there is no activation named 'rellu'; did you mean 'relu'?" in refusal(path)


def test_a_broken_preprocessing_is_refused(path):
    rewritten(path, preprocessing="{}")
    assert refusal(path).startswith(
        "FILE cannot be used: this is not a preprocessing record of chainrule: "
    )


def test_a_net_larger_than_its_file_is_refused_before_it_is_built(path):
    rewritten(path, architecture=architecture(sizes=[4, 10**12, 3]))
    assert refusal(path) == (
        "FILE holds 67 numbers; its net has 8,000,000,000,003.\n"
        "    sizes [4, 1000000000000, 3]\n"
        "Copy the file again, or train again."
    )


def test_a_preprocessing_of_another_net_is_refused(path):
    rewritten(path, preprocessing=load("wine").preprocessing.to_json())
    assert refusal(path) == (
        "FILE contradicts itself.\n"
        "    preprocessing  13 features, 3 outputs\n"
        "    net            4 features, 3 outputs\n"
        "Train again."
    )


WRONG = {
    "missing": {"layers.0.bias": None, "spare": np.zeros(8, np.float32)},
    "shape": {"layers.0.weight": np.zeros((8, 4), np.float32)},
    "more": {"layers.9.weight": np.zeros(2, np.float32)},
    "complex": {"layers.0.bias": np.zeros(8, np.complex64)},
}


@pytest.mark.parametrize("arrays", WRONG.values(), ids=WRONG.keys())
def test_arrays_that_do_not_fit_are_refused(path, arrays):
    rewritten(path, arrays)
    assert refusal(path).startswith("FILE cannot be used: this state does not fit the net:")


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    path = tmp_path / "none" / "model.safetensors"
    with pytest.raises(OutputError) as caught:
        saved(path)
    assert caught.value.short() == (
        f"{path} cannot be written: No such file or directory.\n"
        "Choose a folder that exists, may be written and has room."
    )


ENDLESS = """
import sys
from chainrule.train.architecture import Architecture
from chainrule.train.data import load
from chainrule.train.saving import save_model

architecture = Architecture((2, 20000, 3))
preprocessing = load("spiral").preprocessing
models = [architecture.build(seed) for seed in (0, 1)]
for number in range(10**9):
    save_model(sys.argv[1], models[number % 2], architecture, preprocessing)
    if number == 1:
        print("saving", flush=True)
"""


def test_kill_9_while_saving_leaves_a_whole_model(path):
    large = Architecture((2, 20000, 3))
    whole = {large.build(seed).state()["layers.0.weight"].tobytes() for seed in (0, 1)}
    for wait in (0.0, 0.003, 0.007, 0.012):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "saving\n"
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        model, _ = load_model(path)
        assert model.state()["layers.0.weight"].tobytes() in whole

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
from chainrule.errors import DataError, MissingDataError, OutputError
from chainrule.train.architecture import Architecture
from chainrule.train.data import Preprocessing, load
from chainrule.train.saving import load_model, save_model

PREPROCESSING = load("iris").preprocessing
ARCHITECTURE = Architecture((4, 8, 3))
NAMES = ("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def saved(path: Path, seed: int = 0) -> nn.Module:
    model = ARCHITECTURE.build(seed)
    save_model(path, model, ARCHITECTURE, PREPROCESSING)
    return model


def rewritten(path: Path, arrays: dict | None = None, **metadata: str | None) -> None:
    """Save a good model, then change some of it."""
    saved(path)
    with safe_open(path, framework="numpy") as file:
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        texts = {**file.metadata(), **metadata}
    held.update(arrays or {})
    save_file(
        {name: array for name, array in held.items() if array is not None},
        path,
        {key: text for key, text in texts.items() if text is not None},
    )


def architecture(**changes: object) -> str:
    return json.dumps({**json.loads(ARCHITECTURE.to_json()), **changes})


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_model(path)
    return caught.value.short().replace(str(path), "FILE")


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


ENTRIES = json.loads(ARCHITECTURE.to_json())
RECORD = json.loads(PREPROCESSING.to_json())
# What may stand in the place of any entry.
STRANGERS = [
    None, True, 0, -1, 1, 2.5, 1e308, -0.0, 10**400, "", "relu", "hinge", "squared_error", "mlp",
    "../../etc/passwd", [], [1], ["a", "a"], {}, {"kind": "numeric"},
]  # fmt: skip


def places(value, path=()):
    """The way to every entry of a record, those of lists and objects included."""
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def changed(record, path, new):
    """The record with another value at one place; Ellipsis takes the entry away."""
    whole = json.loads(json.dumps({"": record}))
    owner = whole
    for key in ("", *path)[:-1]:
        owner = owner[key]
    last = ("", *path)[-1]
    if new is ...:
        del owner[last]
    else:
        owner[last] = new
    return whole.get("", {})


def refused_or_the_same(path, expected):
    """What the file predicts, which is what the saved net did, or the error that names it."""
    try:
        model, found = load_model(path)
    except DataError as error:
        return str(error) if str(path) in str(error) else pytest.fail(f"no file: {error}")
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(model(x).data, expected(x).data)
    assert found.architecture == ARCHITECTURE
    assert found.preprocessing == PREPROCESSING
    return ""


@pytest.mark.parametrize(("key", "record"), [("architecture", ENTRIES), ("preprocessing", RECORD)])
def test_no_entry_of_the_metadata_changes_a_prediction_unseen(path, key, record):
    model = saved(path)
    for place in places(record):
        for new in (..., *STRANGERS):
            if new is ... and not place:
                continue
            text = json.dumps(changed(record, place, new))
            rewritten(path, **{key: text})
            message = refused_or_the_same(path, model)
            assert message or json.loads(text) == record, (place, new)


@pytest.mark.parametrize(
    ("key", "text", "field", "expected"),
    [
        ("architecture", architecture(loss="hing"), "loss", "did you mean 'hinge'"),
        ("architecture", architecture(loss="squared_error"), "squared_error", "classes"),
        ("architecture", architecture(loss="hinge"), "checksum", "expected  sha256:"),
        ("architecture", architecture(activation="tanh"), "checksum", "expected  sha256:"),
        ("architecture", architecture(activation="selu"), "activation", "expected  one of"),
        ("architecture", architecture(dropout=float("nan")), "NaN", "no number"),
        ("architecture", architecture(dropout=-0.5), "dropout", "expected  a number from 0"),
        ("architecture", architecture(dtype="int32"), "dtype", "expected  one of"),
        ("architecture", architecture(sizes=[4, 7, 3]), "layers.0.weight", "the net has (4, 7)"),
        ("architecture", architecture(sizes=[5, 8, 3]), "sizes", "numbers"),
        ("architecture", '{"loss": "hinge", ' + ARCHITECTURE.to_json()[1:], "twice", ""),
        ("preprocessing", PREPROCESSING.to_json().replace("setosa", "virginica"), "target.classes",
         "each once"),
        ("preprocessing", PREPROCESSING.to_json().replace("setosa", "a").replace(
            "versicolor", "setosa").replace('"a"', '"versicolor"'), "checksum", "sha256:"),
        ("preprocessing", json.dumps(changed(RECORD, ("columns", 0, "std"), -1.0)),
         "columns[0].std", "expected  a finite number above 0"),
        ("preprocessing", json.dumps(changed(RECORD, ("columns", 1, "mean"), float("nan"))), "NaN",
         "no number"),
        ("preprocessing", json.dumps(changed(RECORD, ("columns", 3), ...)), "preprocessing",
         "3 features"),
        ("preprocessing", json.dumps(changed(RECORD, ("target", "kind"), "classe")), "target.kind",
         "expected"),
    ],
)  # fmt: skip
def test_a_misfit_names_file_field_and_what_was_expected(path, key, text, field, expected):
    rewritten(path, **{key: text})
    message = refusal(path)
    assert "FILE" in message
    assert field in message
    assert expected in message


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_weight_that_no_training_leaves_is_refused_and_placed(path, name, bad):
    array = np.array(saved(path).state()[name])
    array.flat[1] = bad
    rewritten(path, {name: array})
    assert f"field     {name}[" in refusal(path)
    model = ARCHITECTURE.build()
    model.load_state({**model.state(), name: array})
    before = path.read_bytes()
    with pytest.raises(DataError, match="no number that training leaves"):
        save_model(path, model, ARCHITECTURE, PREPROCESSING)
    assert path.read_bytes() == before


def test_a_negative_running_variance_is_refused(path):
    wanted = Architecture((4, 8, 3), normalization="batch")
    model = wanted.build()
    state = model.state()
    (name,) = [name for name in state if name.endswith("running_variance")]
    model.load_state({**state, name: -state[name]})
    with pytest.raises(DataError, match="from 0 upwards"):
        save_model(path, model, wanted, PREPROCESSING)


def test_a_changed_weight_is_refused(path):
    array = np.array(saved(path).state()["layers.0.weight"])
    rewritten(path, {"layers.0.weight": array * 2})
    assert "checksum" in refusal(path)


def test_numbers_of_another_type_are_refused(path):
    for dtype in ("I32", "U32"):
        saved(path)
        content = path.read_bytes()
        assert b'"dtype":"F32"' in content
        path.write_bytes(content.replace(b'"dtype":"F32"', b'"dtype":"%s"' % dtype.encode()))
        message = refusal(path)
        assert "expected float32" in message
        assert "int32" in message


def test_a_model_of_the_format_before_can_be_read(path):
    model = saved(path)
    rewritten(path, format="1", checksum=None)
    assert not refused_or_the_same(path, model)
    rewritten(path, format="2", checksum=None)
    assert "lacks checksum" in refusal(path)


def test_no_byte_of_the_header_changes_a_prediction_unseen(path):
    """Every byte: another bit, and a digit."""
    model = saved(path)
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    for place in range(end):
        for new in (content[place] ^ 1, ord("9")):
            path.write_bytes(content[:place] + bytes([new]) + content[place + 1 :])
            refused_or_the_same(path, model)


def test_no_byte_of_the_weights_changes_a_prediction_unseen(path):
    model = saved(path)
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    for place in range(end, len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        assert refused_or_the_same(path, model)


def test_regions_of_the_file_exchanged_or_repeated_are_refused(path, rng):
    model = saved(path)
    content = path.read_bytes()
    for _ in range(300):
        a, b, c = np.sort(rng.integers(0, len(content), 3)).tolist()
        for new in (
            content[:a] + content[b:c] + content[a:b] + content[c:],
            content[:a] + content[b:],
            content[:b] + content[a:],
            content[:a] + bytes(b - a) + content[b:],
        ):
            path.write_bytes(new)
            refused_or_the_same(path, model)

"""Files of models that were changed: each is refused, or predicts what was saved."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.train.architecture import Architecture
from chainrule.train.saving import load_model, save_model
from tests.thorough import parametrize
from tests.train.saved_models import (
    ARCHITECTURE,
    NAMES,
    PREPROCESSING,
    architecture,
    refusal,
    rewritten,
    saved,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


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


EVERY = parametrize("every", (3, 1), few=1)  # third change; or all of them


@EVERY
@pytest.mark.parametrize(("key", "record"), [("architecture", ENTRIES), ("preprocessing", RECORD)])
def test_no_entry_of_the_metadata_changes_a_prediction_unseen(path, key, record, every):
    model = saved(path)
    for place, new in list(itertools.product(places(record), (..., *STRANGERS)))[::every]:
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
        ("architecture", architecture(activation="rellu"), "activation", "expected  one of"),
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


@EVERY
def test_no_byte_of_the_header_changes_a_prediction_unseen(path, every):
    """Every byte: another bit, and a digit."""
    model = saved(path)
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    for place in range(0, end, every):
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

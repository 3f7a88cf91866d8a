"""A small saved net, what may be changed in its file, and how the change is refused."""

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from chainrule import nn
from chainrule.errors import DataError
from chainrule.train.architecture import Architecture
from chainrule.train.data import load
from chainrule.train.saving import load_model, save_model

PREPROCESSING = load("iris").preprocessing
ARCHITECTURE = Architecture((4, 8, 3))
NAMES = ("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias")


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

"""A CSV writer for the tests of this folder, and the table that others are compared with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.train.data import Dataset, load
from tests.train.data.houses import PLAIN


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """write(text or bytes, name="houses.csv") gives the path of a new file."""

    def write_file(content: str | bytes, name: str = "houses.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def plain(write: Callable[..., Path]) -> Dataset:
    """The houses, loaded from the plainest of files."""
    return load(write(PLAIN, "plain.csv"), target="price")

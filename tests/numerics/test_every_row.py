"""No row of the conventions is without a test."""

import importlib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.numerics.rows import Row

HERE = Path(__file__).parent


def names_by_row():
    found = defaultdict(list)
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.numerics.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_") and hasattr(test, "row"):
                found[test.row].append(f"{path.stem}::{name}")
    return found


@pytest.mark.parametrize("which", Row, ids=lambda which: which.name)
def test_a_row_has_its_test(which):
    assert names_by_row()[which]


def test_every_test_here_names_its_row():
    rows = {name for names in names_by_row().values() for name in names}
    unnamed = [
        f"{path.stem}::{name}"
        for path in sorted(HERE.glob("test_*.py"))
        if path.name != Path(__file__).name
        for name in vars(importlib.import_module(f"tests.numerics.{path.stem}"))
        if name.startswith("test_") and f"{path.stem}::{name}" not in rows
    ]
    assert unnamed == []

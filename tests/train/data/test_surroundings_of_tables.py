"""Tables in bad surroundings: no network, no library, little memory, a file that changes."""

import gc
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chainrule.errors import DataError, MissingLibraryError
from chainrule.train.data import load
from tests.train.data.houses import PLAIN, frame


def test_nothing_is_fetched_from_a_network(tmp_path):
    from chainrule.train.data.door import opened

    with opened() as door:
        settings = dict(door.all("SELECT name, value FROM duckdb_settings()"))
        assert settings["autoinstall_known_extensions"] == "false"
        assert settings["autoload_known_extensions"] == "false"


def test_a_file_that_changes_while_it_is_read_is_refused(write, monkeypatch):
    from chainrule.train.data import opening

    path = write(PLAIN)
    opened = opening._opened

    def and_then_somebody_writes(*given):
        found = opened(*given)
        path.write_text(PLAIN + PLAIN.splitlines()[-1])
        return found

    monkeypatch.setattr(opening, "_opened", and_then_somebody_writes)
    with pytest.raises(DataError) as caught:
        load(path, target="price")
    assert caught.value.short() == (
        "houses.csv changed while it was read.\nRun it again when it is whole."
    )


def test_without_the_libraries_the_install_line_is_given(write, monkeypatch):
    for name, source in (
        ("duckdb", write(PLAIN)),
        ("narwhals.stable.v2", frame()),
        ("python_calamine", write(b"PK\x03\x04", "table.xlsx")),
    ):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingLibraryError, match=r'pip install "chainrule\[app\]"'):
            load(source, target="price")


def test_no_library_of_tables_is_imported_before_a_table_is_read():
    code = (
        "import sys, chainrule, chainrule.train.data as data; data.load('spiral');"
        "sys.exit(any(name in sys.modules for name in ("
        "'duckdb', 'narwhals', 'python_calamine', 'pandas', 'polars', 'pyarrow')))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_unpacked_files_are_gone_when_nobody_needs_them(write, monkeypatch, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    load(write(gzip.compress(PLAIN.encode()), "table.csv.gz"), target="price")
    gc.collect()
    assert list(scratch.iterdir()) == []


def test_progress_is_told_while_a_file_is_read(write):
    shares = list[float]()
    rows = "".join(f"{row % 89},{row % 97},{row / 7}\n" for row in range(200_000))
    load(write("a,b,y\n" + rows), target="y", progress=shares.append)
    assert shares
    assert all(0 <= share <= 1 for share in shares)

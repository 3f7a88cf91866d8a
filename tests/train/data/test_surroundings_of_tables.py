"""Tables in bad surroundings: no network, no library, little memory, a file that changes."""

import gc
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from chainrule.errors import DataError, MissingLibraryError
from chainrule.train.data import load, stream
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


IN_LITTLE_MEMORY = """
import resource, sys
import duckdb
from chainrule.errors import DataError
from chainrule.train.data import load, stream

path = sys.argv[1]
duckdb.sql(
    "COPY (SELECT random() a, random() b, random() c, 'w' || range t, range % 2 y "
    f"FROM range(600000)) TO '{path}' (FORMAT csv)"
)
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (int(sys.argv[2]) << 20),) * 2)
try:
    load(path, "y")
except DataError as error:
    sys.exit("does not fit into the memory that is left" not in error.short())
sys.exit("it was read")
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for its memory")
def test_too_little_memory_is_refused_with_a_way_out(tmp_path):
    root = Path(__file__).parents[3]
    words = [sys.executable, "-c", IN_LITTLE_MEMORY, str(tmp_path / "large.csv")]
    for room in ("200", "260", "340"):  # MiB; the loader itself ends a process that has no room
        done = subprocess.run(
            [*words, room], cwd=root, check=False, capture_output=True, text=True
        )
        if "thread-local data" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("read", "advice"),
    [(load, "Read it block by block: "), (stream, "Close other programs, or take fewer columns.")],
)
def test_memory_that_ends_while_a_table_is_read_is_told_as_such(write, monkeypatch, read, advice):
    from chainrule.train.data import door

    def ends(*_):
        raise MemoryError

    monkeypatch.setattr(door.Door, "_watched", ends)
    with pytest.raises(DataError) as caught:
        read(write(PLAIN), target="price")
    assert "does not fit into the memory that is left.\n" in caught.value.short()
    assert advice in caught.value.short()

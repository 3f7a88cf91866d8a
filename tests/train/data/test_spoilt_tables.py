"""Files with bytes changed at random: read or refused, never a crash, a hang or a warning."""

import contextlib
import time

import duckdb
import numpy as np
import pytest

from chainrule.errors import ChainruleError
from chainrule.train.data import load
from tests.thorough import parametrize

pytestmark = pytest.mark.usefixtures("one_engine")

SECONDS = 2.0
CSV = (
    "id;größe;colour;day;price\n"
    + "".join(
        f"{row};{row / 2};{('red', 'blue', 'NA')[row % 3]};2024-01-{1 + row % 28:02d};{row % 7}\n"
        for row in range(40)
    )
).encode()
TELLING = [b'"', b";", b",", b"\n", b"\r", b"\0", b"\xff", b"#", b"\xef\xbb\xbf", b"1e999", b"-"]


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "table.parquet"
    duckdb.sql(
        "COPY (SELECT i AS x, i * 0.5 AS z, 'c' || i % 3 AS c, i % 5 AS y FROM range(200) t(i)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    return path.read_bytes()


def spoilt(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut out, doubled, or put in."""
    for _ in range(rng.integers(1, 4)):
        place, length = int(rng.integers(len(content))), int(rng.integers(1, 60))
        before, cut, after = content[:place], content[place:][:length], content[place:][length:]
        content = (
            before + bytes(rng.integers(0, 256, len(cut), np.uint8)) + after,
            before + after,
            before + cut + cut + after,
            before + TELLING[rng.integers(len(TELLING))] + cut + after,
            before,
        )[rng.integers(5)]
        if not content:
            return content
    return content


@parametrize("files", (150, 1500), few=1)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_spoilt_files_are_read_or_refused(kind, parquet, tmp_path, files):
    content, target = (CSV, "price") if kind == "csv" else (parquet, "y")
    for seed in range(files):
        path = tmp_path / f"{seed}.{kind}"
        path.write_bytes(spoilt(content, np.random.default_rng(seed)))
        started = time.process_time()
        with contextlib.suppress(ChainruleError):
            load(path, target=target)
        assert time.process_time() - started < SECONDS, f"seed {seed}"
        path.unlink()

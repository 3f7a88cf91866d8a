"""What every test may ask for: a seeded generator, a browser; and how hypothesis searches."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

from chainrule.native.engine import compile_plan
from chainrule.train.data.door import OFFLINE
from tests.thorough import COLLECTED, is_thorough

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from playwright.sync_api import Page

IN_CI = os.environ.get("CI") == "true"
# Or a few times.
RUNS_CODE_ONCE = (
    "compiled", "differentiate", "estimators", "graph", "loops", "nn", "ops", "optim", "plan",
    "tracing", "train",
)  # fmt: skip

# The same examples on every CI run, so that a red build is about the change; new ones at a desk.
settings.register_profile(
    "chainrule",
    max_examples=50,
    deadline=None,
    derandomize=IN_CI,
    print_blob=True,
)
settings.load_profile("chainrule")

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INSTALL_CHROMIUM = "apt-get update && apt-get install -y --no-install-recommends chromium"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="ask what is marked thorough too; -m thorough asks that alone",
    )


def pytest_configure() -> None:
    """Each module is translated once: not by each of the processes that tests start.

    Nor by each worker in each run: that of asserts takes longer than to collect the tests.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Machine code that tests compile does not stay in the user's folder.

    It is shared by the workers of a run, and by the processes that tests start.
    """
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    os.environ["CHAINRULE_CACHE"] = str(run / "machine-code")


@pytest.fixture(scope="module", autouse=True)
def machine_code_without_haste(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let LLVM take a third of its time for what these folders compile.

    Code as users get it is asked for in native/ and numerics/, by the fuzzer and by the processes
    that tests start; of every loss, activation and optimiser in train/test_compiled_steps.py.
    """
    path = request.path
    folder = path.relative_to(Path(__file__).parent).parts[0]
    with pytest.MonkeyPatch.context() as patch:
        if folder in RUNS_CODE_ONCE and path.name != "test_compiled_steps.py":
            patch.setattr(compile_plan, "__defaults__", (0,))
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """A shell's background job ignores SIGINT, and so would every process that a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: there is none, and each look takes longer than the last."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked thorough, unless it is asked for: see thorough.py."""
    config.stash[COLLECTED] = list(items)
    if not config.option.thorough and not config.option.markexpr:
        config.hook.pytest_deselected(items=[item for item in items if is_thorough(item)])
        items[:] = [item for item in items if not is_thorough(item)]


def pytest_collection_finish() -> None:
    """Take the tests themselves out of the collector's sight.

    Tens of thousands of them are a million objects that live until the end. Each full collection
    would walk through them all, which took up to 40 % of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)  # instead of 700: the young are looked through a twentieth as often


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every test, whatever ran before."""
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def engine() -> "Iterator[DuckDBPyConnection]":
    import duckdb

    with duckdb.connect(":memory:", config=OFFLINE) as connection:
        yield connection


@pytest.fixture
def one_engine(monkeypatch: pytest.MonkeyPatch, engine: "DuckDBPyConnection") -> None:
    """One DuckDB, to which each table in text is a connection of its own.

    To start one takes longer than to read a small table. Databases are attached to it by one name
    at a time.
    """
    import duckdb

    connect = duckdb.connect

    def connected(place: str, **options: Any) -> "DuckDBPyConnection":
        if place != ":memory:":
            return connect(place, **options)
        connection = engine.cursor()
        connection.execute("DETACH DATABASE IF EXISTS db")
        return connection

    monkeypatch.setattr(duckdb, "connect", connected)


@pytest.fixture(scope="session")
def browser_page() -> "Iterator[Page]":
    """One page of Debian's headless chromium, shared by the session; leave it as you found it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        refuse = pytest.fail if IN_CI else pytest.skip
        refuse(f"there is no chromium here. Install it: {INSTALL_CHROMIUM}")

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()

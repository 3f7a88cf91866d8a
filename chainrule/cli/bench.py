"""The job of `chainrule bench`: run the benchmarks of the checkout that this package lies in.

Imports errors; and the folder benchmarks/ beside the package, which no wheel holds. app.py calls
it.
"""

import importlib
import sys
from pathlib import Path

from chainrule.errors import MissingDataError

CHECKOUT = Path(__file__).parents[2]
FOLDER = "benchmarks"


def bench(peers: str, *, only: str, out: Path | None, quick: bool) -> int:
    """Measure and show; the exit code. Names stand between commas."""
    if not (CHECKOUT / FOLDER / "command.py").is_file():
        raise MissingDataError(
            "the benchmarks are not installed with the package: they belong to a checkout.",
            do="Clone the repository, and in it: pip install -e .[app]",
        )
    sys.path.insert(0, str(CHECKOUT))
    try:
        command = importlib.import_module(f"{FOLDER}.command")
    finally:
        sys.path.remove(str(CHECKOUT))
    return command.run(_words(peers), _words(only), out, quick)


def _words(given: str) -> list[str]:
    return [word.strip() for word in given.split(",") if word.strip()]

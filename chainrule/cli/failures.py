"""Failures: what went wrong, in a few lines on standard error, and the exit code.

Imports errors and the screen. app.py runs every command through it.
"""

import os
import sys
import traceback
from collections.abc import Callable

from cyclopts.exceptions import CycloptsError, UnusedCliTokensError

from chainrule.cli.screen import complain
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DataError,
    DTypeError,
    IndexRangeError,
    MissingDataError,
    OutputError,
    ShapeError,
    UnknownNameError,
)

BAD_INPUT = (
    ArgumentError,
    DataError,
    DTypeError,
    IndexRangeError,
    MissingDataError,
    OutputError,
    ShapeError,
    UnknownNameError,
)

FAILED, MISUSED, INTERRUPTED = 1, 2, 130  # 130 = 128 + SIGINT, as shells count


def answered(job: Callable[[], int | None], debug: bool) -> int:
    """Run a job; an error becomes a message and an exit code, with its traceback if asked for."""
    try:
        return job() or 0
    except KeyboardInterrupt:
        complain("Interrupted. Nothing more was written.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has left: `chainrule ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (CycloptsError, ModuleNotFoundError):  # our callers know more about these
        raise
    except ChainruleError as error:
        if debug:
            traceback.print_exc()
        complain(error.short())
        return MISUSED if isinstance(error, BAD_INPUT) else FAILED
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        complain(f"chainrule itself failed: {what}\nAdd --debug for the traceback.")
        return FAILED


def refused(error: CycloptsError, words: list[str]) -> int:
    """Tell what is wrong with the words of the command."""
    what = str(error)
    if isinstance(error, UnusedCliTokensError):
        what = f"unexpected: {' '.join(error.unused_tokens or [])}"
    command = next((word for word in words if word in ("train", "predict", "check", "bench")), "")
    complain(f"{what}\nTry: {' '.join(filter(None, ('chainrule', command, '--help')))}")
    return MISUSED

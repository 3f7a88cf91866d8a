"""Failures: what went wrong, in a few lines on standard error, and the exit code.

Imports errors and the screen. app.py runs every command through it.
"""

import shlex
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager

from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from chainrule.cli.options import SEVERAL_WORDS
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
from chainrule.starting import INTERRUPTED, leave_quietly, raise_again

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

FAILED, MISUSED = 1, 2
IN_LESS_MEMORY = "Read the table block by block: --stream; or take fewer rows or columns."


def answered(job: Callable[[], int | None], debug: bool) -> int:
    """Run a job; an error becomes a message and an exit code, with its traceback if asked for."""
    try:
        return job() or 0
    except KeyboardInterrupt:
        complain("Interrupted. Nothing more was written.")
        return INTERRUPTED
    except (CycloptsError, ModuleNotFoundError):  # our callers know more about these
        raise
    except ChainruleError as error:
        if debug:
            traceback.print_exc()
        complain(error.short())
        return MISUSED if isinstance(error, BAD_INPUT) else FAILED
    except MemoryError as error:
        if debug:
            traceback.print_exc()
        reason = f": {error}" if str(error) else ""
        complain(f"There is too little memory{reason}.\n{IN_LESS_MEMORY}")
        return FAILED
    except Exception as error:
        if debug:
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        complain(f"chainrule itself failed: {what}\nAdd --debug for the traceback.")
        return FAILED


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C raise KeyboardInterrupt meanwhile: from here on there is something to tidy up."""
    was_quiet = raise_again()
    try:
        yield
    finally:
        if was_quiet:
            leave_quietly()


def unwritten(error: OSError) -> int:
    """Tell that standard output took no more; 0 where its reader has left, as `| head` does."""
    if isinstance(error, BrokenPipeError):
        return 0
    complain(f"Standard output cannot be written: {error.strerror or error}.")
    return FAILED


def refused(error: CycloptsError, words: list[str]) -> int:
    """Tell what is wrong with the words of the command."""
    what = str(error)
    if isinstance(error, UnusedCliTokensError):
        what = f"unexpected: {' '.join(error.unused_tokens or [])}"
    command = next(
        (word for word in words if word in ("train", "predict", "check", "bench", "explore")), ""
    )
    joined = _joined(error, words)
    if joined:
        complain(f"{what}\nA word that begins with a hyphen is joined to its option: {joined}")
        return MISUSED
    greedy = [word for word in words if word in SEVERAL_WORDS]
    if greedy and isinstance(error, MissingArgumentError | CoercionError):
        complain(
            f"{what}\nEvery word up to the next option belongs to {greedy[-1]}. Write the table "
            f"before it: chainrule train TABLE {greedy[-1]} ..."
        )
        return MISUSED
    complain(f"{what}\nTry: {' '.join(filter(None, ('chainrule', command, '--help')))}")
    return MISUSED


def _joined(error: CycloptsError, words: list[str]) -> str:
    """An option with the word behind it that was taken for one, as in --missing=-k.A.; or ""."""
    option = ""
    for word in words:
        if word.startswith("--"):
            option = "" if "=" in word else word
        elif word.startswith("-") and len(word) > 1 and option:
            if isinstance(error, UnknownOptionError):
                is_it = option in SEVERAL_WORDS and error.token.keyword in (word, None)
            else:
                is_it = isinstance(error, MissingArgumentError) and f" {option} " in str(error)
            if is_it:
                return f"{option}={shlex.quote(word)}"
        elif option not in SEVERAL_WORDS:
            option = ""
    return ""

"""Ctrl-C while the command line is still loading: one line and an exit code, no traceback.

Floor 0: imports nothing of chainrule, and no more of Python than it must. The package calls it
first, since Python loads the package before the command; in a process that is not the command it
changes nothing.
"""

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes a moment to load, in which Ctrl-C would be heard by nobody
    from typing import Any

COMMAND = "chainrule"
INTERRUPTED = 130  # 128 + SIGINT, as shells count
SAID = b"Interrupted. Nothing more was written.\n"


def leave_quietly() -> None:
    """In the command's own process, let Ctrl-C end it at once: nothing has been done yet."""
    if is_command(sys.argv, sys.orig_argv):
        _exchange(signal.default_int_handler, _leave)


def raise_again() -> bool:
    """Let Ctrl-C be Python's KeyboardInterrupt; returns whether it was anything else of ours."""
    return _exchange(_leave, signal.default_int_handler)


def is_command(argv: "list[str]", original: "list[str]") -> bool:
    """Whether a process with these words is `chainrule ...` or `python -m chainrule ...`."""
    first = argv[0] if argv else ""
    if first == "-m":  # what stands there while Python looks for the module
        return COMMAND in original[original.index("-m") + 1 : original.index("-m") + 2]
    return os.path.splitext(os.path.basename(first))[0] == COMMAND


def _exchange(before: "Any", after: "Any") -> bool:
    """Put a listener for Ctrl-C in another's place; one ignored by the parent stays ignored."""
    if signal.getsignal(signal.SIGINT) is not before:
        return False
    try:
        signal.signal(signal.SIGINT, after)
    except ValueError:  # only the main thread may
        return False
    return True


def _leave(number: int, frame: object) -> None:
    try:
        os.write(2, SAID)
    finally:
        os._exit(INTERRUPTED)

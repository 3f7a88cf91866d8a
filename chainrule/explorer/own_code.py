"""A user's own code, run where it can do no harm to the page: with an end, and with its prints.

Imports the inspection. A function of a user's file runs through it. It runs in a thread of its
own; one that does not end is stopped where Python is between two instructions of it.
"""

import contextlib
import ctypes
import io
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType
from typing import Any

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.graph.nodes.node import next_serial
from chainrule.inspection.as_far import as_far
from chainrule.inspection.given_graph import Given

SECONDS = 10.0  # that a function may take
MOST_NODES = 300_000  # that it may make: about 300 MB
LOOK = 0.05  # seconds between two looks at it
FAREWELLS = 20  # times that it is told to stop: it may catch everything
MOST_ABANDONED = 2  # runs that cannot be stopped: they are inside of compiled code
LONGEST_PRINT = 2_000  # characters that are kept


class OwnCodeError(ArgumentError):
    """What a user's code raised, and its graph as far as it had come."""

    def __init__(self, what: str, do: str = "", given: Given | None = None) -> None:
        super().__init__(what, do=do, where="")
        self.given = given


class Stopped(BaseException):
    """Raised inside of code that takes too long; no ``except Exception`` catches it."""


@dataclass
class OwnCode:
    """Runs a user's function.

    Parameters
    ----------
    name : str
        What the page calls it.
    code : code object, optional
        Of the function: an error names the line of the same file that it came through.
    """

    name: str
    code: CodeType | None = None
    abandoned: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def run(self, function: Callable[[], Given]) -> Given:
        """The graph; what was printed meanwhile is a note of it.

        Raises
        ------
        OwnCodeError
            If the function raises, asks Python to end, or does not come to an end.
        """
        self.abandoned = [thread for thread in self.abandoned if thread.is_alive()]
        if len(self.abandoned) >= MOST_ABANDONED:
            raise OwnCodeError(
                f"{self.name} has not come to an end since it was last run.",
                "It still computes. Give it an end, and start the explorer again.",
            )
        run = _Run(function)
        with _heard() as heard:
            reason = run.until_it_ends()
        if run.thread.is_alive():
            self.abandoned.append(run.thread)
        printed = heard.getvalue().strip()
        notes = (f"It printed: {printed}",) if printed else ()
        if run.found is not None:
            return replace(run.found, notes=(*run.found.notes, *notes))
        given = None if run.error is None else as_far(run.error)
        if given is not None:
            given = replace(given, notes=notes)
        what, do = self._said(run.error, reason)
        do = "\n".join(filter(None, (do, self._place(run.error), *notes[: given is None])))
        raise OwnCodeError(what, do, given) from run.error

    def _said(self, error: BaseException | None, reason: str) -> tuple[str, str]:
        """What went wrong, and what to do about it."""
        if reason:
            return f"{self.name} {reason}", "Explore it with smaller arguments, or a part of it."
        if isinstance(error, ChainruleError):
            return error.what, "\n".join([*error.found, error.do]).strip()
        if isinstance(error, SystemExit):
            return f"{self.name} called sys.exit, which would end the explorer.", ""
        return f"{type(error).__name__}: {error}", ""

    def _place(self, error: BaseException | None) -> str:
        """The last line of the user's own file that an error came through."""
        if error is None or self.code is None:
            return ""
        own = self.code.co_filename
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame for frame in frames if frame.filename == own]
        if not lines:
            return ""
        return f"{Path(own).name}, line {lines[-1].lineno}: {lines[-1].line}"


class _Run:
    """One run, in a thread that nobody waits for when the process ends."""

    def __init__(self, function: Callable[[], Given]) -> None:
        self.function = function
        self.found: Given | None = None
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=copy_context().run, args=(self._run,), daemon=True)

    def _run(self) -> None:
        try:
            self.found = self.function()
        except BaseException as error:  # SystemExit as well: it is the page that is to go on
            self.error = error

    def until_it_ends(self) -> str:
        """Wait for its end; why it was stopped, where that is so."""
        first, until = next_serial(), time.monotonic() + SECONDS
        self.thread.start()
        while True:
            self.thread.join(LOOK)
            if not self.thread.is_alive():
                return ""
            if time.monotonic() > until:
                self._stop()
                return f"takes longer than {SECONDS:g} seconds, and was stopped."
            if next_serial() - first > MOST_NODES:
                self._stop()
                return f"makes more than {MOST_NODES:,} nodes, and was stopped."

    def _stop(self) -> None:
        with _unraised_in_silence():
            for _ in range(FAREWELLS):
                identity = ctypes.c_ulong(self.thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(Stopped))
                self.thread.join(LOOK)
                if not self.thread.is_alive():
                    break


class _Unraised:
    """In the place of Python's hook: a ``Stopped`` that came in a ``__del__`` is told to nobody.

    Python swallows what is raised in there, or in what a weak reference calls; the next farewell
    comes soon.
    """

    def __init__(self, behind: Callable[[Any], Any]) -> None:
        self.behind = behind
        self.is_over = False

    def __call__(self, found: Any, /) -> None:
        if found.exc_type is not Stopped:
            self.behind(found)


@contextlib.contextmanager
def _unraised_in_silence():
    hook = _Unraised(sys.unraisablehook)
    sys.unraisablehook = hook
    try:
        yield
    finally:
        hook.is_over = True
        while isinstance(sys.unraisablehook, _Unraised) and sys.unraisablehook.is_over:
            sys.unraisablehook = sys.unraisablehook.behind


class _Heard(io.StringIO):
    """In the place of the standard output: keeps the first that is written."""

    def __init__(self, behind: Any) -> None:
        super().__init__()
        self.behind = behind
        self.is_over = False

    def write(self, text: str, /) -> int:
        room = LONGEST_PRINT - self.tell()
        super().write(text[: max(room, 0)])
        return len(text)


@contextlib.contextmanager
def _heard():
    """What is printed goes to the page: the command prints its address and nothing else."""
    heard = _Heard(sys.stdout)
    sys.stdout = heard
    try:
        yield heard
    finally:
        heard.is_over = True
        while isinstance(sys.stdout, _Heard) and sys.stdout.is_over:  # others may run meanwhile
            sys.stdout = sys.stdout.behind

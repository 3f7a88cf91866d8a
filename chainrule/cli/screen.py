"""What the user sees: consoles, messages, tables; in colour on a terminal, plain elsewhere.

Imports rich. Everything a command says goes through it; names from the user's data are never
read as markup.
"""

import contextlib
import os
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from chainrule.train.data.columns import Role

LABEL_WIDTH = 14
MOST_COLUMNS = 40  # shown one by one


def refuse_no_character() -> None:
    """Let a terminal without Unicode show something rather than stop the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # what replaces a stream may lack it
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class Lasting:
    """A stream that goes on without its reader: what cannot be written is lost, and noted.

    Attributes
    ----------
    lost : OSError or None
        Why the first of it could not be written: a full disk, or a pipe whose reader has left.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Hand over what was written, or lose it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = self.lost or error
        with contextlib.suppress(OSError, ValueError):  # what is still held back goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def lasting_output() -> Generator[Lasting]:
    """Let a command do its work whether or not somebody reads what it says.

    Yields what stands for standard output.
    """
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # for a stream that was closed
        out, err = (Lasting(nowhere if stream is None else stream) for stream in before)
        sys.stdout, sys.stderr = out, err
        try:
            yield out
        finally:
            out.flush()
            err.flush()
            sys.stdout, sys.stderr = before


def console(to_stderr: bool = False) -> Console:
    """Standard output, or standard error, as it is now."""
    return Console(stderr=to_stderr, highlight=False, markup=False, soft_wrap=True)


def complain(message: str) -> None:
    """Print a message on standard error, its first line in red."""
    first, _, rest = message.partition("\n")
    text = Text.assemble((first, "bold red"), f"\n{rest}" if rest else "")
    screen = console(to_stderr=True)
    screen.print(text, soft_wrap=not screen.is_terminal)  # a log keeps a line whole


def say(label: str, text: str, to_stderr: bool = False) -> None:
    """Print one labelled line."""
    console(to_stderr).print(Text.assemble((f"{label:<{LABEL_WIDTH}}", "dim"), text))


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    texts: Sequence[str] = (),
    title: str = "",
    to_stderr: bool = False,
) -> None:
    """Print a table.

    Parameters
    ----------
    texts : sequence of str
        The headings whose columns hold words, aligned on the left; numbers are on the right.
    """
    drawn = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading in headings:
        is_text = heading in texts
        drawn.add_column(
            Text(heading),
            justify="left" if is_text else "right",
            no_wrap=not is_text,
            overflow="ellipsis",
        )
    for row in rows:
        drawn.add_row(*map(Text, row))
    console(to_stderr).print(drawn, soft_wrap=False)


def show_columns(roles: "Sequence[Role]", notes: Sequence[str]) -> None:
    """What is done with each column of a table, before it is trained on."""
    if roles:
        rows = [(role.name, role.kind, role.reason) for role in roles[:MOST_COLUMNS]]
        table(["column", "taken as", "because"], rows, texts=["column", "taken as", "because"])
    if len(roles) > MOST_COLUMNS:
        left_out = sum(role.kind == "left out" for role in roles[MOST_COLUMNS:])
        more = counted(len(roles) - MOST_COLUMNS, "more column")
        say("columns", f"and {more}, {left_out:,} of them left out")
    for note in notes:
        say("note", note)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Say "1 row" or "1,797 rows"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"

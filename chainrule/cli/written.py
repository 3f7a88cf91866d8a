"""What a training leaves: its report, which comes last, and where everything is.

Imports the screen, the folder and files. Both kinds of training end with it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chainrule.cli.collector import held_still
from chainrule.cli.folder import REPORT
from chainrule.cli.screen import complain, say
from chainrule.errors import ChainruleError
from chainrule.train.files import write_atomically


def report_written(folder: Path, make_page: Callable[[], str]) -> bool:
    """Write report.html; a failure is told, but what was trained is there and counts more."""
    try:
        with held_still():
            page = make_page()  # takes a second: the figures are there meanwhile
        write_atomically(folder / REPORT, page)
    except ChainruleError as error:
        complain(f"The report was not written: {error.short()}")
        return False
    return True


def show_places(
    folder: Path,
    is_reported: bool,
    files: Mapping[str, str],
    commands: Sequence[tuple[str, str]],
) -> None:
    """Where the report and the other files are, and what to try now."""
    say("report", f"{folder / REPORT}" if is_reported else "not written")
    for label, name in files.items():
        say(label, f"{folder / name}")
    for number, (_, command) in enumerate(commands):
        say("" if number else "next", command)

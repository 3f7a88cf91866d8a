"""The terminal: sections as tables, claims in green and red.

Imports rich, and the screen of chainrule's commands. command.py prints with it.
"""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from benchmarks.report import Claim, Section
from chainrule.cli.screen import console, say

CLAIM_HEADINGS = ("what", "found", "aim", "verdict")


def show(section: Section) -> None:
    """One section, as soon as it is measured."""
    screen = console()
    if section.rows:
        table = _drawn(section)
        # A table that is wider than the terminal is wrapped by it: no figure may be cut.
        wide = Console(width=10_000)
        screen.width = max(screen.width, Measurement.get(wide, wide.options, table).maximum)
        screen.print(table, soft_wrap=False)
    else:
        screen.print(section.title, style="bold")
    for claim in section.claims:
        line = f"{claim.verdict:<16}{claim.what}: {claim.found}; {claim.aim}"
        screen.print(line, style="green" if claim.is_met else "red")
    for note in section.notes:
        say("note", note)


def _drawn(section: Section) -> Table:
    """The first column holds words, the others figures."""
    table = Table(title=section.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.title_style = "bold"
    for i, heading in enumerate(section.headings):
        table.add_column(heading, justify="right" if i else "left", no_wrap=True)
    for row in section.rows:
        table.add_row(*row)
    return table


def summary(claims: Sequence[Claim]) -> str:
    """How many aims are met."""
    return f"{sum(claim.is_met for claim in claims)} of {len(claims)} aims are met"

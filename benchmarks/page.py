"""The page: the same sections in Markdown, the machine they belong to, and a picture.

Imports report and table's summary. command.py writes it.
"""

from collections.abc import Sequence

from benchmarks.report import Claim, Section
from benchmarks.table import CLAIM_HEADINGS, summary

HOW = """Every library runs in a process of its own, pinned to one CPU and one thread where nothing
else is said, without the environment variables that slow OpenBLAS down. All start from the same
weights, see the same rows in the same order, and must arrive at the same mean loss after the first
epoch before any of them is timed. They run in turns of about {turn} ms, {rounds} each, so that
other work on the machine hits all of them alike. A time is the median of the turns, ± half the
distance between their quartiles; a ratio is one of medians."""


def page(
    sections: Sequence[Section],
    machine: Sequence[tuple[str, str]],
    how: dict[str, int],
    picture: str | None,
) -> str:
    """The whole document; `picture` is a file name beside it."""
    claims = [claim for section in sections for claim in section.claims]
    parts = ["# Benchmarks", "Made by `chainrule bench`; do not edit.", HOW.format(**how)]
    parts += ["\n".join(f"- {label}: {text}" for label, text in machine)]
    if picture:
        parts += [f"![Microseconds per training step, by net and library]({picture})"]
    if claims:
        parts += ["## What is aimed at", f"{summary(claims)}.", _claims(claims)]
    for section in sections:
        parts += [f"## {section.title}", section.about]
        parts += [_table(section.headings, section.rows)] if section.rows else []
        parts += section.notes
    return "\n\n".join(parts) + "\n"


def _claims(claims: Sequence[Claim]) -> str:
    rows = [[claim.what, claim.found, claim.aim, claim.verdict] for claim in claims]
    return _table(CLAIM_HEADINGS, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---" if i == 0 else "---:" for i in range(len(headings))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (headings, ruler, *rows))

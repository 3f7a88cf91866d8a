"""Report: everything one check has found, as data and as a page.

Imports finding and errors. ``check`` makes it.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.doctor.finding import Comparison, Finding
from chainrule.errors import GradientCheckError
from chainrule.markup import text_card

WIDTH = 88  # of the page
LABEL = 10  # of a line under a finding


@dataclass(frozen=True)
class Report:
    """The answer of :func:`chainrule.check`.

    Parameters
    ----------
    title : str
        What was checked.
    comparisons : tuple of Comparison
        What was compared with what, and how well they agreed.
    findings : tuple of Finding
        What is wrong; empty for a right rule.
    notes : tuple of Finding
        What is good to know and fails nothing.
    """

    title: str
    comparisons: tuple[Comparison, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def raise_if_failed(self) -> None:
        """Raise where something is wrong; the message is the page.

        Raises
        ------
        GradientCheckError
            Which is an AssertionError too, so that pytest shows it as a failed test.
        """
        if self.findings:
            raise GradientCheckError(str(self))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return text_card("", self)

    def lines(self) -> Iterator[str]:
        """The page, line by line."""
        count = len(self.findings)
        verdict = "passed" if self.passed else "1 finding" if count == 1 else f"{count} findings"
        yield f"Gradient check of {self.title}: {verdict}."
        if self.comparisons:
            yield ""
            yield from _table(self.comparisons)
        for number, finding in enumerate(self.findings, 1):
            yield ""
            yield from _finding(f"{number}. {finding.kind}", finding)
        for note in self.notes:
            yield ""
            yield from _finding(f"Note: {note.kind}", note)


def _table(comparisons: tuple[Comparison, ...]) -> Iterator[str]:
    head = ("gradient of", "compared with", "largest relative error", "judged", "verdict")
    rows = [head, *map(row, comparisons)]
    widths = [max(len(r[k]) for r in rows) for k in range(len(head))]
    for cells in rows:
        yield "    " + "  ".join(f"{c:<{w}}" for c, w in zip(cells, widths, strict=True)).rstrip()


def row(comparison: Comparison) -> tuple[str, str, str, str, str]:
    """The cells of one comparison."""
    known = f"{comparison.error:.1e} (+- {comparison.bar:.0e})" if comparison.judged else "-"
    judged = f"{comparison.judged:,} of {comparison.entries:,}"
    return comparison.input, comparison.compared, known, judged, comparison.verdict


def _finding(head: str, finding: Finding) -> Iterator[str]:
    of = f" in the gradient of {finding.input}" if finding.input is not None else ""
    yield f"{head}{of}"
    yield from _wrapped(finding.what)
    for label, text in evidence(finding):
        yield f"    {label:<{LABEL}}{text}"
    if finding.advice:
        yield from _wrapped(finding.advice)


def evidence(finding: Finding) -> Iterator[tuple[str, str]]:
    """The worst entry with both values, the error bar and the share of wrong entries."""
    if finding.index is not None:
        place = ", ".join(map(str, finding.index))
        yield "worst at", f"[{place}]" if finding.index else "the one entry"
    if finding.found is not None:
        yield "found", number(finding.found)
    if finding.expected is not None:
        bar = finding.error_bar
        about = f" +- {bar:.0e}" if np.isfinite(bar) else ""
        yield "expected", f"{number(finding.expected)}{about}"
    if np.isfinite(finding.share):
        yield "wrong", f"{finding.share:.0%} of its entries"


def number(value: Any) -> str:
    """A number with the digits that tell two of them apart; anything else as it is."""
    return f"{value:.10g}" if isinstance(value, float | np.floating) else str(value)


def _wrapped(text: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        yield from textwrap.wrap(
            paragraph, WIDTH, initial_indent="    ", subsequent_indent="    "
        ) or [""]

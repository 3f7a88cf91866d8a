"""Finding: one thing the doctor found, and Comparison: one line of what was compared with what.

Imports nothing of chainrule. Every other file of this package makes or reads them.
"""

from dataclasses import dataclass
from math import nan
from typing import Any, Literal

Severity = Literal["finding", "note"]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a backward rule, and where.

    Parameters
    ----------
    kind : str
        The name of the bug, such as ``"transposed"``; :data:`chainrule.doctor.KINDS` lists them.
    what : str
        The same in one sentence.
    advice : str
        What to change.
    input : str, optional
        Whose gradient is wrong; None where it is no single input's.
    index : tuple of int, optional
        The entry with the largest error.
    found, expected : float or anything
        What the rule says there, and what is true.
    error_bar : float
        How far the expected value may be from the truth.
    share : float
        The wrong entries of this gradient, from 0 to 1.
    severity : "finding" or "note"
        A note fails nothing.
    op : str
        The op whose rule it is.
    factor : float
        Of a constant_factor: the written gradient divided by the true one.
    equals : str
        What that factor is, in words, such as ``"the batch size"``.
    term : str
        Of a missing_term: the derived gradient minus the written one, as a formula.
    """

    kind: str
    what: str
    advice: str
    input: str | None = None
    index: tuple[int, ...] | None = None
    found: Any = None
    expected: Any = None
    error_bar: float = nan
    share: float = nan
    severity: Severity = "finding"
    op: str = ""
    factor: float = nan
    equals: str = ""
    term: str = ""


@dataclass(frozen=True)
class Comparison:
    """One derivative that was held against another.

    Parameters
    ----------
    input : str
    compared : str
        With what: ``"differences"``, ``"formula"``, ``"forward mode"``, ``"second order"``.
    error : float
        The largest error, relative to the size of the gradient's terms.
    bar : float
        How well the reference is known, in the same measure.
    entries, judged : int
        How many there are, and how many of them the reference could judge.
    agrees : bool
    """

    input: str
    compared: str
    error: float
    bar: float
    entries: int
    judged: int
    agrees: bool

    @property
    def verdict(self) -> str:
        """In one word or two."""
        if not self.judged:
            return "not judged"
        return "agrees" if self.agrees else "DIFFERS"

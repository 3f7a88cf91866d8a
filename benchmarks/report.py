"""What a section finds: a table, and claims that are met or fall short.

Imports the times. Sections make it, table.py and page.py show it.
"""

from dataclasses import dataclass, field

from benchmarks.runner import Times


@dataclass(frozen=True)
class Claim:
    """A speed that is aimed at, and what was found.

    Attributes
    ----------
    shortfall : float
        By which share it is missed; 0 or less where it is met.
    """

    what: str
    found: str
    aim: str
    shortfall: float

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached."""
        return self.shortfall <= 0

    @property
    def verdict(self) -> str:
        """In words."""
        return "met" if self.is_met else f"short by {100 * self.shortfall:.0f} %"


def at_least(what: str, ratio: float, aim: float, unit: str = "x") -> Claim:
    """The ratio must reach the aim."""
    return Claim(what, f"{ratio:.2f}{unit}", f"at least {aim:g}{unit}", 1 - ratio / aim)


def at_most(what: str, value: float, aim: float, unit: str = "x") -> Claim:
    """The value must stay within the aim."""
    return Claim(what, f"{value:.2f}{unit}", f"at most {aim:g}{unit}", value / aim - 1)


def either(first: Claim, second: Claim) -> Claim:
    """One of two claims is enough."""
    nearest = min(first, second, key=lambda claim: claim.shortfall)
    return Claim(
        first.what,
        f"{first.found}, {second.found}",
        f"{first.aim}, or {second.aim}",
        nearest.shortfall,
    )


@dataclass
class Section:
    """One table.

    Attributes
    ----------
    key : str
        Its name for --only.
    about : str
        What is measured, and how.
    notes : list of str
        What was left out and why.
    medians : dict
        Net to peer to microseconds, for the picture.
    """

    key: str
    title: str
    about: str
    headings: list[str]
    rows: list[list[str]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    medians: dict[str, dict[str, float]] = field(default_factory=dict)

    def drop_empty(self) -> None:
        """Leave out the columns of peers that did not run."""
        full = [i for i in range(len(self.headings)) if any(row[i] for row in self.rows)]
        self.headings = [self.headings[i] for i in full]
        self.rows = [[row[i] for i in full] for row in self.rows]


def microseconds(seconds: float) -> str:
    """With three or four digits."""
    us = seconds * 1e6
    return f"{us:.2f}" if us < 10 else f"{us:.1f}" if us < 1000 else f"{us:,.0f}"


def milliseconds(seconds: float) -> str:
    """With three or four digits."""
    return f"{seconds * 1e3:,.1f}" if seconds < 1 else f"{seconds * 1e3:,.0f}"


def spread(took: Times) -> str:
    """The middle half of the turns, as a share of the median."""
    low, high = took.quartiles
    return f"±{50 * (high - low) / took.median:.0f} %"

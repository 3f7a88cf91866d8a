"""A campaign: many random programs, what was compared, and what was found.

Imports generate, judge, shrink and source. The command line and the tests run campaigns.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.testing.fuzz.generate import generate
from chainrule.testing.fuzz.shrink import shrink
from chainrule.testing.fuzz.source import source
from chainrule.testing.fuzz.verdict import Looks, Tally, judge
from chainrule.testing.fuzz.ways import Illegal

# Every so many programs are also looked at in these ways; primes, so that all ways meet all ops.
SHARES = {Looks.SECOND: 7, Looks.THIRD: 11, Looks.CLOSED: 5}
CLOSED_COMPILED = 37  # it takes a fraction of a second
SHRUNK = 3  # findings per hundred programs that are shrunk; more of them say the same again
CHUNK = 100  # programs between two reports of progress


@dataclass(frozen=True)
class Finding:
    """One mismatch: the program's number, what disagrees, and the program that shows it."""

    number: int
    kind: str
    program: str


@dataclass
class Campaign:
    """What came of a range of programs."""

    graphs: int = 0
    lines: int = 0
    tally: Tally = field(default_factory=Tally)
    used: Counter[str] = field(default_factory=Counter[str])
    findings: list[Finding] = field(default_factory=list[Finding])

    def __iadd__(self, other: "Campaign") -> "Campaign":
        self.graphs += other.graphs
        self.lines += other.lines
        self.tally.counts.update(other.tally.counts)
        self.used.update(other.used)
        self.findings += other.findings
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """Ops that no program called."""
        return tuple(name for name in CATALOGUE.names() if not self.used[name])

    def __str__(self) -> str:
        rarest = sorted(CATALOGUE.names(), key=lambda name: (self.used[name], name))[:5]
        rows = [
            f"graphs    {self.graphs:,} of {self.lines / max(self.graphs, 1):.1f} lines",
            f"ops       {len(CATALOGUE.names())}; rarest: "
            + ", ".join(f"{name} {self.used[name]}" for name in rarest),
            f"unused    {', '.join(self.unused) or 'none'}",
            *(f"{n:>12,}  {kind}" for kind, n in sorted(self.tally.counts.items()) if n),
            f"mismatches  {len(self.findings)}",
        ]
        for finding in self.findings:
            rows += ["", f"# graph {finding.number}: {finding.kind}", finding.program]
        return "\n".join(rows)


def run(
    graphs: int,
    seed: int = 0,
    first: int = 0,
    single: bool = True,
    jobs: int = 1,
    shrinks: bool = True,
    compiled: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> Campaign:
    """Judge programs ``first`` to ``first + graphs - 1`` of a seed.

    Parameters
    ----------
    graphs : int
        How many programs.
    seed : int, default 0
        Program i is a function of (seed, i).
    first : int, default 0
        The number of the first program.
    single : bool, default True
        Whether every program is also run in float32 and compared with its float64 run.
    jobs : int, default 1
        Processes.
    shrinks : bool, default True
        Whether findings are shrunk, which takes about a second each.
    compiled : bool, default False
        Whether every program is also compiled: even ones in float64, odd ones in float32.
    progress : callable, optional
        Told after every hundred programs how many are done.
    """
    ranges = [
        (seed, start, min(start + CHUNK, first + graphs), single, shrinks, compiled)
        for start in range(first, first + graphs, CHUNK)
    ]
    whole = Campaign()
    if jobs == 1:
        for each in ranges:
            whole += _range(each)
            progress(whole.graphs)
        return whole
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for part in pool.imap(_range, ranges):
            whole += part
            progress(whole.graphs)
    return whole


def _range(task: tuple[int, int, int, bool, bool, bool]) -> Campaign:
    seed, start, stop, single, shrinks, compiled = task
    campaign = Campaign()
    for number in range(start, stop):
        program = generate(seed, number)
        campaign.graphs += 1
        campaign.lines += len(program.lines)
        campaign.used.update(line.name for line in program.lines)
        try:
            found = judge(program, campaign.tally, _looks(number, single, compiled))
        except Illegal:
            campaign.tally.add("not judged: an end is not finite", 1)
            continue
        if found is not None:
            small = program, found
            if shrinks and len(campaign.findings) < SHRUNK:
                small = shrink(program, found)
            campaign.findings.append(Finding(number, found.kind, source(*small)))
    return campaign


def _looks(number: int, single: bool, compiled: bool) -> Looks:
    """What the program of this number is looked at for."""
    looks = Looks.SINGLE if single else Looks.NOTHING
    for kind, share in SHARES.items():
        if number % share == 0:
            looks |= kind
    if compiled:
        looks |= Looks.COMPILED
        if number % CLOSED_COMPILED == 0:
            looks |= Looks.CLOSED_COMPILED
    return looks

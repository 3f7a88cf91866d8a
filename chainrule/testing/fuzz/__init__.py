"""The fuzzer: random graphs over the whole catalogue, differentiated in every way we know.

    python -m chainrule.testing.fuzz --graphs 200000
    python -m chainrule.testing.fuzz --graphs 20000 --compiled

Floor 10: imports everything below. A failure shrinks to a short program that shows it.
"""

from chainrule.testing.fuzz.campaign import Campaign, Finding, run
from chainrule.testing.fuzz.generate import generate
from chainrule.testing.fuzz.judge import Looks, Mismatch, judge
from chainrule.testing.fuzz.program import Line, Program, Ref
from chainrule.testing.fuzz.shrink import shrink
from chainrule.testing.fuzz.source import source

__all__ = [
    "Campaign",
    "Finding",
    "Line",
    "Looks",
    "Mismatch",
    "Program",
    "Ref",
    "generate",
    "judge",
    "run",
    "shrink",
    "source",
]

"""The fuzzer: random graphs over the whole catalogue, differentiated in every way we know.

    python -m chainrule.testing.fuzz --graphs 200000
    python -m chainrule.testing.fuzz --graphs 20000 --compiled

Floor 10: imports everything below. A failure shrinks to a short program that shows it.

    __main__.py       the command ``python -m chainrule.testing.fuzz``
    build.py          a program that grows line by line and knows the value of every line
    campaign.py       many random programs, what was compared, and what was found
    closing.py        a gradient taken inside, and the walk around it
    compiled.py       a program as a plan, interpreted by NumPy and run as machine code
    generate.py       random programs over the whole catalogue
    second.py         reverse over reverse, forward over reverse, and differences
    shrink.py         the smallest program in which the same two sides still disagree
    source.py         a program as Python source that a user can paste and run
    stepping.py       derivatives of every value of a program by numbers
    straight_line.py  lines of calls on earlier values, as data that runs and shrinks
    third.py          third derivatives of a program along a line
    verdict.py        a program's derivatives in every way we know, and where they disagree
    ways.py           ways to differentiate a program to first order
"""

from chainrule.testing.fuzz.campaign import Campaign, Finding, run
from chainrule.testing.fuzz.generate import generate
from chainrule.testing.fuzz.shrink import shrink
from chainrule.testing.fuzz.source import source
from chainrule.testing.fuzz.straight_line import Line, Program, Ref
from chainrule.testing.fuzz.verdict import Looks, Mismatch, judge

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

"""Compiled functions: record a function of arrays once, and run it as machine code."""

from chainrule.compiled.function import Compiled as Compiled
from chainrule.compiled.function import compile as compile
from chainrule.compiled.verification import Verification as Verification

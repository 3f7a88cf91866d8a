"""Compiled functions: record a function of arrays once, and run it as machine code.

code_names.py    what a piece of code reads by name, found without running it
contents.py      what arrays and containers hold, as a part of a key and as a guard
function.py      a function of arrays, recorded once per signature and run as machine code
places.py        where values stand in objects, and whose objects are looked into
recording.py     a function run once on symbols, with its parameters and buffers as inputs
signature.py     what a compiled function was called with, and the recording made for it
snapshot.py      the contents of containers as they were
surroundings.py  what a function reads besides its arrays, as a key, as inputs, and as guards
values.py        when two values of Python are the same for a recording
verification.py  how far the compiled results are from the eager ones, in ulp
"""

from chainrule.compiled.function import Compiled as Compiled
from chainrule.compiled.function import compile as compile
from chainrule.compiled.verification import Verification as Verification

"""Readings: a function run on symbols, to learn something else than its value.

dual.py            a value with its tangents
gate.py            an op as it ran, with the values that went in and came out, and its products
local_jacobian.py  what each op's result does with each of its inputs, in its own structure
probe.py           which of an op's inputs and result its backward rule reads
reading.py         what the symbols share in whose place a function is run
sparsity.py        which outputs of a recorded function can depend on which inputs
specs.py           the reading in which only shapes and dtypes flow, and no value is computed
unvalued.py        a symbol of which shape and dtype are known, and no value
"""

"""Products of matrices as machine code: tiles of sums in registers, and a body at their end.

block.py        copies, panels of columns, tiles, in the order that caches like
blocking.py     copies, blocks of terms, units for threads
ending.py       the kernel's body, at each vector of a tile or of a panel
grid.py         how many rows and vectors of sums the registers hold
normal_form.py  the same product written so that a tile suits it
pack.py         what a tile reads is laid side by side first, whichever way it lies in memory
panels.py       weights that stay the same from call to call, laid out as tiles read them
tile.py         sums of a few rows and vectors of columns, kept in registers while k runs
"""

"""Speed beside the field's other libraries, measured as ratios within one run.

`chainrule bench` runs it from a checkout; it is no part of the installed package. The parent
process imports NumPy, chainrule's screen and (for the picture) matplotlib; every library that is
measured lives in a process of its own.
"""

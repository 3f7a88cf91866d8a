"""Losses: how far scores are from the truth, as one number.

Some are of labels, some of numbers; all of them share one base, with their weights and reduction.
"""

from chainrule.graph.op.discovery import import_files as _import_files

_import_files(__name__, __path__)

"""Losses: how far scores are from the truth, as one number.

classification.py  softmax cross-entropy and the multi-class SVM loss
loss.py            what all losses share
regression.py      losses of a prediction against a target of the same place
"""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)

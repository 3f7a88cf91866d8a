"""Losses: how far scores are from the truth, as one number."""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)

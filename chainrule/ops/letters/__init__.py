"""The closed alphabet: about three dozen letters that every reader must speak."""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)

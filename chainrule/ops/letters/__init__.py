"""The closed alphabet: about three dozen letters that every reader must speak.

Arithmetic, powers, exponentials and circular functions, comparisons and logic: each file says in
its first line which letters it holds.
"""

from chainrule.graph.op.discovery import import_files as _import_files

_import_files(__name__, __path__)

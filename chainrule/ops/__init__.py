"""The built-in ops: one class in one file each, which is known by being here.

Importing this package imports every file of it, and seals the names of their ops.
"""

from chainrule.graph.catalogue import CATALOGUE as _CATALOGUE
from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)
_CATALOGUE.seal()

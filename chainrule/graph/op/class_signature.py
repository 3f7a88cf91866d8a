"""Reads the signature of an op class: which arguments are inputs, and which are attributes.

Imports nothing of chainrule. Op calls it once for every class.
"""

import inspect
from dataclasses import MISSING, Field, fields
from math import inf
from typing import Any

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
VARIADIC = inspect.Parameter.VAR_POSITIONAL
EMPTY = inspect.Parameter.empty


def read_signature(cls: Any) -> None:
    """Tell an op class its inputs, its attributes, and the signature of its public function.

    The parameters of ``forward`` are the inputs; a letter, whose forward takes what comes, names
    them in ``local_gradients``. The dataclass fields are the attributes.
    """
    formula = list(inspect.signature(cls.forward).parameters.values())[1:]
    if formula and formula[0].kind is VARIADIC and hasattr(cls, "local_gradients"):
        formula = list(inspect.signature(cls.local_gradients).parameters.values())[1:-1]
    cls.variadic = bool(formula) and formula[0].kind is VARIADIC
    alone = [p for p in formula if p.kind is POSITIONAL]
    open_ended = any(p.kind is VARIADIC for p in formula)
    cls.arity = sum(p.default is EMPTY for p in alone), inf if open_ended else len(alone)
    cls.inputs = tuple(p.name for p in formula if p.kind is not p.VAR_KEYWORD)
    # Index arrays behind the first input reach the op inside its key, not as arguments of a call.
    called = [p for p in formula if cls.variadic or p.kind is POSITIONAL]
    inputs = [p.replace(kind=POSITIONAL, annotation=EMPTY) for p in called if p.name in cls.inputs]
    own = _ordered_fields(cls)
    cls.attributes = tuple(f.name for f in own)
    # Inputs that may be left out (a loss's weights) stand behind the attributes.
    given = [p for p in inputs if p.default is EMPTY]
    cls.places = len(given), len(given) + len(own)
    given += sorted(map(_as_parameter, own), key=lambda p: p.default is not EMPTY)
    given += [p for p in inputs if p.default is not EMPTY]
    cls.signature = inspect.Signature(given)
    cls.defaults = tuple(p.default for p in given)
    cls.required = sum(p.default is EMPTY for p in given)


def _ordered_fields(cls: Any) -> list[Field[Any]]:
    """The fields of a class; one that declares all of them again puts them in its own order."""
    own = sorted((f for f in fields(cls) if f.init), key=lambda f: f.kw_only is True)
    order = list(inspect.get_annotations(cls))
    if {f.name for f in own} <= set(order):
        own.sort(key=lambda f: order.index(f.name))
    return own


def _as_parameter(field: Field[Any]) -> inspect.Parameter:
    default = EMPTY if field.default is MISSING else field.default
    return inspect.Parameter(field.name, POSITIONAL, default=default, annotation=field.type)

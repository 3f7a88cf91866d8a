"""The ops that typed lines may call: those whose results are no larger than what they are given.

Imports the catalogue. The grammar is closed: an op that is not named here, or defined by a user,
is not called.
"""

import functools
from math import e, inf, pi
from types import MappingProxyType

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise, Letter, Word

NUMBERS = MappingProxyType({"pi": pi, "e": e, "inf": inf})
WHOLE_NUMBERS = ("labels", "indices")  # inputs that are no floats

# Besides every op that works element by element.
_OTHERS = """
argmax argmin atleast_1d atleast_2d average batch_norm binary_cross_entropy concatenate
column_stack cumprod cumsum det diagonal dot dstack expand_dims flip fliplr flipud
gaussian_likelihood hinge hstack inner inv layer_norm linear log_cosh log_softmax logsumexp
matmul matrix_transpose max mean median min moveaxis nanmean nansum norm outer poisson
power_norm prod ptp quantile ravel reshape roll rot90 softmax softmax_cross_entropy
softmax_focal solve sort squared_error absolute_error huber binary_focal squeeze stack std sum
swapaxes take trace transpose tril triu var vdot vecdot vstack
"""
_METHODS = """
argmax argmin clip cumprod cumsum dot max mean min prod ravel reshape round sort squeeze std
sum swapaxes trace transpose var
"""
OTHERS, METHODS = frozenset(_OTHERS.split()), frozenset(_METHODS.split())


@functools.cache
def op_words() -> tuple[str, ...]:
    """All words that can be called, sorted: names of ops, and NumPy's names for them."""
    return tuple(sorted(_table()))


def is_op(word: str) -> bool:
    """Whether a word is the name of an op."""
    return word in _table()


def op_named(word: str) -> str:
    """The op's name in the catalogue, or "" where there is none to call."""
    return _table().get(word, "")


@functools.cache
def _table() -> MappingProxyType[str, str]:
    kinds = (Elementwise, Letter, Word)
    names = [n for n in CATALOGUE.names() if issubclass(CATALOGUE[n], kinds) or n in OTHERS]
    table = {name: name for name in names}
    for function, name in CATALOGUE.by_numpy.items():
        if name in table:
            table.setdefault(function.__name__, name)
    return MappingProxyType(table)

"""Data sets by name or by CSV path: split, standardised, and ready for a net.

Floor 8: imports NumPy, the standard library and chainrule.errors. The command line and the
training loop use it.

    load("digits")   sources.py      which source a name or a path means
                     bundled.py      scikit-learn's sets
                     generated.py    moons, circles, spiral
                     fashion.py      Fashion-MNIST, over idx.py
                     sheet.py        a CSV's cells as text; inference.py gives them types
                     tables.py       raw rows, wherever they came from
                     split.py        training, validation and test rows
                     learning.py     what standardising needs to know, from the training rows
                     preprocessing.py    how it is applied; over columns.py, records.py and
                                         standardising.py
    -> Dataset       dataset.py
    read_rows(...)   rows.py         rows for a net that is already trained
"""

from chainrule.train.data.dataset import Dataset
from chainrule.train.data.loading import load
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.rows import read_rows
from chainrule.train.data.sources import names

__all__ = ["Dataset", "Preprocessing", "load", "names", "read_rows"]

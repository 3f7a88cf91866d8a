"""Data sets by name or by CSV path: split, standardised, and ready for a net.

Floor 8: imports NumPy, the standard library and chainrule.errors. The command line and the
training loop use it.

    bundled.py        the one door to scikit-learn in this package
    columns.py        numbers to standardise, categories, the target
    dataset.py        what a net trains on; three parts, already preprocessed
    fashion.py        pictures of garments, ten classes
    generated.py      two moons, two circles, and the lecture's spiral
    idx.py            reader of IDX files, the format of MNIST and Fashion-MNIST; plain or gzipped
    inference.py      numbers or text, and what kind of target
    learning.py       what preprocessing must know, from the training rows alone
    loading.py        from a name or a path to a Dataset
    preprocessing.py  from raw columns to the standardised matrix a net reads, and back
    records.py        preprocessing as JSON text, exact to the last bit of every number
    rows.py           rows for a net that is already trained, read the way its training rows were
    schema.py         what each entry of a JSON record must be
    sheet.py          decoded, split into columns, every row as long as the header
    sources.py        which source a name or a path means
    split.py          in proportion to the classes, and from the seed alone
    standardising.py  (x - mean) / std of each column, in float64, kept in float32
    tables.py         numbers in one matrix, texts as codes into their values
    wording.py        how this package's messages count and list things
"""

from chainrule.train.data.dataset import Dataset
from chainrule.train.data.loading import load
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.rows import read_rows
from chainrule.train.data.sources import names

__all__ = ["Dataset", "Preprocessing", "load", "names", "read_rows"]

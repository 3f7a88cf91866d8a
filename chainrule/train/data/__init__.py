"""Data sets by name, tables in files and in memory: split, standardised, and ready for a net.

Floor 8: imports NumPy, the standard library and chainrule.errors; DuckDB, python-calamine,
narwhals and scikit-learn when a table or a set asks for them. The command line and the training
loop use it.

    amounts.py        texts that are numbers but for a unit, or a word in a gap
    bundled.py        the one door to scikit-learn in this package
    columns.py        its role, numbers to standardise, categories, dates
    decimal_signs.py  whether 1.234 is a thousand, and which cells tell
    databases.py      tables of databases: DuckDB's files, SQLite's through Python's sqlite3
    dataset.py        what a net trains on; three parts, already preprocessed
    delimited.py      the dialect of a text table: delimiter, header, decimal commas
    door.py           the one door to DuckDB: relations become columns of numbers, texts and times
    fashion.py        pictures of garments, ten classes
    fitted.py         a table prepared for a net of any kind; what estimators call
    frames.py         tables in memory: pandas, polars and Arrow, dicts of arrays, matrices
    free_memory.py    whether a table fits into memory
    generated.py      two moons, two circles, and the lecture's spiral
    idx.py            reader of IDX files, the format of MNIST and Fashion-MNIST; plain or gzipped
    inference.py      a table with a target becomes raw data: a part for each column
    later.py          rows for what is already learned: each column as it was in training
    leakage.py        a column that alone tells the target
    learning.py       what preprocessing must know, from the training rows alone
    loading.py        from a name or a path to a Dataset
    marks.py          what stands for "nothing is known here" in a cell
    objects.py        columns from Python's own values
    opening.py        a file as columns, whatever it is: its first bytes tell
    outliers.py       numbers far from all others: held, and told
    overview.py       what preprocessing must know of a table on the disk, from all its rows
    preparation.py    numbers without gaps, categories as codes; what any net starts from
    preprocessing.py  from raw columns to the standardised matrix a net reads, and back
    queries.py        what is wrong with a query, and which name may have been meant
    records.py        preprocessing as JSON text, exact to the last bit of every number
    remarks.py        what a reader should know of columns before anything is trained
    rereading.py      a text table read again, row by row: what is wrong with it
    roles.py          which part a column of inputs plays, and why
    rows.py           rows for a net that is already trained, read the way its training rows were
    schema.py         what each entry of a JSON record must be
    scratch.py        a folder for what must be unpacked before it is read
    sources.py        which source a name or a path means
    row_spans.py      a table that stays on the disk, as runs of rows
    split.py          at random in proportion to the classes, in time, in groups
    split_keys.py     by which column rows are split
    spreadsheets.py   Excel and OpenDocument sheets, through python-calamine
    standardising.py  (x - mean) / std of each column, in float64, kept in float32
    table_stream.py   a table larger than memory, read while it is trained on
    tables.py         numbers, texts as codes into their values, points in time
    textfiles.py      text tables through DuckDB, with the dialect that was found
    texts.py          numbers and dates that came as text
    thousands.py      by which sign a column's cells are read, and which are in doubt
    times.py          a point in time as numbers: year, month, weekday, hour, days elapsed
    unit_signs.py     what stands beside a number: €, %, kg
    variants.py       the same word or date written in several ways
    wanted.py         what a user says of a table's columns, and of its file
    wording.py        how this package's messages count and list things
"""

from chainrule.train.data.dataset import Dataset
from chainrule.train.data.fitted import Fitted, fit_table
from chainrule.train.data.loading import load
from chainrule.train.data.preparation import Prepared
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.rows import open_rows, read_rows
from chainrule.train.data.sources import names
from chainrule.train.data.table_stream import TableStream, stream

__all__ = [
    "Dataset",
    "Fitted",
    "Prepared",
    "Preprocessing",
    "TableStream",
    "fit_table",
    "load",
    "names",
    "open_rows",
    "read_rows",
    "stream",
]

"""The commands and their options, as cyclopts reads them from the docstrings.

Imports cyclopts, the settings, and a command's job when that command runs.
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from chainrule.cli.collector import held_still
from chainrule.cli.failures import answered, interruptible, refused, unwritten
from chainrule.cli.options import FLAG, OUTPUT, TrainSettings
from chainrule.cli.screen import lasting_output, refuse_no_character
from chainrule.train.saving import installed_version

HELP = """Backpropagation you can see, check and run, on NumPy arrays.

Start with: chainrule train digits
"""

DEFAULTS = TrainSettings()
STANDARD_INPUT = "./-"  # what a lone dash is called until the data are opened
DATA_AT = {"train": 1, "predict": 2}  # which word names the data

app = App(
    name="chainrule",
    help=HELP,
    version=installed_version,
    exit_on_error=False,
    print_error=False,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


def run(words: list[str]) -> int:
    """Parse and run; every failure becomes a message and an exit code."""
    refuse_no_character()
    with lasting_output() as out:
        try:
            code = answered(lambda: app(_with_dash(words)), debug="--debug" in words)
        except CycloptsError as error:
            code = refused(error, words)
        out.flush()
        return code if out.lost is None else unwritten(out.lost) or code


def _with_dash(words: list[str]) -> list[str]:
    """Join "--out" and "-" to "--out=-": cyclopts takes a lone dash for an option.

    Where it stands for the data, it becomes STANDARD_INPUT.
    """
    joined: list[str] = []
    for place, word in enumerate(words):
        if word == "-" and joined and joined[-1] == "--out":
            joined[-1] = "--out=-"
        elif word == "-" and place == DATA_AT.get(words[0]):
            joined.append(STANDARD_INPUT)
        else:
            joined.append(word)
    return joined


@app.command
def train(
    data: str, /, *, settings: Annotated[TrainSettings, Parameter(name="*")] = DEFAULTS
) -> int:
    """Train a fully connected net, or several on a table; leave a model, figures and a report.

    Parameters
    ----------
    data
        Name of a data set (digits, iris, wine, breast_cancer, diabetes, moons, circles, spiral,
        fashion-mnist), or the path of a table: text with a header row (also gzipped), Parquet,
        JSON lines, a workbook, a DuckDB or SQLite file; "sales-*.csv" for several files, - for
        standard input.
    """
    with held_still():
        from chainrule.cli.train_job import train as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(data, settings)


@app.command
def predict(
    run: Path,
    data: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(group=OUTPUT)] = None,
    rows: Annotated[int, Parameter(group=OUTPUT)] = 10,
    folder: Path | None = None,
    query: str | None = None,
    threshold: str | None = None,
    interval: float | None = None,
    overwrite: Annotated[bool, Parameter(group=OUTPUT, negative="")] = False,
    debug: Annotated[bool, FLAG] = False,
) -> int:
    """Predict rows with a trained net or estimator.

    Parameters
    ----------
    run
        Folder that `chainrule train` has written, or the model file in it.
    data
        A table with the columns of the training data, in any order, or the name of a data set.
    out
        CSV file for all predictions: row, the columns that name it, prediction, and the
        probability of each class or the ends of the interval. A single - writes it to standard
        output. Default: none is written.
    rows
        Rows shown in the table.
    folder
        Where fashion-mnist's four IDX files are. Default: where Debian's package puts them.
    query
        SQL that asks a DuckDB or SQLite file for the rows. Default: its only table.
    threshold
        Of two classes, the chance from which on the last is said, or the one that is named, as
        in yes=0.3. Default: the likelier one is.
    interval
        Of numbers from estimators, the share of the rows whose number lies between the ends.
        Default: 0.9.
    overwrite
        Replace the file of --out if it exists.
    debug
        Show the traceback of an error.
    """
    from chainrule.cli.prediction import predict as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(
            run,
            data,
            out=out,
            rows=rows,
            folder=folder,
            query=query,
            threshold=threshold,
            interval=interval,
            overwrite=overwrite,
        )


@app.command
def checkup(
    run: Path,
    data: str | None = None,
    /,
    *,
    json: Annotated[bool, Parameter(group=OUTPUT, negative="")] = False,
    debug: Annotated[bool, FLAG] = False,
) -> int:
    """Ask a trained net the lecture's sanity checks, on the rows that it was trained on.

    Parameters
    ----------
    run
        Folder that `chainrule train` has written, or the model file in it. Of estimators, the
        first net is looked at.
    data
        The table that it was trained on, if it has moved since. Default: what the run names.
    json
        Write the report as JSON, for programs.
    debug
        Show the traceback of an error.
    """
    from chainrule.cli.checkup_job import check_up as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(run, data, json)


@app.command
def check(
    place: str,
    /,
    *,
    shape: tuple[str, ...] = (),
    dtype: Literal["float32", "float64"] = "float64",
    order: Literal[1, 2, 3, 4] = 2,
    seed: int = 0,
    debug: Annotated[bool, FLAG] = False,
) -> int:
    """Check the gradient of an op, and name the bug where it is wrong.

    Parameters
    ----------
    place
        A Python file and a name in it, ops.py:MyOp, or a method of a class, net.py:Net.loss.
        Without a name, every op of the file.
    shape
        Lengths of the axes of one input, such as 3,4; once for each input. Default: the inputs
        that the op's samples or domains declare.
    dtype
        Type of the inputs that are drawn for --shape.
    order
        1 for the gradient alone, 2 for the gradient of the gradient too, 3 and 4 for those
        beyond: they find the kink of an abs or where inside a smooth function, if the point lies
        on it, so the op is looked at a second time with one entry of each input 0, where it is
        smooth there. For a kink elsewhere, call cr.check at that point.
    seed
        Of the numbers that are drawn for --shape.
    debug
        Show the traceback of an error.
    """
    from chainrule.cli.check_job import check as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(place, shapes=shape, dtype=dtype, order=order, seed=seed)


@app.command
def explore(
    place: str = "",
    rows: str = "",
    /,
    *,
    port: int = 0,
    browser: bool = True,
    out: Annotated[Path | None, Parameter(group=OUTPUT)] = None,
    overwrite: Annotated[bool, FLAG] = False,
    debug: Annotated[bool, FLAG] = False,
) -> int:
    """Show what flows through a graph, gate by gate, on a page of this machine.

    Prints the page's address, and serves it until Ctrl-C.

    Parameters
    ----------
    place
        A Python file and a function in it, file.py:loss, whose arguments have values; or the
        folder of a run, whose net is shown with its loss on four rows. Default: the lecture's
        examples, and lines that are typed in the page.
    rows
        A table whose first rows the net of a run reads. Default: what it was trained on.
    port
        Of the address. Default: a free one.
    browser
        Open the page in a browser.
    out
        Write the page with this graph as one HTML file instead, which needs no Python to be seen.
    overwrite
        Replace that file.
    debug
        Show the traceback of an error.
    """
    from chainrule.cli.explore_job import explore as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(place, rows, port=port, opens=browser, out=out, overwrite=overwrite)


@app.command
def bench(
    *,
    peers: str = "jax,torch,sklearn,numpy,onnxruntime",
    only: str = "",
    out: Annotated[Path | None, Parameter(group=OUTPUT)] = None,
    quick: Annotated[bool, Parameter(negative="")] = False,
    debug: Annotated[bool, FLAG] = False,
) -> int:
    """Measure speed beside other libraries; only in a checkout of the repository.

    Parameters
    ----------
    peers
        Libraries to run beside. One that is not installed is left out.
    only
        Sections to measure, such as sgd,adam: sgd, adam, calls, predict, variants, recurrences,
        first, cold, imports, threads, widths, memory, training, tables. Default: all.
    out
        Markdown file for the tables; a picture goes beside it. Default: none is written.
    quick
        Fewer nets and rounds: a look in minutes.
    debug
        Show the traceback of an error.
    """
    from chainrule.cli.bench import bench as job  # noqa: PLC0415  --help stays quick

    with interruptible():
        return job(peers, only=only, out=out, quick=quick)

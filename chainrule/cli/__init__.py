"""The command line: `chainrule train DATA`, `predict RUN DATA`, `checkup RUN`, `check FILE:NAME`.

Floor 9: imports everything below it, and nobody imports it. What a user did wrong is told in a
few lines; the exit code is 2 for bad input, 1 for any other failure, 130 after Ctrl-C.

    answers.py        a net's outputs as class names and probabilities
    app.py            the commands and their options, as cyclopts reads them from the docstrings
    bar.py            a bar on a terminal, some plain lines anywhere else
    bench.py          run the benchmarks of the checkout that this package lies in
    check_job.py      the gradient doctor on the ops of a Python file
    checkup_job.py    the sanity checks of a finished run, on the rows it learned from
    collector.py      the garbage collector, held still where it only costs time
    configuration.py  config.toml: every setting of a run with its value, and what came out
    explore_job.py    the explorer's page, until Ctrl-C
    failures.py       what went wrong, in a few lines on standard error, and the exit code
    figure_table.py   a line of figures for each part, beside a constant answer
    folder.py         the folder of a run: chosen, writable, and held before training starts
    member_bar.py     progress of estimators: a bar, or a line for each net
    metrics_file.py   metrics.json: the figures of each part of a run, for programs
    options.py        what `chainrule train` may be told, with defaults
    outcome.py        everything a training run has come to, for those who write and show it
    part_figures.py   loss and accuracy, or error and R^2, of the parts of a data set
    prediction.py     what a saved net says about rows
    reading_data.py   the data of a plain net: into memory, or block by block
    reporting.py      what the report of a run shows, gathered from its outcome
    run_subject.py    the net of a run as something to explore, on rows of its data
    said_class.py     the class that is said of a row, and the level of intervals
    screen.py         consoles, messages, tables; in colour on a terminal, plain elsewhere
    table_checkup.py  the sanity checks of one net of a run of estimators
    table_configuration.py  config.toml of a training on a table
    table_job.py      an estimator on a table as it is, and what it is worth
    table_outcome.py  everything a training on a table has come to
    table_prediction.py  what an estimator of a run says of rows
    table_report.py   what the report of a training on a table shows
    table_subject.py  one net of a run of estimators as something to explore
    table_trial.py    estimators trained, each judged by rows that it has not seen
    train_job.py      from a data set's name to a folder with a model and a report
    written.py        the report, which comes last, and where everything is
"""

import sys
from collections.abc import Sequence

from chainrule.cli import collector

_LIBRARIES = ("cyclopts", "rich", "threadpoolctl", "tomli_w")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words behind "chainrule". Default: those of this process.

    Returns
    -------
    int
        The exit code.
    """
    if argv is not None:
        return _answer(list(argv))
    try:
        return _answer(sys.argv[1:])
    finally:
        collector.given_up()  # the process is ours, and ends


def _answer(words: list[str]) -> int:
    try:
        # Here, not above: the library is used without the command line's libraries too.
        with collector.held_still():
            from chainrule.cli.app import run  # noqa: PLC0415

        return run(words)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        print(
            f"The command line needs {error.name}, which is not installed: "
            'pip install "chainrule[app]"',
            file=sys.stderr,
        )
        return 1


__all__ = ["main"]

"""The command line: `chainrule train DATA`, `predict RUN DATA`, `check FILE:NAME`.

Floor 9: imports everything below it, and nobody imports it. What a user did wrong is told in a
few lines; the exit code is 2 for bad input, 1 for any other failure, 130 after Ctrl-C.

    app.py        commands and options        settings.py  their values
    training.py   the job of `train`          prediction.py  that of `predict`
    check.py      the job of `check`
    plan.py       settings become a net, a loss, an optimiser
    folder.py     where a run is written      configuration.py  its config.toml
    figures.py    loss and accuracy of the parts    outcome.py  a run that is over
    reporting.py  what the report shows    answers.py  outputs in words, and as CSV
    screen.py     tables and messages         progress.py  the bar and the plain lines
    failures.py   errors as exit codes    collector.py  no collecting of garbage meanwhile
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

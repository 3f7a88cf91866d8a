"""Runs: a finished run of the command line, or a saved estimator, opened from Python.

Imports errors, and the estimators when one is opened: scikit-learn comes with them. Users call
``cr.load_run``.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.errors import DataError, MissingDataError, MissingLibraryError

if TYPE_CHECKING:
    from chainrule.estimators import TabularClassifier, TabularRegressor

ESTIMATOR, NET = "model.npz", "model.safetensors"  # the files of a run


def load_run(path: "str | os.PathLike[str]") -> "TabularClassifier | TabularRegressor":
    """Open what was trained: a run of ``chainrule train TABLE``, or what ``estimator.save`` wrote.

    Parameters
    ----------
    path : str or path
        The folder of a run, or a file.

    Returns
    -------
    TabularClassifier or TabularRegressor
        Ready to answer. One that was trained on a table finds columns by their names.

    Raises
    ------
    MissingDataError
        If nothing is there.
    DataError
        If it is anything else than a whole estimator; the run of one plain net among them.
    MissingLibraryError
        If scikit-learn is not installed.

    Examples
    --------
    >>> import tempfile, pathlib, chainrule as cr
    >>> from chainrule.estimators import TabularRegressor
    >>> table = cr.train.data.fit_table({"size": range(40)}, [2.0 * each for each in range(40)])
    >>> model = TabularRegressor("fast", random_state=0).fit_table(table)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "sizes.npz")
    ...     again = cr.load_run(pathlib.Path(folder) / "sizes.npz")
    >>> again.predict({"size": [3, 4]}).shape
    (2,)
    """
    path = Path(path)
    net = path if path.name == NET else path / NET
    if net.is_file() and not (path / ESTIMATOR).is_file():
        raise DataError(
            f"{path} is the run of one plain net, which is no estimator.",
            do=f"Read it by chainrule.train.saving.load_model({str(net)!r}),\n"
            "or train again without the options of a plain net: --preset strong",
        )
    if path.is_dir():
        if not (path / ESTIMATOR).is_file():
            raise MissingDataError(
                f"{path} holds no {ESTIMATOR}.",
                do="Give the folder that chainrule train has written, or an estimator's file.",
            )
        path /= ESTIMATOR
    try:
        # Here, not above: scikit-learn comes with it, and `import chainrule` goes without.
        from chainrule.estimators import load  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise needs_scikit_learn(error) from error
    return load(path)


def needs_scikit_learn(error: ModuleNotFoundError) -> Exception:
    """What to say where the estimators cannot be imported; any other module's lack as it is."""
    if (error.name or "").partition(".")[0] != "sklearn":
        return error
    return MissingLibraryError(
        "estimators stand on scikit-learn, which cannot be imported.",
        found=[str(error)],
        do='Install it: pip install "chainrule[app]"',
    )

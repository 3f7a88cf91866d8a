"""Tabular: what the estimators share: reading tables, training members, answering together.

Imports scikit-learn, and the files beside it. The two estimators inherit it.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator

from chainrule.errors import ArgumentError, DataError, DTypeError
from chainrule.estimators.answering import Answering
from chainrule.estimators.checking import (
    check_consistent_length,
    check_feature_names,
    check_is_fitted,
    check_n_features,
    check_random_state,
    check_settings,
    validate_answers,
    validate_data,
)
from chainrule.estimators.features import Features
from chainrule.estimators.given import taken
from chainrule.estimators.member_task import Task
from chainrule.estimators.member_training import Stand, Watch, fitted
from chainrule.estimators.merging import Rows
from chainrule.estimators.presets import recipe_of
from chainrule.estimators.single_row import is_mapping, names_of
from chainrule.estimators.table_reading import (
    Reading,
    is_frame,
    is_table,
    learned,
    prepared_of,
)
from chainrule.nn import Ensemble
from chainrule.settings import threads
from chainrule.train.data import Fitted as Table
from chainrule.train.data.delimited import refuse_twice
from chainrule.train.data.frames import NAME, with_gaps
from chainrule.train.data.wanted import Wanted, wanted_of

Array = np.ndarray[Any, np.dtype[Any]]


class Tabular(BaseEstimator):
    """What both estimators share: reading tables, training members, answering together."""

    takes_any_order_ = False  # of later frames' columns: those of a table that was read before

    def __init__(
        self,
        preset: Any = "strong",
        *,
        drop: Any = (),
        categorical: Any = (),
        numeric: Any = (),
        missing: Any = (),
        decimal: Any = None,
        time_limit: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.preset = preset
        self.drop = drop
        self.categorical = categorical
        self.numeric = numeric
        self.missing = missing
        self.decimal = decimal
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def checked(self, x: Any, y: Any) -> tuple[Any, Any]:
        """A frame as it is or a matrix of float64, and the targets."""
        x, self.takes_any_order_ = taken(x), False
        y = with_gaps(y)
        if isinstance(y, str):
            raise DTypeError(
                f"y is an answer for each row, but this is one text: {y!r}.",
                do=f"Pass the column: fit(frame.drop(columns={y!r}), frame[{y!r}]).",
            )
        if is_frame(x):
            y = validate_answers(self, y=y)  # first: it forgets the names of columns
            self._check_names(x, reset=True)
            if not is_mapping(x):  # whose length is that of its columns
                check_consistent_length(x, y)
            return x, y
        return validate_data(
            self, x, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2
        )

    def learn_table(self, x: Any, used: Array, answers: Array, task: str) -> tuple[Array, Array]:
        """Numbers and codes of the rows that are used, once it is known how to read them.

        Parameters
        ----------
        x : frame or ndarray
            As `checked` gives it.
        used : ndarray of bool, (N,)
        answers : ndarray, (N,)
            Indices of classes, for the task "auto"; or numbers, for the task "numbers".
        """
        wanted = self.wanted(task)
        if is_frame(x) or is_table(x) or wanted.speaks_of_columns:
            self.table_, numbers, codes = learned(x, used, answers, wanted)
            return numbers, codes
        self.table_ = Reading.of_matrix(x.shape[1])
        return self.table_.read(x[used])

    def wanted(self, task: str) -> Wanted:
        """What was said of the columns."""
        names = (self.drop, self.categorical, self.numeric, self.missing)
        return wanted_of(*names, task=task, decimal=self.decimal)

    def learned_from(self, table: Table) -> tuple[Array, Array]:
        """Numbers and codes of a table that was read before; columns are found by their names."""
        wanted = self.wanted("auto")
        if wanted.speaks_of_columns or wanted.decimal:
            options = ("drop", "categorical", "numeric", "missing", "decimal")
            said = next(name for name in options if getattr(wanted, name))
            raise ArgumentError(
                f"{said}={getattr(self, said)!r} says how a table is read, but this one has been "
                "read before.",
                do=f"Pass {said} to chainrule.train.data.fit_table(table, target, {said}=...).",
            )
        self.table_ = Reading.of(table.preprocessing, table.notes)
        self.name_columns()
        return prepared_of(table)

    def name_columns(self) -> None:
        """Of a table that was read before; those of later frames are free in number and order."""
        self.feature_names_in_ = np.array([role.name for role in self.table_.roles], object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.takes_any_order_ = True

    def inputs(self, x: Any) -> Array:
        """The net's inputs for rows to be answered."""
        if not hasattr(self, "_answering"):
            check_is_fitted(self)  # which takes a moment where all is well
        x = x if is_table(x) else taken(x)
        names: list[Any] | None = None
        if self.table_.preprocessing and (is_table(x) or is_frame(x)):
            if hasattr(self, "feature_names_in_") and not (self.takes_any_order_ or is_table(x)):
                names = self._check_names(x, reset=False)
        elif is_mapping(x):
            raise DataError(
                "this estimator was trained on an array, and reads no names of columns.",
                do="Give an array with the columns of training, in their order.",
            )
        elif not self._is_plain(x):
            if is_frame(x):
                refuse_twice([str(name) for name in names_of(x)], NAME)
            x = validate_data(
                self, x, dtype=np.float64, ensure_all_finite="allow-nan", reset=False
            )
        numbers, codes = self.table_.read(x, names)
        if not len(numbers):
            raise DataError(
                "there are no rows to answer: 0 sample(s) where a minimum of 1 is required.",
                do="Pass at least one row.",
            )
        return self.features_.inputs(numbers, codes)

    def _is_plain(self, x: Any) -> bool:
        """Whether scikit-learn's checks, which take as long as the net, would leave x as it is."""
        if type(x) is not np.ndarray or x.dtype != np.float64 or x.ndim != 2:
            return False
        rows, columns = cast("tuple[int, int]", x.shape)
        fits = rows > 0 and columns == self.n_features_in_
        return fits and not hasattr(self, "feature_names_in_") and not np.isinf(x).any()

    def _check_names(self, x: Any, *, reset: bool) -> "list[Any] | None":
        """The names of a frame's columns, which are those of training."""
        if is_mapping(x):
            if reset:
                self.feature_names_in_ = np.array([str(name) for name in x], object)
                self.n_features_in_ = len(self.feature_names_in_)
            return None  # their order is free, and who reads them tells which are missing
        names = names_of(x)
        known: Any = getattr(self, "feature_names_in_", np.empty(0))
        if reset or names != known.tolist():
            refuse_twice([str(name) for name in names], NAME)
            check_feature_names(self, x, reset=reset)
            check_n_features(self, x, reset=reset)
        return names

    def outputs(self, x: Any) -> Array:
        """The outputs of each member, float64, (members, N, outputs)."""
        inputs = self.inputs(x)  # which says so where nothing was trained yet
        return self._answering.outputs(inputs)

    def keep(self, ensemble: Ensemble, epochs: tuple[int, ...]) -> None:
        """Answer with these members from now on."""
        self.ensemble_, self.epochs_ = ensemble, epochs
        self._answering = Answering(ensemble)

    def train(
        self,
        rows: Rows,
        y: Array,
        classes: int,
        watch: Watch | None,
        groups: Array | None = None,
    ) -> tuple[Array, float]:
        """Fit features and members to rows of which no two are alike.

        Returns
        -------
        held_out : ndarray, (N, outputs)
            What the members say of each row that they have left out; NaN where none has.
        score : float
            Of those rows, as the task judges them; NaN where there are none.
        """
        recipe = recipe_of(self.preset, "classes" if classes else "numbers")
        limit = self.time_limit
        check_settings(limit, self.n_jobs)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        sizes, weights = self.table_.sizes(), rows.weights
        self.features_ = Features.learned(
            rows.numbers, rows.codes, sizes, weights, recipe.embedded_above
        )
        inputs = self.features_.inputs(rows.numbers, rows.codes)
        weights = (weights / weights.mean()).astype(np.float32)
        if groups is not None:  # of rows that are alike, one's
            own = np.empty(len(y), np.int64)
            own[rows.places] = groups
            groups = own
        y = y if classes else y[:, None].astype(np.float32)
        origins = None if groups is not None else rows.origins
        task = Task(inputs, y, weights, classes, self.features_.layout(), groups, origins)
        say = print if self.verbose else _silent
        for note in self.table_.notes:
            say(f"note: {note}")
        self.recipe_ = recipe
        with self._threads():
            found = fitted(task, recipe, seed, limit, say, watch or _unwatched)
        self.keep(found.ensemble, found.epochs)
        known = np.flatnonzero(~np.isnan(found.held_out[:, 0]))
        score = task.score(found.held_out[known], known) if len(known) else np.nan
        return found.held_out, score

    @contextmanager
    def _threads(self) -> Generator[None]:
        """Compiled code may use n_jobs threads: -1 for all, None for what the settings say."""
        if self.n_jobs is None:
            yield
            return
        before = threads()
        threads(self.n_jobs if self.n_jobs > 0 else os.cpu_count() or 1)
        try:
            yield
        finally:
            threads(before)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained estimator as one file of arrays; see :func:`load`.

        Raises
        ------
        NotFittedError
            If it is not trained.
        OutputError
            If the place cannot be written; what stood there still stands.
        """
        from chainrule.estimators.archive import save  # noqa: PLC0415  which imports this file

        check_is_fitted(self)
        save(self, path)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _silent(line: str) -> None:
    """Nobody listens."""


def _unwatched(stand: Stand) -> None:
    """Nobody watches."""

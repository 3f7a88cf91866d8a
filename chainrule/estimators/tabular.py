"""TabularClassifier and TabularRegressor: scikit-learn estimators on tables as they come.

Imports scikit-learn, and the files beside it. Users import them from chainrule.estimators.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from chainrule.errors import DataError
from chainrule.estimators.answering import chances_in
from chainrule.estimators.base import Tabular
from chainrule.estimators.checking import (
    check_classification_targets,
    check_sample_weight,
    class_weights,
    column_or_1d,
)
from chainrule.estimators.intervals import LEVEL, Intervals
from chainrule.estimators.member_training import Watch
from chainrule.estimators.merging import merged
from chainrule.estimators.presets import recipe_of
from chainrule.estimators.targets import as_they_are, deviation, numbers_in_targets
from chainrule.estimators.whole_fits import whole
from chainrule.train.data import Fitted
from chainrule.train.data.columns import Classes
from chainrule.train.judgement import sorted_misses

Array = np.ndarray[Any, np.dtype[Any]]


class TabularClassifier(ClassifierMixin, Tabular):
    """Chances of classes from the rows of a table, by an ensemble of nets.

    Parameters
    ----------
    preset : {"strong", "fast", "realmlp"} or Recipe, default "strong"
        "strong" trains eight nets of three hidden layers of 128 units for 64 epochs each (of
        large tables fewer, 8 at least), and averages their chances; each leaves out another eighth
        of the rows. "fast" trains one.
        "realmlp" is the published recipe RealMLP-TD, for comparison.
    drop, categorical, numeric : sequence of str
        Columns to leave out, to take for categories, to take for numbers; those of an array are
        called x0, x1, ...
    missing : sequence of str
        What stands for a gap in a column, besides the usual marks: ["k.A.", "-999"].
    decimal : {",", "."}, optional
        The sign before the decimals of numbers in texts. Default: what the cells show.
    class_weight : "balanced" or dict, optional
        How much the rows of each class count; "balanced": each class as much as the others. A
        class that a dict does not name counts 1.
    time_limit : float, optional
        Seconds; the trainings are shortened, and there are fewer of them, to keep within it.
    random_state : int or RandomState, optional
        Of first weights, parts and the order of rows.
    n_jobs : int, optional
        Threads; -1 for as many as there are CPUs.
    verbose : bool, default False
        Print a line for each member, and what is to be known of the table.

    Attributes
    ----------
    classes_ : ndarray
    validation_score_ : float
        Accuracy on rows that the answering net has not seen: of every row by the member that left
        it out ("fast": of a fifth of the rows).
    held_out_ : ndarray, (N, classes)
        Chances of each row by the member that has left it out; NaN where none has.
    table_ : Reading
        What is done with each column, and what to know of it, such as a column that gives the
        answers away; print it.
    ensemble_ : Ensemble
    recipe_ : Recipe
        By which it was trained.
    epochs_ : tuple of int
        Passes over the rows that each member was trained for.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    Frames of pandas and polars are read as `chainrule.train.data.fit_table` reads tables: numbers,
    dates, categories and gaps, identifiers left out; they have at least five rows. So are dicts
    of columns, lists of records, and, for `predict`, a dict of the cells of one row; their order
    is free. Arrays hold numbers, NaN for a gap. Of a column with more than 60 categories the
    rarer ones share an input. Rows that are alike are trained on as one that counts as often, so
    none stands on both sides of a split.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data": preprocessing, parametrization and schedule of RealMLP-TD-S, here for
    several short trainings.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from chainrule.estimators import TabularClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> model = TabularClassifier(preset="fast", random_state=0).fit(X[::2], y[::2])
    >>> bool(model.score(X[1::2], y[1::2]) > 0.9)
    True
    """

    def __init__(
        self,
        preset: Any = "strong",
        *,
        drop: Any = (),
        categorical: Any = (),
        numeric: Any = (),
        missing: Any = (),
        decimal: Any = None,
        class_weight: Any = None,
        time_limit: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            preset,
            drop=drop,
            categorical=categorical,
            numeric=numeric,
            missing=missing,
            decimal=decimal,
            time_limit=time_limit,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.class_weight = class_weight

    @whole
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows and their classes.

        Parameters
        ----------
        X : frame, dict of columns, list of records or array, (N, D)
        y : array, (N,)
        sample_weight : array, (N,), optional
            A row of weight 2 counts as two rows; one of weight 0 is left out.
        """
        x, y = self.checked(X, y)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        given: Any = check_sample_weight(sample_weight, np.empty(len(y)), ensure_non_negative=True)
        weights: Any = given * class_weights(self.class_weight, y)
        used: Any = weights > 0
        found_classes: tuple[Any, Any] = np.unique(y[used], return_inverse=True)
        self.classes_, labels = found_classes
        if len(self.classes_) < 2:
            raise DataError(
                "a classifier learns to tell classes apart, but these rows have one class.",
                found=[f"class   {', '.join(map(str, self.classes_))}"],
                do="Give rows of at least two classes.",
            )
        indices = np.zeros(len(y))
        indices[used] = labels
        numbers, codes = self.learn_table(x, used, indices, "auto")
        self.held_out_ = np.full((len(y), len(self.classes_)), np.nan)
        self.held_out_[used] = self._learn(numbers, codes, labels, weights[used])
        return self

    @whole
    def fit_table(
        self, table: Fitted, watch: Watch | None = None, groups: Array | None = None
    ) -> Self:
        """Train on a table that :func:`chainrule.train.data.fit_table` has read.

        Later tables are then read as it says: columns are found by name, in any order, and more
        are ignored.

        Parameters
        ----------
        table : Fitted
            From a file, or with columns dropped, or taken for categories or numbers.
        watch : callable, optional
            Is told where the training stands, after each pass over the rows. If it returns True,
            the members that are done are enough.
        groups : array of int, (N,), optional
            Rows of one group are left out together, so that `validation_score_` and the intervals
            are those of rows of other groups.

        Examples
        --------
        >>> from chainrule.train.data import fit_table
        >>> rows = {"size": range(40), "day": range(40), "big": ["no", "yes"] * 20}
        >>> model = TabularClassifier("fast").fit_table(fit_table(rows, "big", drop=["day"]))
        >>> model.predict({"weight": [3, 2], "size": [0, 1]}).shape
        (2,)
        """
        target = table.preprocessing.target
        if not isinstance(target, Classes):
            raise DataError(
                f"a classifier learns classes, but {target.name!r} holds numbers.",
                do="Use TabularRegressor; or read the table with task='classes'.",
            )
        numbers, codes = self.learned_from(table)
        self.classes_ = as_they_are(target.classes)
        weights: Any = class_weights(self.class_weight, self.classes_[table.y])
        self.held_out_ = self._learn(numbers, codes, table.y, weights, watch, groups)
        return self

    def _learn(
        self,
        numbers: Array,
        codes: Array,
        labels: Array,
        weights: Array,
        watch: Watch | None = None,
        groups: Array | None = None,
    ) -> Array:
        """Train; the chances of each row by who has not seen it."""
        parts = 1 if groups is not None else recipe_of(self.preset, "classes").parts
        rows = merged(numbers, codes, labels, weights, parts)
        held_out, self.validation_score_ = self.train(
            rows, rows.y.astype(np.int64), len(self.classes_), watch, groups
        )
        return chances_in(held_out)[rows.places]

    def predict_proba(self, X: Any) -> Array:
        """Chances of each class, (N, classes)."""
        chances = chances_in(self.outputs(X))
        return chances.sum(0) / len(chances)

    def predict(self, X: Any) -> Array:
        """The class with the largest chance."""
        best = self.predict_proba(X).argmax(1)  # which says so where nothing was trained yet
        return self.classes_[best]


class TabularRegressor(RegressorMixin, Intervals, Tabular):
    """Numbers from the rows of a table, by an ensemble of nets.

    Parameters
    ----------
    preset : {"strong", "fast", "realmlp"} or Recipe, default "strong"
        "strong" trains eight nets of three hidden layers of 128 units for 128 epochs each (of
        large tables fewer, 8 at least), and averages their answers; each leaves out another eighth
        of the rows. "fast" trains one.
    drop, categorical, numeric, missing, decimal, time_limit, random_state, n_jobs, verbose
        As in :class:`TabularClassifier`.

    Attributes
    ----------
    validation_score_ : float
        R2 on rows that the answering net has not seen.
    held_out_ : ndarray, (N,)
        The number of each row by the member that has left it out; NaN where none has.
    margin_ : float
        Half the width of the interval that holds nine of ten rows which the answering net has
        not seen.
    misses_ : ndarray
        By how much those rows are missed, the smallest first: :meth:`predict_interval` reads the
        width of other levels from it. At most 10,000 of them, evenly spread.
    table_, ensemble_, recipe_, epochs_, n_features_in_, feature_names_in_
        As in :class:`TabularClassifier`.

    Notes
    -----
    Targets are standardised for the training; an answer lies within the range of those seen.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from chainrule.estimators import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TabularRegressor(preset="fast", random_state=0).fit(X[::2], y[::2])
    >>> bool(model.score(X[1::2], y[1::2]) > 0.3)
    True
    """

    @whole
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on rows and their numbers.

        Parameters
        ----------
        X : frame, dict of columns, list of records or array, (N, D)
        y : array, (N,)
            Numbers; or texts such as "1.250,00 EUR", read as those of a table are.
        sample_weight : array, (N,), optional
            A row of weight 2 counts as two rows; one of weight 0 is left out.
        """
        x, y = self.checked(X, y)
        y, x, notes = numbers_in_targets(column_or_1d(y, warn=True), x, self.decimal or "")
        weights: Any = check_sample_weight(
            sample_weight, np.empty(len(y)), ensure_non_negative=True
        )
        used: Any = weights > 0
        if not used.any():
            raise DataError("every row has the weight 0.", do="Give rows that count.")
        numbers, codes = self.learn_table(x, used, y, "numbers")
        self.table_ = self.table_.noting(notes)
        self.held_out_ = np.full(len(y), np.nan)
        self.held_out_[used] = self._learn(numbers, codes, y[used], weights[used])
        return self

    @whole
    def fit_table(
        self, table: Fitted, watch: Watch | None = None, groups: Array | None = None
    ) -> Self:
        """Train on a table that was read before; see :meth:`TabularClassifier.fit_table`."""
        if isinstance(table.preprocessing.target, Classes):
            raise DataError(
                f"a regressor learns numbers, but {table.preprocessing.target.name!r} holds "
                "classes.",
                do="Use TabularClassifier; or read the table with task='numbers'.",
            )
        numbers, codes = self.learned_from(table)
        weights = np.ones(len(table.answers))
        self.held_out_ = self._learn(numbers, codes, table.answers, weights, watch, groups)
        return self

    def _learn(
        self,
        numbers: Array,
        codes: Array,
        y: Array,
        weights: Array,
        watch: Watch | None = None,
        groups: Array | None = None,
    ) -> Array:
        """Train; the number of each row by who has not seen it."""
        parts = 1 if groups is not None else recipe_of(self.preset, "numbers").parts
        rows = merged(numbers, codes, y, weights, parts)
        self.range_ = float(rows.y.min()), float(rows.y.max())
        self.mean_ = float(np.average(rows.y, weights=rows.weights))
        self.scale_ = deviation(rows.y - self.mean_, rows.weights) or 1.0
        outputs, score = self.train(rows, (rows.y - self.mean_) / self.scale_, 0, watch, groups)
        self.validation_score_ = 1.0 + score
        held_out = self._numbers(outputs)[rows.places]
        self.misses_ = sorted_misses(held_out - y)
        self.margin_ = self.margin_of(LEVEL)
        return held_out

    def predict(self, X: Any) -> Array:
        """A number for each row."""
        outputs = self.outputs(X)
        return self._numbers(outputs.sum(0) / len(outputs))

    def _numbers(self, outputs: Array) -> Array:
        """Standardised outputs in the target's own unit."""
        low, high = self.range_
        found = outputs[:, 0].astype(np.float64) * self.scale_ + self.mean_
        return np.minimum(np.maximum(found, low), high)

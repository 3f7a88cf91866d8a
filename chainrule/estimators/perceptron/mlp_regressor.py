"""MLPRegressor: scikit-learn's regressor of the same name, compiled and with what it lacks.

Imports scikit-learn and the files beside it. Users import it from chainrule.estimators.
"""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin

from chainrule.errors import ArgumentError
from chainrule.estimators.perceptron.kinds_of_answers import Answers, chances_of, of_numbers
from chainrule.estimators.perceptron.perceptron_base import Perceptron, steps_by_batches
from chainrule.estimators.perceptron.setting_rules import RULES, Function
from chainrule.estimators.perceptron.sklearn_door import (
    available_if,
    check_array,
    check_is_fitted,
    checks_settings,
    column_or_1d,
    r2_score,
    validate_data,
    with_callbacks,
)

Array = np.ndarray[Any, np.dtype[Any]]


class MLPRegressor(RegressorMixin, Perceptron):
    """Numbers, by a net of fully connected layers.

    Parameters
    ----------
    loss : str or callable, default "squared_error"
        "squared_error" is half of it, and "poisson" half of the deviance, as in scikit-learn. Any
        loss of the library for numbers by name, such as "huber" or "gaussian_likelihood", which
        learns how sure it is, too; or a function loss(outputs, targets, weights), a mean.
    hidden_layer_sizes : sequence of int, default (100,)
        Units of each hidden layer.
    activation : str, module, op, function, or a list of one for each layer, default "relu"
        "identity", "logistic", "tanh", "relu" as in scikit-learn; any other of `chainrule.nn`,
        such as "gelu"; an op or a function of one's own.
    solver : str or Optimizer, default "adam"
        "adam", "sgd" and "lbfgs" as in scikit-learn. Any other optimiser of `chainrule.optim` by
        name, at ``learning_rate_init``; or one with all its settings: ``AdamW(1e-3)``.
    alpha : float or a list of one for each layer of weights, default 0.0001
        Strength of the L2 penalty, (alpha/2) * sum(W**2) / rows of the batch.
    batch_size : int or "auto", default "auto"
        "auto": 200 rows, or all if there are fewer.
    learning_rate : str, Schedule or function, default "constant"
        "constant"; for "sgd" also "invscaling" and "adaptive". A schedule by name ("cosine",
        "exponential", "linear", "one_cycle", "polynomial", "restarts"), or one of
        `chainrule.optim` with its settings, or a function of the step's number. "plateau": a
        tenth, whenever the loss has not fallen for 10 epochs.
    learning_rate_init : float, default 0.001
    power_t : float, default 0.5
        Of "invscaling": rate / (rows seen + 1)**power_t.
    max_iter : int, default 200
        Epochs; of "lbfgs" iterations.
    shuffle : bool, default True
    random_state : int or RandomState, optional
        Of first weights, the split for early stopping and the order of rows, drawn as
        scikit-learn draws them: the same seed gives the same net.
    tol : float, default 1e-4
        A smaller improvement is none; of "lbfgs" the largest gradient at the end.
    verbose : bool, default False
        Print a line for each epoch.
    warm_start : bool, default False
        `fit` goes on from the weights that stand, by the settings of now; sizes stay.
    momentum, nesterovs_momentum : float, bool, default 0.9, True
        Of "sgd"; the momentum is below 1.
    early_stopping : bool, default False
        Split ``validation_fraction`` of the rows off (0.1 by default; none, where `fit` is given
        ``validation_data``), stop when their score no longer rises, and keep the best weights.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        Of "adam".
    n_iter_no_change : int or inf, default 10
        Epochs without an improvement that are waited for.
    max_fun : int, default 15000
        Of "lbfgs": how many losses are computed at most.
    dropout : float or a list of one for each hidden layer, default 0
        Share of the hidden units that is silent in a step.
    normalization : {"batch", "layer"}, or a list, optional
        A BatchNorm or LayerNorm before each hidden activation.
    l1 : float or a list of one for each layer of weights, default 0
        Strength of the L1 penalty, l1 * sum(abs(W)) / rows; with ``alpha`` an elastic net.
    max_norm : float or a list, optional
        The largest length of the weights of one unit.
    clip : float, ClipNorm or ClipValue, optional
        Of the gradients of a step; a number is the largest norm of all.
    accumulate : int, default 1
        Batches whose gradients are averaged before each step.
    ema : float, optional
        Answer with a moving average of the weights that keeps this share of itself at each step,
        such as 0.999.
    scoring : str or callable, optional
        What early stopping watches: a scorer of scikit-learn by name, a function (estimator, X,
        y), or "loss" for the loss. Default: R^2.
    dtype : {"float32", "float64"}, optional
        Of the net. Default: that of X. float32 trains about twice as fast.
    callbacks : sequence of chainrule.train.Callback, default ()
        Heard at each batch and epoch. scikit-learn's own go to `set_callbacks`.

    Attributes
    ----------
    model_ : chainrule.nn.Sequential
        The net itself, for everything that the library does with nets.
    coefs_, intercepts_ : list of ndarray
        The arrays of its linear layers; what is assigned to them enters the net.
    history_ : chainrule.train.History
        Of the last fit by batches: losses, rates and timings by epoch.
    loss_curve_, validation_loss_curve_ : list of float
        By epoch; the second one of ``validation_data``.
    validation_scores_, best_validation_score_, loss_, best_loss_, n_iter_, t_, n_layers_
    n_outputs_, out_activation_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    With scikit-learn's own settings a seed gives the weights, curves and answers of its estimator
    of this name, up to rounding; "Coming from scikit-learn" in the documentation lists every
    difference. Fits run as machine code and release the GIL.

    Source
    ------
    Glorot and Bengio 2010 (first weights); Kingma and Ba 2015 (adam); Byrd, Lu, Nocedal, Zhu 1995
    (lbfgs).

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> x, y = make_friedman1(500, random_state=0)
    >>> model = MLPRegressor(solver="lbfgs", random_state=0, max_iter=300, alpha=1, tol=1e-2)
    >>> model.fit(x, y).score(x, y) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {**RULES, "loss": [str, Function()]}

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: Any = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        normalization: Any = None,
        l1: Any = 0.0,
        max_norm: Any = None,
        clip: Any = None,
        accumulate: int = 1,
        ema: Any = None,
        scoring: Any = None,
        dtype: Any = None,
        callbacks: Any = (),
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.normalization = normalization
        self.l1 = l1
        self.max_norm = max_norm
        self.clip = clip
        self.accumulate = accumulate
        self.ema = ema
        self.scoring = scoring
        self.dtype = dtype
        self.callbacks = callbacks

    @with_callbacks
    @checks_settings
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> Self:
        """Train on rows.

        Parameters
        ----------
        X : array, frame or sparse matrix, (N, D)
        y : array, (N,) or (N, outputs)
        sample_weight : array, (N,), optional
            How much each row counts.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Rows whose loss is watched after each epoch; early stopping judges by them, and splits
            nothing off then.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As scikit-learn's MLP raises them; InvalidParameterError for a setting.
        """
        return self._fit(X, y, sample_weight, validation_data)

    @available_if(steps_by_batches)
    @checks_settings
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch on these rows, from the weights that stand; parameters as in `fit`."""
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """The numbers of each row, (N,) or (N, outputs).

        Parameters
        ----------
        return_std : bool, default False
            With ``loss="gaussian_likelihood"``: how sure the net is, too.

        Returns
        -------
        ndarray, or with ``return_std`` a pair of them
            The second one holds standard deviations.
        """
        check_is_fitted(self)
        scores = self._scores(X)
        if not return_std:
            return self._predicted(scores)
        if scores.shape[1] == self.n_outputs_:
            raise ArgumentError(
                f"a net that was trained by {self.loss!r:.60} knows no standard deviation.",
                do='Train it with loss="gaussian_likelihood".',
            )
        return self._predicted(scores), self._predicted(np.exp(scores[:, self.n_outputs_ :] / 2))

    def _predicted(self, scores: Array) -> Array:
        found = chances_of(scores[:, : self.n_outputs_], self.out_activation_)
        return found.ravel() if found.shape[1] == 1 else found

    def _validated(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Any]:
        x, y = validate_data(
            self,
            x,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim > 1 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return x, y

    def _checked_answers(self, y: Any) -> Any:
        """The numbers of rows that are watched."""
        return check_array(y, ensure_2d=False, dtype="numeric", input_name="y")

    def _answers(self, y: Any) -> Answers:
        return of_numbers(self.loss, 1 if y.ndim == 1 else y.shape[1])

    def _targets(self, y: Any) -> Array:
        return np.asarray(y[:, None] if y.ndim == 1 else y, np.float64)

    def _weighed(self, y: Any, weights: Any) -> Any:
        return weights

    def _score(self, x: Any, y: Any, weights: Any) -> float:
        return self._score_rows(x, y, weights, r2_score)

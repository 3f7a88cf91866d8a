"""MLPClassifier: scikit-learn's classifier of the same name, compiled, and with what it lacks.

Imports scikit-learn and the files beside it. Users import it from chainrule.estimators.
"""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import StrOptions

from chainrule.estimators.perceptron.classifying import Classifying, has_chances, has_scores_only
from chainrule.estimators.perceptron.kinds_of_answers import chances_of, log_chances_of
from chainrule.estimators.perceptron.perceptron_base import steps_by_batches
from chainrule.estimators.perceptron.setting_rules import OUR_SHARE, RULES, Function
from chainrule.estimators.perceptron.sklearn_door import (
    available_if,
    binarizer,
    check_is_fitted,
    check_partial_fit_first_call,
    checks_settings,
    type_of_target,
    with_callbacks,
)
from chainrule.estimators.perceptron.standing_net import unharmed

Array = np.ndarray[Any, np.dtype[Any]]
BOTH = 2  # classes


class MLPClassifier(Classifying):
    """Chances of classes, by a net of fully connected layers.

    Parameters
    ----------
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
    loss : str or callable, default "log_loss"
        "log_loss", any loss of the library for labels by name, such as "hinge", or a function
        loss(scores, labels, weights) that returns a mean. Of two classes, "binary_cross_entropy"
        and "binary_focal" see one score and 0 or 1 for each row, also with settings:
        ``partial(cr.binary_cross_entropy, pos_weight=5.0)``.
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
    class_weight : dict, "balanced" or a list of dict, optional
        How much the rows of each class count; "balanced": each class as much as the others, of
        the rows of this call. Of several labels, a dict for each. Also where early stopping
        judges rows that it has split off; ``validation_data`` count as they are given.
    label_smoothing : float, default 0
        Share of each label that is spread over the classes.
    scoring : str or callable, optional
        What early stopping watches: a scorer of scikit-learn by name, a function (estimator, X,
        y), or "loss" for the loss. Default: the accuracy.
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
    n_outputs_, out_activation_, n_features_in_, feature_names_in_, classes_
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
    >>> from sklearn.datasets import load_digits
    >>> x, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((64,), tol=0.01, random_state=0)
    >>> model.fit(x / 16, y).score(x / 16, y) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **RULES,
        "loss": [str, Function()],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "label_smoothing": [OUR_SHARE],
    }

    def __init__(
        self,
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
        loss: Any = "log_loss",
        dropout: Any = 0.0,
        normalization: Any = None,
        l1: Any = 0.0,
        max_norm: Any = None,
        clip: Any = None,
        accumulate: int = 1,
        ema: Any = None,
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        scoring: Any = None,
        dtype: Any = None,
        callbacks: Any = (),
    ) -> None:
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
        self.loss = loss
        self.dropout = dropout
        self.normalization = normalization
        self.l1 = l1
        self.max_norm = max_norm
        self.clip = clip
        self.accumulate = accumulate
        self.ema = ema
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
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
        y : array, (N,), or (N, labels) of 0 and 1 where a row may have several
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch on these rows, from the weights that stand.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array, optional
            All that will ever come; needed by the first call, and then no more.

        Returns
        -------
        self
        """
        with unharmed(self):
            if check_partial_fit_first_call(self, classes):
                several = type_of_target(y).startswith("multilabel")
                self._label_binarizer = binarizer(y if several else classes)
            return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """The class of each row, (N,); or which labels it has, (N, labels)."""
        check_is_fitted(self)
        return self._predicted(self._scores(X))

    @available_if(has_chances)
    def predict_proba(self, X: Any) -> Array:
        """The chances of the classes, (N, classes), in the order of ``classes_``."""
        check_is_fitted(self)
        chances = chances_of(self._scores(X), self.out_activation_)
        return chances if self.n_outputs_ > 1 else np.hstack([1 - chances, chances])

    @available_if(has_chances)
    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of the chances, (N, classes), also of those that round to 0."""
        check_is_fitted(self)
        scores = self._scores(X)
        found = log_chances_of(scores, self.out_activation_)
        if self.n_outputs_ > 1:
            return found
        chances = chances_of(scores, self.out_activation_)  # 1 - chance, as predict_proba has it
        with np.errstate(divide="ignore"):
            others = np.where(chances < 1, np.log(1 - chances), -scores)
        return np.hstack([others, found])

    @available_if(has_scores_only)
    def decision_function(self, X: Any) -> Array:
        """The scores of the classes, (N, classes); of two classes their difference, (N,)."""
        check_is_fitted(self)
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == BOTH else scores

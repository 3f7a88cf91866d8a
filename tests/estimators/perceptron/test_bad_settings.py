"""A setting that is none is refused by scikit-learn's class of error, and nothing is lost."""

import inspect
import pickle
import warnings
from fractions import Fraction

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError

import chainrule as cr
import chainrule.estimators as ours
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.estimators import MLPClassifier

X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.arange(12) % 3
LABELS = np.eye(3, dtype=int)[Y]
NAN = float("nan")
KINDS = ("MLPClassifier", "MLPRegressor")
SHORT = {
    "hidden_layer_sizes": (3, 2), "max_iter": 1, "max_fun": 2, "tol": 9.0, "n_iter_no_change": 1,
    "random_state": 0,
}  # fmt: skip


def names_of(kind, library=ours):
    return list(inspect.signature(getattr(library, kind)).parameters)


# A bit of everything, whatever the setting is about.
BAG = {
    "None": None, "True": True, "NumPy's True": np.True_, "0": 0, "1": 1, "0.5": 0.5,
    "-1": -1, "-0.5": -0.5, "NaN": NAN, "inf": np.inf, "10**400": 10**400, "1j": 1j,
    "an hour": np.timedelta64(1, "h"),
    "a Fraction": Fraction(1, 2), "a text": "nonsense", "no text": "", "bytes": b"relu",
    "an object": object(), "a class": dict, "a module": cr, "no list": [], "no tuple": (),
    "a dict": {0: 0.5, 1: 0.5}, "a set": {0.25, 0.5}, "an array of no axis": np.array(0.5),
    "a table": np.full((2, 2), 0.5), "of None": [None] * 3, "of texts": ["nonsense"] * 2,
    "of NaN": [NAN] * 3, "below 0": [0.5, 0.5, -1.0], "of True": [True] * 2,
    "of lists": [[3, 2]], "of objects": [object()] * 2, "of classes": [dict] * 2,
    "of halves": [0.5] * 2, "too many": [0.5] * 9, "of numbers in texts": ["0.5"] * 3,
}  # fmt: skip
ORDINARY = {"0", "1", "0.5"}
# What of it is a setting, beyond what scikit-learn takes.
GOOD = {
    "dropout": "0 0.5 of_halves", "normalization": "None", "l1": "0 1 0.5",
    "max_norm": "None 1 0.5 of_None", "accumulate": "1 10**400", "ema": "None 0 0.5",
    "clip": "None 1 0.5", "scoring": "None", "dtype": "None", "callbacks": "no_list no_tuple",
    "label_smoothing": "0 0.5", "class_weight": "None a_dict",
}  # fmt: skip
# What scikit-learn takes and we do not: a momentum of 1, a power without end, and hours.
LESS = {"momentum": ("True", "1"), "power_t": ("10**400",)}


def model_of(kind, library=ours, **settings):
    given = SHORT | settings
    if library is theirs:
        given = {name: x for name, x in given.items() if name in names_of(kind, theirs)}
    return getattr(library, kind)(**given)


def with_settings(model, **settings):
    """Another one with all that the model has; set_params takes longer than a refusal."""
    other = object.__new__(type(model))
    vars(other).update(vars(model), **settings)
    return other


def outcome(act, *given, **named):
    """The error of a call; None if there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            act(*given, **named)
        except Exception as error:
            return error


@pytest.fixture(scope="module")
def taken_by_scikit_learn():
    found = {}
    for kind in KINDS:
        for name in names_of(kind, theirs):
            if name in found:  # both estimators have the same rules
                continue
            found[name] = set()
            for what, value in BAG.items():
                # Of lbfgs, whose settings none of the others reads.
                solver = {"solver": "lbfgs"} if name == "max_fun" else {}
                model = model_of(kind, theirs, **solver, **{name: value})
                if outcome(model.fit, X, Y) is None:
                    found[name].add(what)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_is_taken_or_refused_by_one_class_of_error(kind, taken_by_scikit_learn):
    untrained, stands = model_of(kind), model_of(kind)
    outcome(stands.fit, X, Y)
    assert {*names_of(kind)} <= {*names_of(kind, theirs), *GOOD, "loss"}
    for name in names_of(kind):
        for what, value in BAG.items():
            good = what.replace(" ", "_") in GOOD.get(name, "").split()
            theirs_too = what in taken_by_scikit_learn.get(name, ())
            good = (good or theirs_too) and what not in (*LESS.get(name, ()), "an hour")
            if good and (kind == KINDS[1] or what in ORDINARY):
                continue  # a fit takes its time, and other tests have them
            new = with_settings(untrained, **{name: value})
            before = dict(vars(new))
            error = outcome(new.fit, X, Y)
            assert (error is None) == good, (name, what, error)
            if good:
                continue
            assert isinstance(error, InvalidParameterError), (name, what, repr(error))
            assert name in str(error), (name, what, error)
            assert vars(new) == before, (name, what)
            for act, given in (("fit", {"warm_start": True}), ("partial_fit", {})):
                going_on = with_settings(stands, **given | {name: value})
                before = dict(vars(going_on))
                error = outcome(getattr(going_on, act), X, Y)
                assert isinstance(error, InvalidParameterError), (act, name, what, repr(error))
                after = dict(vars(going_on))
                assert all(after[fact] is before[fact] for fact in before | after), (name, what)


# What is said of a setting beside the net, the targets or another setting.
OURS = {
    "activations for other layers": ({"activation": ["relu"]}, "activation has 1 entries"),
    "an unknown one of a layer": ({"activation": ["relu", "relux"]}, "layer 2 of 2.*mean 'relu'"),
    "a class that is no layer": ({"activation": ["relu", int]}, "activation holds <class 'int'>"),
    "a layer that asks for sizes": ({"activation": nn.Linear}, "activation cannot be used: .*uni"),
    "dropout of other layers": ({"dropout": [0.1, 0.1, 0.1]}, "dropout has 3 entries"),
    "dropout of a whole layer": ({"dropout": [0.1, 1.0]}, "dropout holds 1.0 for layer 2 of 2"),
    "dropout by name of layer": ({"dropout": {0: 0.5, 1: 0.1}}, "dropout is neither one for all"),
    "an unknown norm": ({"normalization": ["batch", "group"]}, "normalization holds 'group'"),
    "a penalty below 0": ({"alpha": [0.1, 0.1, -1.0]}, "alpha holds -1.0 for layer 3 of 3"),
    "no penalty, by None": ({"alpha": [0.1, None, 0.1]}, "alpha holds None for layer 2 of 3"),
    "no length at all": ({"max_norm": [1.0, 1.0, 0.0]}, "max_norm holds 0.0"),
    "a layer of no units": ({"hidden_layer_sizes": (5, 0)}, r"must be > 0, got \[5, 0\]"),
    "a layer of half a unit": ({"hidden_layer_sizes": (5, 0.5)}, "Give a whole number"),
    "more units than there are": ({"hidden_layer_sizes": (10**30,)}, "sizes cannot be used"),
    "an activation of nothing": ({"activation": lambda: 0}, r"The call is activation\(x\)"),
    "a rate of nothing": ({"learning_rate": lambda: 0}, r"The call is learning_rate\(step\)"),
    "a loss that is a layer": ({"loss": nn.ReLU()}, "is a layer, which knows no targets"),
    "an unknown loss": ({"loss": "hing"}, "loss='hing' is not known"),
    "a rate below 0": ({"learning_rate": lambda step: -0.1}, "returned -0.1 for step 0"),
    "a rate in words": ({"learning_rate": lambda step: "fast"}, "returned 'fast' for step 0"),
    "a pace of another solver": (
        {"solver": "rmsprop", "learning_rate": "adaptive"}, 'made for solver="sgd"'
    ),
    "a callback that is none": ({"callbacks": [print]}, "a callback is an instance"),
    "a hook misspelt": (
        {"callbacks": [type("Mine", (cr.train.Callback,), {"on_epoch": print})()]}, "on_epoch"
    ),
    "batches without steps": ({"solver": "lbfgs", "accumulate": 2}, "cannot be had with lbfgs"),
    "a bound after steps": ({"solver": "lbfgs", "max_norm": [None, 1.0, 1.0]}, "max_norm cannot"),
    "batches without a loss": ({"solver": optim.LBFGS(), "batch_size": 5}, "compares losses"),
    "an average of averages": ({"solver": optim.EMA(optim.Adam()), "ema": 0.9}, "EMA averages"),
    "nobody to judge": ({"early_stopping": True, "validation_fraction": 0.0}, "test_size=0.0"),
    "one to judge": ({"early_stopping": True, "validation_fraction": 0.01}, "set is too small"),
    "a measure": ({"early_stopping": True, "scoring": accuracy_score}, "looks like it is"),
    "a function of answers": (
        {"early_stopping": True, "scoring": lambda y, found: 1.0}, "cannot be called with"
    ),
    "a score in words": (
        {"early_stopping": True, "validation_fraction": 0.3, "scoring": lambda *given: "good"},
        "returned 'good', which is no number",
    ),
    "a score of other answers": (
        {"early_stopping": True, "validation_fraction": 0.3, "scoring": "roc_auc"},
        "cannot judge this net",
    ),
}  # fmt: skip
OF_CLASSES = {
    "a loss for numbers": ({"loss": "huber"}, "labels"),
    "a loss that asks whether or not": ({"loss": "binary_focal"}, "there are 3 classes"),
    "smoothing another loss": ({"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing"),
    "a class that is not there": ({"class_weight": {77: 1.0}}, "names 77, which y has not"),
    "a class below 0": ({"class_weight": {0: -1.0}}, "gives 0 the weight -1.0"),
    "a class of NaN": ({"class_weight": {0: NAN}}, "gives 0 the weight nan"),
    "a class in words": ({"class_weight": {0: "2"}}, "gives 0 the weight '2'"),
    "no class at all": ({"class_weight": {0: 0, 1: 0, 2: 0}}, "leaves no row that counts"),
    "classes in a list": ({"class_weight": [1.0] * 3}, "is a list, but a row has one class"),
}


def refused(act, *given, words, **named):
    """The error of a call, which is of both libraries' classes and says these words."""
    with pytest.raises(InvalidParameterError, match=f"(?s){words}") as caught:
        act(*given, **named)
    assert isinstance(caught.value, ArgumentError)
    return caught.value


@pytest.mark.parametrize("name", [*OURS, *OF_CLASSES])
def test_what_only_we_can_refuse_is_of_both_classes_and_lost_is_nothing(name):
    settings, words = (OURS | OF_CLASSES)[name]
    for kind in KINDS if name in OURS else KINDS[:1]:
        model = model_of(kind, **settings)
        before = dict(vars(model))
        refused(model.fit, X, Y, words=words)
        assert vars(model) == before
        stands = model_of(kind, early_stopping=settings.get("early_stopping", False))
        stands.set_params(validation_fraction=0.3)
        outcome(stands.fit, X, Y)
        stands.set_params(warm_start=True, **settings)
        before, weights = dict(vars(stands)), [w.copy() for w in stands.coefs_]
        lengths = {fact: len(x) for fact, x in before.items() if isinstance(x, list)}
        refused(stands.fit, X, Y, words="" if name.startswith("more units") else words)
        assert vars(stands).keys() == before.keys()
        assert all(vars(stands)[fact] is before[fact] for fact in before)
        assert {fact: len(before[fact]) for fact in lengths} == lengths
        for one, other in zip(stands.coefs_, weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_class_of_a_setting_is_none_where_its_instances_are_meant():
    for settings in (
        {"learning_rate": optim.Cosine}, {"solver": optim.Adam}, {"clip": optim.ClipNorm},
        {"loss": dict}, {"activation": int}, {"scoring": dict},
    ):  # fmt: skip
        (name,) = settings
        for kind in KINDS:
            with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter"):
                model_of(kind, **settings).fit(X, Y)
    assert outcome(MLPClassifier(**SHORT | {"activation": nn.GELU}).fit, X, Y) is None


def test_lists_may_be_arrays_and_numbers_those_of_numpy():
    settings = {
        "activation": np.array(["relu", "logistic"]), "dropout": np.array([0.1, 0.2], "f2"),
        "normalization": np.array(["batch", None]), "alpha": np.array([0.1, 0.2, 0.0]),
        "l1": (np.float32(0.1), np.int64(0), 0.5), "max_norm": [None, np.float64(1.0), 2],
        "clip": np.float32(1.0), "ema": np.float64(0.5), "accumulate": np.int64(2),
        "hidden_layer_sizes": np.array([3, 2], "u1"), "label_smoothing": np.float32(0.1),
        "class_weight": {np.int64(0): np.float32(2.0)}, "max_iter": np.int8(1),
    }  # fmt: skip
    assert outcome(MLPClassifier(**SHORT | settings).fit, X, Y) is None


def test_true_counts_as_one_where_scikit_learn_takes_it():
    given = {"max_iter": True, "max_fun": True, "epsilon": True, "beta_1": False, "tol": True}
    for solver in ("adam", "sgd", "lbfgs"):
        models = [
            library.MLPClassifier((3,), solver=solver, random_state=0, momentum=False, **given)
            for library in (theirs, ours)
        ]
        for model in models:
            assert outcome(model.fit, X, Y) is None
        np.testing.assert_allclose(models[0].coefs_[0], models[1].coefs_[0])


def test_a_score_that_is_none_later_on_leaves_the_epochs_that_were_learned():
    scores = iter([0.5, 0.6, None])
    model = MLPClassifier(
        (3,), early_stopping=True, scoring=lambda *given: next(scores), validation_fraction=0.3
    )
    refused(model.fit, X, Y, words="returned None")
    assert model.validation_scores_ == [0.5, 0.6]


def test_a_refused_fit_takes_no_random_numbers():
    rng = np.random.RandomState(0)
    model = MLPClassifier(**SHORT | {"random_state": rng, "solver": "lbfgs", "clip": 1.0})
    refused(model.fit, X, Y, words="clip cannot be had")
    assert rng.randint(10**9) == np.random.RandomState(0).randint(10**9)


def test_the_errors_of_a_function_that_scores_are_its_own():
    def scoring(estimator, x, y):
        raise KeyError("mine")

    model = MLPClassifier((3,), early_stopping=True, validation_fraction=0.3, scoring=scoring)
    with pytest.raises(KeyError, match="mine"):
        model.fit(X, Y)
    words = "cannot be called with 3 arguments and sample_weight"
    refused(clone(model).fit, X, Y, np.ones(12), words=words)


def test_what_partial_fit_cannot_do_is_refused_as_a_setting_and_leaves_no_classes():
    for settings in (
        {"early_stopping": True}, {"ema": 0.9}, {"learning_rate": "plateau"},
        {"learning_rate": "one_cycle"}, {"alpha": [-1.0] * 3}, {"class_weight": {7: 1.0}},
        {"solver": optim.LBFGS()},
    ):  # fmt: skip
        model = MLPClassifier(**SHORT | settings)
        before = dict(vars(model))
        refused(model.partial_fit, X, Y, classes=[0, 1, 2], words="")
        assert vars(model) == before
    model = MLPClassifier(**SHORT).partial_fit(X, Y, classes=[0, 1, 2])
    refused(model.set_params(hidden_layer_sizes=(4,)).partial_fit, X, Y, words="another net")


def test_weights_of_classes_are_scikit_learns_and_a_batch_may_lack_a_class():
    rows = Y != 2
    for weights, y in (({0: 2.0, 2: 5.0}, Y), ({"a": 2.0, "c": 5.0}, np.array([*"abc"])[Y]),
                       ({"1": 2.0}, (Y + 1).astype(str)), ({1: 2.0}, (Y + 1).astype(str)),
                       ({"a": 2.0}, np.array([*"abc"], object)[Y])):  # fmt: skip
        one = MLPClassifier(**SHORT, class_weight=weights)
        other = MLPClassifier(**SHORT)
        known = np.unique(y)
        for part in (slice(None), rows):
            counts = np.where(Y == 0, 2.0, np.where(Y == 2, 5.0 if len(weights) > 1 else 1.0, 1.0))
            one.partial_fit(X[part], y[part], classes=known)
            other.partial_fit(X[part], y[part], counts[part], classes=known)
        np.testing.assert_allclose(one.coefs_[0], other.coefs_[0])
    # Of a part of the rows a class may be missing, if every other one is named.
    assert (
        outcome(MLPClassifier(**SHORT, class_weight={0: 1, 1: 2, 2: 3}).fit, X[rows], Y[rows])
        is None
    )
    refused(
        MLPClassifier(**SHORT, class_weight={0: 1, 2: 3}).fit, X[rows], Y[rows], words="names 2"
    )


def test_weights_of_labels_are_a_dict_for_each():
    for weights, words in (
        ({0: 1.0}, "is a dict, but a row has perhaps several labels"),
        ([{1: 2.0}] * 2, "has 2 entries, but there are 3 labels"),
        ([{1: 2.0}, 3.0, None], "holds 3.0 for a label"),
        ([{1: -2.0}] * 3, "gives 1 the weight -2.0"),
        ([{"yes": 2.0}] * 3, "names 'yes'"),
    ):
        refused(MLPClassifier(**SHORT, class_weight=weights).fit, X, LABELS, words=words)
    plain = MLPClassifier(**SHORT, class_weight=[{1: 2.0}, "balanced", None])
    weighed = MLPClassifier(**SHORT)
    counts = np.where(Y == 0, 2.0, 1.0) * np.where(Y == 1, 1.5, 0.75)
    for model, given in ((plain, ()), (weighed, (counts,))):
        assert outcome(model.fit, X, LABELS, *given) is None
    np.testing.assert_allclose(plain.coefs_[0], weighed.coefs_[0])
    never = LABELS * [1, 1, 0]
    assert outcome(MLPClassifier(**SHORT, class_weight=[{1: 2.0}] * 3).fit, X, never) is None


def test_a_search_scores_what_is_refused_as_failed():
    grid = {"loss": ["log_loss", "hing"]}
    search = GridSearchCV(MLPClassifier(**SHORT), grid, cv=2, error_score=np.nan)
    assert outcome(search.fit, X, Y) is None
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]


def test_the_error_says_the_same_after_it_has_been_stored():
    for settings in ({"loss": "hing"}, {"callbacks": [3]}, {"dropout": [2.0, 0]}):
        error = refused(MLPClassifier(**SHORT | settings).fit, X, Y, words="")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert (again.what, again.found, again.do) == (error.what, error.found, error.do)


def test_the_defaults_of_a_class_that_somebody_derives_are_checked():
    class Mine(MLPClassifier):
        def __init__(self, alpha=-1.0, l1=0.5):
            super().__init__(alpha=alpha, l1=l1)

    with pytest.raises(InvalidParameterError, match="The 'alpha' parameter of Mine"):
        Mine().fit(X, Y)
    assert outcome(Mine(alpha=0.1).set_params(l1=0.0).fit, X, Y) is None


def test_settings_that_nobody_checks_are_refused_where_a_net_is_made_of_them():
    with config_context(skip_parameter_validation=True):
        for settings in ({"dropout": "much"}, {"alpha": -1.0}, {"activation": 3}):
            refused(MLPClassifier(**SHORT | settings).fit, X, Y, words="|".join(settings))

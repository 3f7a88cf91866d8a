"""Classes that are texts are found without sorting all rows; they are scikit-learn's."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as ScikitLearns
from sklearn.preprocessing import LabelBinarizer

from chainrule.estimators import MLPClassifier
from chainrule.estimators.perceptron.kinds_of_answers import codes_of
from chainrule.estimators.perceptron.sklearn_door import binarizer

rng = np.random.default_rng(0)
ANSWERS = {
    "objects": rng.choice(list("abcdefgh"), 100).astype(object),
    "texts": rng.choice(["10", "9", "a b", "äöü", ""], 60),
    "two": np.array(["yes", "no"] * 9, object),
    "one": np.array(["a"] * 9, object),
    "few rows of each": np.array(["a", "b", "c", "d", "a"], object),
    "numbers among them": np.array(["a", 1] * 9, object),
    "None among them": np.array([None, "a"] * 9, object),
    "NaN among them": np.array(["x"] * 8 + [np.nan], object),
    "numbers": rng.integers(0, 3, 50),
    "numbers as objects": rng.integers(0, 3, 50).astype(object),
    "fractions": np.array([1.5, 2] * 9),
    "truth values": np.array([True, False] * 9),
    "nothing": np.array([], object),
    "lists": [["a"], ["b"]] * 9,
    "lists in an array": np.array([["a"], ["b"], None] * 9, object),
    "columns": np.array([["a", "b"]] * 9),
}


def told(make):
    """What is found, or which error there is, and the warnings."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            found = make()
        except Exception as error:
            return type(error), str(error)
    classes = found.classes_
    said = [str(each.message) for each in seen]
    return classes.tolist(), classes.dtype, found.y_type_, found.sparse_input_, said


@pytest.mark.parametrize("name", ANSWERS)
def test_the_same_classes_are_found_and_the_same_is_said(name):
    y = ANSWERS[name]
    assert told(lambda: binarizer(y)) == told(lambda: LabelBinarizer().fit(y))


@pytest.mark.parametrize("name", ["objects", "texts", "two", "one", "numbers"])
def test_each_row_has_the_place_of_its_class(name):
    y = ANSWERS[name]
    found = binarizer(y)
    np.testing.assert_array_equal(found.classes_[codes_of(y, found)], y)


def test_a_net_of_named_classes_is_scikit_learns():
    x, y = rng.standard_normal((100, 3)), ANSWERS["objects"]
    settings = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (kind(**settings).fit(x, y) for kind in (MLPClassifier, ScikitLearns))
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), rtol=1e-6)
    assert ours.predict(x).dtype == theirs.predict(x).dtype
    assert ours.classes_.dtype == theirs.classes_.dtype

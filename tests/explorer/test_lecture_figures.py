"""The lecture's figures of whole nets: panels of size and lambda, and templates on digits."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.explorer import digit_templates, plane_panels
from chainrule.explorer.questions import answered
from chainrule.train.data import load

LARGEST_ANSWER = 400_000  # bytes
SIZES = [{"units": units, "lambda": 0.001} for units in (3, 6, 20)]
LAMBDAS = [{"units": 20, "lambda": strength} for strength in (0.001, 0.01, 0.1)]


def panels(**question):
    return answered({"ask": "panels", "nets": SIZES, **question}, {})


def templates(**question):
    return answered({"ask": "templates", **question}, {})


def test_more_units_fit_the_points_that_they_see_more_closely():
    card = panels()
    assert [each["units"] for each in card["panels"]] == [3, 6, 20]
    losses = [each["train"]["loss"] + each["penalty"] for each in card["panels"]]
    assert losses == sorted(losses, reverse=True)
    for panel in card["panels"]:
        train, test = panel["train"]["accuracy"], panel["test"]["accuracy"]
        assert panel["says"] == f"{panel['units']} units: train {train:.2f}, test {test:.2f}"
        assert f"{train:.2f}" in card["says"]


def test_a_stronger_lambda_keeps_weights_small_and_the_boundary_smooth():
    card = panels(vary="lambda", nets=LAMBDAS)
    squares = [each["squares"] for each in card["panels"]]
    assert squares == sorted(squares, reverse=True)
    assert squares[0] > 5 * squares[2]
    steepest = [
        np.abs(np.diff(np.reshape(each["grid"], (card["rows"], card["columns"])))).max()
        for each in card["panels"]
    ]
    assert steepest == sorted(steepest, reverse=True)


@pytest.mark.parametrize("name", plane_panels.DATA)
def test_panels_are_the_same_each_time_and_fit_into_a_message(name):
    card = panels(data=name, seed=3)
    assert card == panels(data=name, seed=3)
    assert len(json.dumps(card)) < LARGEST_ANSWER
    cells = card["rows"] * card["columns"]
    for panel in card["panels"]:
        assert len(panel["grid"]) == cells
        assert (panel["strength"] is None) == (len(card["classes"]) == 2)
    held = np.array(card["points"]["held"])
    assert (~held).sum() == plane_panels.USUAL_POINTS
    x0, x1, y0, y1 = card["box"]
    assert x0 < min(card["points"]["x"]) < max(card["points"]["x"]) < x1
    assert y0 < min(card["points"]["y"]) < max(card["points"]["y"]) < y1


def test_the_surface_agrees_with_the_points_where_they_are_told_right():
    card = panels(noise=0, nets=[{"units": 20, "lambda": 0.0001}])
    (panel,) = card["panels"]
    assert panel["train"]["accuracy"] == 1
    grid = np.reshape(panel["grid"], (card["rows"], card["columns"]))
    x0, x1, y0, y1 = card["box"]
    points = card["points"]
    column = (np.array(points["x"]) - x0) / (x1 - x0) * card["columns"]
    row = (y1 - np.array(points["y"])) / (y1 - y0) * card["rows"]
    told = grid[row.astype(int), column.astype(int)] > 0.5
    assert (told == np.array(points["label"])).mean() > 0.97


@pytest.mark.parametrize(
    "wrong",
    [
        {"nets": []},
        {"nets": SIZES * 2},
        {"nets": [3]},
        {"nets": "three"},
        {"nets": [{"units": 0}]},
        {"nets": [{"units": 1e9}]},
        {"nets": [{"units": True}]},
        {"nets": [{"units": 3, "lambda": -1}]},
        {"nets": [{"units": 3, "lambda": float("nan")}]},
        {"nets": [{"units": 3, "lambda": "0.1"}]},
        {"data": "../../etc/passwd"},
        {"data": ["moons"]},
        {"seed": -1},
        {"seed": 10**30},
        {"points": 10**6},
        {"noise": float("inf")},
        {"vary": "loss"},
    ],
)
def test_what_is_out_of_bounds_is_refused_before_anything_is_trained(wrong, monkeypatch):
    monkeypatch.setattr(plane_panels, "Program", None)
    card = panels(**wrong)
    assert card["card"] == "error"
    assert "NoneType" not in card["error"]["what"]


def test_a_linear_classifier_has_ten_templates_and_they_are_its_weights():
    card = templates()
    assert [unit["name"] for unit in card["units"]] == list("0123456789")
    assert card["test"]["accuracy"] > 0.93
    data = load("digits", seed=0, validation=0)
    weights = np.array([unit["weights"] for unit in card["units"]]).T
    scores = data.x_train @ weights
    for i, unit in enumerate(card["units"]):
        order = np.argsort(-scores[:, i])
        assert len(set(order[:10].tolist()) & set(unit["most"])) >= 9  # but for rounding
        assert weights.max(axis=0)[i] == unit["for"][0]["weight"]
        pixel = unit["against"][0]
        assert unit["weights"][(pixel["row"] - 1) * 8 + pixel["column"] - 1] == pixel["weight"]
        assert pixel["weight"] == weights.min(axis=0)[i] < 0
    row = card["units"][0]["most"][0]
    assert card["labels"][str(row)] == "0"
    assert_allclose(np.array(card["pictures"][str(row)]) * 16, raw_digit(data, row), atol=0.1)


def raw_digit(data, row):
    datasets = pytest.importorskip("sklearn.datasets")
    x, _ = datasets.load_digits(return_X_y=True)
    mean = np.array([column.mean for column in data.preprocessing.columns])
    std = np.array([column.std for column in data.preprocessing.columns])
    standardised = ((x - mean) / std).astype(np.float32)
    (place,) = np.flatnonzero((standardised == data.x_train[row]).all(axis=1))
    return x[place]


def test_a_stronger_lambda_makes_templates_smaller():
    scales = [templates(**{"lambda": strength})["scale"] for strength in (0, 0.01, 1)]
    assert scales == sorted(scales, reverse=True)


@pytest.mark.parametrize("loss", ["softmax", "svm"])
def test_hidden_units_tell_whom_they_speak_for(loss):
    card = templates(loss=loss, units=20)
    assert len(card["units"]) == 20
    assert all(unit["votes"] for unit in card["units"])
    assert card["test"]["accuracy"] > 0.93
    assert "more than one class" in card["sharing"]
    assert len(json.dumps(card)) < LARGEST_ANSWER
    assert card == templates(loss=loss, units=20)


@pytest.mark.parametrize(
    "wrong", [{"units": 10**6}, {"lambda": 1e9}, {"loss": "mse"}, {"seed": 0.5}, {"units": None}]
)
def test_templates_are_asked_within_limits(wrong):
    assert templates(**wrong)["card"] == "error"


def test_without_scikit_learn_a_card_says_what_to_install(monkeypatch):
    def missing():
        raise cr.errors.MissingLibraryError("this data set comes with scikit-learn.", do="Install")

    monkeypatch.setattr(digit_templates, "_digits", missing)
    card = templates()
    assert card["card"] == "error"
    assert "scikit-learn" in card["error"]["what"]
    assert card["error"]["do"] == "Install"

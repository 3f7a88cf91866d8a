"""What scikit-learn's own examples show of its MLP, with the import changed."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris, make_circles, make_classification, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from chainrule.estimators import MLPClassifier

# Of the comparison of stochastic strategies.
STRATEGIES = {
    "constant": {"solver": "sgd", "learning_rate": "constant", "momentum": 0},
    "constant, momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "constant, Nesterov": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0},
    "invscaling, momentum": {
        "solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9,
        "nesterovs_momentum": False,
    },
    "invscaling, Nesterov": {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9},
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
}  # fmt: skip


def quietly(model, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def test_strategies_compare_as_in_the_example():
    x, y = load_iris(return_X_y=True)
    x = MinMaxScaler().fit_transform(x)
    found = {}
    for name, settings in STRATEGIES.items():
        given = {"random_state": 0, "max_iter": 400, "learning_rate_init": 0.2, **settings}
        found[name] = quietly(MLPClassifier(**given), x, y)
    assert all(len(model.loss_curve_) == model.n_iter_ for model in found.values())
    # Momentum helps, inverse scaling all but stops, and Adam is among the best.
    loss = {name: model.loss_ for name, model in found.items()}
    assert loss["constant, momentum"] < loss["constant"] < loss["invscaling"]
    assert loss["adam"] < loss["constant"]
    assert found["constant, Nesterov"].score(x, y) > 0.97
    assert found["invscaling"].score(x, y) < 0.97


@pytest.mark.parametrize("data", ["moons", "circles", "separable"])
def test_a_larger_alpha_makes_a_plainer_boundary(data):
    x, y = {
        "moons": lambda: make_moons(noise=0.3, random_state=0),
        "circles": lambda: make_circles(noise=0.2, factor=0.5, random_state=1),
        "separable": lambda: make_classification(
            n_features=2, n_redundant=0, n_informative=2, random_state=0, n_clusters_per_class=1
        ),
    }[data]()
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.4, random_state=42)
    lengths, scores = [], []
    for alpha in np.logspace(-1, 1, 3):
        model = make_pipeline(
            StandardScaler(),
            MLPClassifier(
                solver="lbfgs", alpha=alpha, random_state=1, max_iter=2000, early_stopping=True,
                hidden_layer_sizes=(10, 10),
            ),
        )  # fmt: skip
        quietly(model, train_x, train_y)
        net = model[-1]
        lengths.append(sum(float((w**2).sum()) for w in net.coefs_))
        scores.append(model.score(test_x, test_y))
        grid = np.stack(np.meshgrid(np.linspace(-3, 3, 20), np.linspace(-3, 3, 20)), -1)
        assert model.predict_proba(grid.reshape(-1, 2)).shape == (400, 2)
    assert lengths[0] > lengths[1] > lengths[2]
    assert max(scores) > 0.8


def test_the_weights_of_the_first_layer_are_pictures_of_digits():
    x, y = load_digits(return_X_y=True)
    model = MLPClassifier(
        hidden_layer_sizes=(40,), max_iter=8, alpha=1e-4, solver="sgd", verbose=10,
        random_state=1, learning_rate_init=0.2,
    )  # fmt: skip
    quietly(model, x[:1200] / 16, y[:1200])
    assert model.score(x[:1200] / 16, y[:1200]) > 0.9
    assert model.score(x[1200:] / 16, y[1200:]) > 0.85
    pictures = [coef.reshape(8, 8) for coef in model.coefs_[0].T]
    assert len(pictures) == 40
    # Pixels that are never dark keep their first weights; the others have learned.
    blank = x[:1200].max(axis=0) == 0
    spread = model.coefs_[0].std(axis=1)
    assert spread[~blank].mean() > 1.2 * spread[blank].mean()


def test_verbose_prints_what_the_example_prints(capsys):
    x, y = load_digits(return_X_y=True)
    quietly(MLPClassifier((8,), max_iter=2, verbose=10, random_state=1), x[:200], y[:200])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2"]
    assert all("loss = " in line for line in lines)

"""One member of an estimator's ensemble, as a net of its own.

Imports the recipes. A checkup looks at it: members differ in the rows that they have left out.
"""

from typing import Any

from chainrule.estimators.tabular import TabularClassifier, TabularRegressor
from chainrule.nn import Module


def one_member(estimator: TabularClassifier | TabularRegressor, place: int = 0) -> Module:
    """A copy of the member at a place: it reads ``estimator.inputs(rows)``.

    Its outputs are scores of the classes, or standardised numbers (N, 1).
    """
    ensemble: Any = estimator.ensemble_
    classes = len(estimator.classes_) if isinstance(estimator, TabularClassifier) else 0
    recipe = estimator.recipe_
    net = recipe.net(estimator.features_.layout(), classes or 1)
    if ensemble.net is None:
        net.load_state(ensemble.nets[place].state())
        return net
    stacked = ensemble.net.state()
    shapes = {path: array.shape for path, array in net.state().items()}
    net.load_state({path: stacked[path][place].reshape(shapes[path]) for path in shapes})
    return net

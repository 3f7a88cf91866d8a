"""Estimators that drop into scikit-learn code; scikit-learn is loaded with them.

Floor 9: imports train, nn and optim. Users import it; ``import chainrule`` does not.

    answering.py        the members on plain arrays
    archive.py          trained estimators as files without pickle
    baseline.py         scikit-learn's boosted trees on the same rows, to be read beside
    base.py             what the estimators share
    checking.py         scikit-learn's checks of what an estimator is given
    features.py         numbers and codes as the inputs of a net
    given.py            rows as users give them
    importance.py       how much worse the answers become when a column is shuffled
    intervals.py        around numbers, of any level
    member_task.py      the rows that members learn from, and how answers are judged
    member_training.py  trained one after the other, each judged on the rows it left out
    merging.py          rows that are alike, merged into one that counts as often
    one_member.py       one member of an ensemble, as a net of its own
    presets.py          the recipes of the presets, by name
    published.py        the recipe of RealMLP-TD
    single_row.py       one row read cell by cell
    table_reading.py    how rows are read: frames as train.data prepares them, arrays as they are
    table_recipe.py     how a net for a table is built and trained, and for how long
    tabular.py          TabularClassifier and TabularRegressor
    targets.py          names of classes, and numbers, as users give them
    whole_fits.py       one that fails leaves the estimator as it was
    perceptron/         MLPClassifier and MLPRegressor, scikit-learn's of those names
"""

from chainrule.estimators.archive import load
from chainrule.estimators.perceptron.mlp_classifier import MLPClassifier
from chainrule.estimators.perceptron.mlp_regressor import MLPRegressor
from chainrule.estimators.table_recipe import Recipe
from chainrule.estimators.tabular import TabularClassifier, TabularRegressor

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "Recipe",
    "TabularClassifier",
    "TabularRegressor",
    "load",
]

"""The presets of the estimators, by name.

Imports the recipes. The estimators ask for one.
"""

from typing import Any

from chainrule.errors import UnknownNameError
from chainrule.estimators.published import RealMLP
from chainrule.estimators.table_recipe import Recipe

# 38 passes over 40,000 rows say as much as 64: shuttle .9997 for .9997, diamonds .802 for .803.
EXPOSURES = 1_500_000

PRESETS = {
    "classes": {
        "strong": Recipe(members=8, parts=8, epochs=64, batch=256, exposures=EXPOSURES),
        "fast": Recipe(members=1, parts=5, epochs=64, batch=256, exposures=EXPOSURES),
        "realmlp": RealMLP(rate=0.04),
    },
    "numbers": {
        "strong": Recipe(
            members=8, parts=8, epochs=128, batch=64, activation="mish", exposures=EXPOSURES
        ),
        "fast": Recipe(
            members=1, parts=5, epochs=128, batch=64, activation="mish", exposures=EXPOSURES
        ),
        "realmlp": RealMLP(rate=0.2, activation="mish"),
    },
}
RECIPES = {kind.__name__: kind for kind in (Recipe, RealMLP)}


def recipe_of(preset: Any, task: str) -> Recipe:
    """The recipe that a preset names, or the one that is given.

    Raises
    ------
    UnknownNameError
        If nothing has that name.
    """
    if isinstance(preset, Recipe):
        return preset
    if not isinstance(preset, str) or preset not in PRESETS[task]:
        raise UnknownNameError("preset", str(preset), tuple(PRESETS[task]))
    return PRESETS[task][preset]

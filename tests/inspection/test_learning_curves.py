"""What curves say: advice that follows them."""

import numpy as np
import pytest

from chainrule.inspection.learning_curves import PLAIN, read_curves
from chainrule.inspection.result import Part, read_result

EPOCHS = np.arange(1, 41)
FALLING, LEVEL = 2.0 - 0.04 * EPOCHS, 0.5 + np.exp(-EPOCHS / 3.0)
RISING = 0.5 + np.exp(-EPOCHS / 3.0) + 0.02 * EPOCHS


@pytest.mark.parametrize(
    ("training", "validation", "said", "never"),
    [
        (FALLING, FALLING + 0.1, "train longer", "--l2"),
        (FALLING, (), "train longer", "--l2"),
        (0.3 + np.exp(-EPOCHS / 3.0) - 0.005 * EPOCHS, RISING, "by heart", "wider"),
        (LEVEL, LEVEL + 0.01, "A wider one may learn more", "--l2"),
        (LEVEL - 0.4, LEVEL, "above the training loss", "train longer"),
        (LEVEL, (), "levelled out", "--l2"),
        (LEVEL[:3], LEVEL[:3], PLAIN, "--l2"),
        (np.full(9, np.nan), (), PLAIN, "--l2"),
    ],
)
def test_an_underfitting_net_is_not_told_to_regularise(training, validation, said, never):
    found = read_curves(training, validation)
    assert said in found
    assert never not in found


def test_a_net_that_has_hardly_learned_is_told_to_learn():
    parts = [
        Part(name, 200, loss, {"accuracy": 0.7}, 0.4, even=1.1)
        for name, loss in (("training", 1.0), ("test", 1.2))
    ]
    (said,) = read_result(parts)
    assert "has hardly learned. Train longer" in said
    assert "--l2" not in said

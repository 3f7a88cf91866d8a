"""What is worth a look in the figures of estimators."""

import numpy as np

from chainrule.inspection.table_result import read_table


def lines(test: float, validation: float = 0.9, constant: float = 0.5, name: str = "accuracy"):
    return {
        "validation": {name: validation, "rows": 500},
        "test": {name: test, "rows": 200},
        "constant": {name: constant, "rows": 200},
    }


EVEN = np.arange(100) % 2


def test_nothing_is_said_where_nothing_is_odd():
    assert read_table(lines(0.88), "test", EVEN, ("a", "b")) == ()
    assert read_table(lines(0.8, name="r2", constant=0.0), "test", np.ones(3)) == ()


def test_figures_below_a_constant_answer_or_far_below_the_validation_are_told():
    found = read_table(lines(0.45), "test", EVEN, ("a", "b"))
    assert "test accuracy of 45.00% is no better than the 50.00% of always answering" in found[0]
    assert "far below the 90.00% on validation rows" in found[1]
    (found,) = read_table(lines(0.5, 0.9, 0.0, "r2"), "test", np.ones(3))
    assert "The test R² of 0.5 is far below the 0.9" in found


def test_classes_that_are_most_of_the_rows_or_a_handful_are_told():
    found = read_table(
        lines(0.9, 0.9, 0.6), "test", np.array([0] * 95 + [1] * 4 + [2]), ("a", "b", "c")
    )
    assert found[0].startswith("95% of the training rows are 'a': an accuracy says little here.")
    assert found[1].startswith("2 classes have a handful of training rows ('b' 4, 'c' 1): what")

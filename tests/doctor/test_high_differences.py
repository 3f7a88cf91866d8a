"""Derivatives to the fourth from values: right within their bars, with kinks seen."""

import numpy as np
import pytest

from chainrule.doctor.high_differences import derivative

KNOWN = {
    "sin": (np.sin, (0.0, -1.0, 0.0)),
    "exp": (np.exp, (1.0, 1.0, 1.0)),
    "sinc": (lambda t: np.sinc(t / np.pi), (-1 / 3, 0.0, 1 / 5)),
    "log near its pole": (lambda t: np.log(0.05 + t), (-400.0, 16_000.0, -960_000.0)),
    "steep tanh": (lambda t: np.tanh(100 * t), (0.0, -2e6, 0.0)),
    "square": (lambda t: (1 + t) ** 2, (2.0, 0.0, 0.0)),
    "zero": (lambda t: 0.0 * t, (0.0, 0.0, 0.0)),
}


def line(function):
    def along(t):
        with np.errstate(all="ignore"):
            value = float(function(t))
        return (value, abs(value)) if np.isfinite(value) else None

    return along


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("name", KNOWN)
def test_a_derivative_is_right_within_its_bar(name, order):
    function, true = KNOWN[name]
    found = derivative(line(function), order, 1.0)
    assert abs(found.value - true[order - 2]) <= found.bar
    assert found.bar <= 1e-4 * max(abs(true[order - 2]), 1.0)
    assert found.confirmed
    assert not found.kinked


@pytest.mark.parametrize(
    ("function", "order"),
    [(lambda t: max(t, 0) ** 2, 2), (lambda t: max(t, 0) ** 3, 3), (lambda t: abs(t) ** 3, 3)],
)
def test_two_sides_that_differ_are_a_kink(function, order):
    assert derivative(line(function), order, 1.0).kinked


def test_steps_that_are_all_too_wide_are_not_confirmed():
    found = derivative(line(lambda t: np.sin(1e8 * (t + 0.1))), 2, 1.0)
    assert not found.confirmed or found.bar > 1e-2 * abs(found.value)


def test_a_function_without_values_has_no_derivative():
    found = derivative(lambda t: None, 3, 1.0)
    assert not np.isfinite(found.bar)

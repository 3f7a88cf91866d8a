"""All derivatives of the logistic family are made of one exponential."""

import re

import numpy as np

import chainrule as cr
from tests.thorough import crossed

DEAR = ("exp", "expm1", "tanh", "log1p", "erf", "erfc")


@crossed("order, f", [1, 2, 3, 4], [cr.sigmoid, cr.tanh, cr.silu, cr.softplus, cr.gelu_tanh])
def test_the_derivative_of_an_activation_takes_one_exponential(f, order):
    for _ in range(order):
        f = cr.elementwise_grad(f)
    plan = str(cr.compile(f).plan(np.linspace(-2, 2, 8)))
    letters = re.findall(r"\w+", plan)
    assert {letter: letters.count(letter) for letter in DEAR if letter in letters} == {"exp": 1}
    assert letters.count("abs") == 1

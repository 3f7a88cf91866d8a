"""The report is data and a page; a failed one raises what pytest understands."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor import check
from chainrule.errors import ArgumentError, ChainruleError, GradientCheckError
from chainrule.testing import assert_gradient

X = np.array([1.0, -2.0])


class Third(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * x**2,)


def test_the_page_tells_what_was_compared_and_what_was_found():
    page = str(check(Third, X, order=1))
    first, *_ = page.splitlines()
    assert first == "Gradient check of third(x (2,)): 1 finding."
    for words in (
        "gradient of  compared with  largest relative error",
        "differences",
        "formula",
        "DIFFERS",
        "1. constant_factor in the gradient of x",
        "the gradient is 0.333333 times the true one, which is 1/3.",
        "worst at  [1]",
        "wrong     100% of its entries",
    ):
        assert words in page
    assert all(len(line) <= 99 for line in page.splitlines())


def test_a_report_that_failed_raises_an_assertion_error():
    report = check(Third, X)
    with pytest.raises(AssertionError, match="constant_factor"):
        report.raise_if_failed()
    with pytest.raises(ChainruleError):
        report.raise_if_failed()
    check(cr.tanh, X).raise_if_failed()


def test_assert_gradient_is_the_check_in_one_line():
    assert_gradient(cr.tanh, X)
    assert_gradient(np.sin, X, gradient=np.cos, order=1)
    with pytest.raises(GradientCheckError, match="constant_factor"):
        assert_gradient(Third, X)


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ArgumentError, match="takes an op or a function"):
        check(3)
    with pytest.raises(ArgumentError, match="none were given"):
        check(lambda x: x)
    for order in (0, 5, 1.5):
        with pytest.raises(ArgumentError, match="order is 1, 2, 3 or 4, not"):
            check(Third, X, order=order)
    with pytest.raises(ArgumentError, match="against is one of"):
        check(Third, X, against="hope")
    with pytest.raises(ArgumentError, match="cannot be run on these inputs"):
        check(lambda x: x[7], X)


def test_against_chooses_what_is_compared():
    for against, words in (("numbers", {"differences"}), ("formula", {"formula"})):
        report = check(Third, X, against=against, order=1)
        assert {c.compared for c in report.comparisons} == words
        assert report.findings[0].kind == "constant_factor"

"""minimize: SciPy's L-BFGS-B over a function of one vector."""

import numpy as np
import pytest
from scipy import optimize

import chainrule as cr
from chainrule import optim
from chainrule.errors import ArgumentError, NonFiniteError


def rosenbrock(p):
    return (100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2).sum()


START = np.random.default_rng(0).normal(size=30)


@pytest.mark.parametrize("wrap", [lambda f: f, cr.compile])
def test_it_is_scipys_search_step_by_step(wrap):
    options = {"maxiter": 60, "maxfun": 15_000, "gtol": 1e-5, "ftol": 1e-12, "maxcor": 7}
    own = optimize.minimize(
        lambda p: (optimize.rosen(p), optimize.rosen_der(p)), START, method="L-BFGS-B", jac=True,
        options=options,
    )  # fmt: skip
    found = optim.minimize(
        wrap(cr.value_and_grad(rosenbrock)), START, iterations=60, tolerance=1e-5,
        least_fall=1e-12, history=7,
    )  # fmt: skip
    assert (found.iterations, found.evaluations) == (own.nit, own.nfev)
    assert (found.converged, found.message) == (own.success, own.message)
    np.testing.assert_allclose(found.position, own.x, rtol=1e-6, atol=1e-8)


def test_it_ends_where_it_was_told_to():
    function = cr.value_and_grad(rosenbrock)
    few = optim.minimize(function, START, iterations=5)
    assert (few.iterations, few.converged) == (5, False)
    assert "ITERATIONS" in few.message
    few = optim.minimize(function, START, evaluations=5)
    assert few.evaluations <= 5 + 20
    flat = optim.minimize(function, START, iterations=1000, tolerance=1e-8, least_fall=0)
    assert flat.converged
    assert np.abs(function(flat.position)[1]).max() <= 1e-8


def test_a_callback_hears_of_each_iteration_and_may_end_the_search():
    heard = []

    def listen(found):
        heard.append(found)
        return len(heard) == 4

    found = optim.minimize(cr.value_and_grad(rosenbrock), START, callback=listen)
    assert [each.iterations for each in heard] == [1, 2, 3, 4]
    assert np.all(np.diff([each.loss for each in heard]) < 0)
    assert np.array_equal(heard[-1].position, found.position)
    assert not np.array_equal(heard[0].position, heard[1].position)
    assert not found.converged


@pytest.mark.parametrize("pull", [3, 30, 1e4])
@pytest.mark.parametrize("start", [-1e4, 0, 0.2])
@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_a_step_that_goes_too_far_is_taken_back_in_silence(pull, start, lost):
    def function(p):
        inside = np.all(p < 1)
        return (-np.log(1 - p) - pull * p).sum() if inside else lost, 1 / (1 - p) - pull

    found = optim.minimize(function, np.full(3, start), tolerance=1e-6)
    np.testing.assert_allclose(found.position, 1 - 1 / pull, rtol=1e-4)


def test_a_start_that_is_no_vector_or_has_no_loss_is_refused():
    function = cr.value_and_grad(lambda p: np.log(p).sum())
    with pytest.raises(ArgumentError, match=r"the start has shape \(2, 2\)"):
        optim.minimize(function, np.ones((2, 2)))
    with pytest.raises(NonFiniteError, match="the loss is nan where the search"):
        optim.minimize(function, -np.ones(2))
    with pytest.raises(NonFiniteError, match="the gradient is not finite where"):
        optim.minimize(cr.value_and_grad(lambda p: np.sqrt(p).sum()), np.zeros(2))
    for name in ("iterations", "evaluations", "history"):
        with pytest.raises(ArgumentError, match=f"minimize was given {name}=0"):
            optim.minimize(function, np.ones(2), **{name: 0})
    for name in ("tolerance", "least_fall"):
        with pytest.raises(ArgumentError, match=f"minimize was given {name}=-1"):
            optim.minimize(function, np.ones(2), **{name: -1})


def test_an_empty_vector_is_at_its_minimum():
    found = optim.minimize(lambda p: (3.0, p), [])
    assert (found.loss, found.converged, found.position.shape) == (3.0, True, (0,))

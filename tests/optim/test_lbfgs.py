"""L-BFGS: Newton's direction, the line search, and the closure it asks for."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.errors import ArgumentError, NoGradientError, NotScalarError, UnsupportedError
from chainrule.optim.lbfgs import two_loop
from chainrule.optim.line_search import Point, wolfe_search


def rosenbrock(p):
    return (100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2).sum()


def test_rosenbrock_in_two_dimensions():
    p = cr.parameter(np.array([-1.2, 1.0]))
    optimizer = optim.LBFGS()
    loss = optimizer.minimize(lambda: rosenbrock(p), [p], steps=60, tolerance=1e-12)
    assert loss < 1e-20
    np.testing.assert_allclose(p.data, 1, rtol=1e-9)
    assert optimizer.steps < 60


def test_rosenbrock_in_fifty_dimensions_in_two_parameters():
    rng = np.random.default_rng(0)
    a, b = cr.parameter(rng.normal(size=20)), cr.parameter(rng.normal(size=30))
    loss = optim.LBFGS().minimize(
        lambda: rosenbrock(cr.concatenate([a, b])), {"a": a, "b": b}, steps=500, tolerance=1e-9
    )
    assert loss < 1e-16


def test_a_quadratic_bowl_in_float32():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(10, 10))
    matrix = (root @ root.T + np.eye(10)).astype(np.float32)
    target = rng.normal(size=10).astype(np.float32)
    p = cr.parameter(np.zeros(10, np.float32))
    optim.LBFGS().minimize(lambda: (p @ matrix @ p) * 0.5 - (p * target).sum(), [p])
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.data, np.linalg.solve(matrix, target), atol=1e-3)


def test_the_loss_never_rises_from_step_to_step():
    p, optimizer = cr.parameter(np.array([-1.2, 1.0])), optim.LBFGS(history=3)
    losses = []
    for _ in range(40):
        optimizer.step([p], closure=lambda: rosenbrock(p))
        losses.append(rosenbrock(p).item())
    assert np.all(np.diff(losses) <= 0)
    assert losses[-1] < 1e-10
    assert optimizer.steps == 40


def test_the_two_loops_are_the_bfgs_matrix():
    rng = np.random.default_rng(1)
    moves = [rng.normal(size=4) for _ in range(3)]
    turns = [m * np.array([1.0, 2.0, 3.0, 4.0]) for m in moves]
    gradient = rng.normal(size=4)
    inverse = np.eye(4) * (moves[-1] @ turns[-1]) / (turns[-1] @ turns[-1])
    for s, y in zip(moves, turns, strict=True):
        rho = 1 / (s @ y)
        left = np.eye(4) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    np.testing.assert_allclose(two_loop(gradient, moves, turns), -inverse @ gradient, rtol=1e-10)
    np.testing.assert_array_equal(two_loop(gradient, [], []), -gradient)


@pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 30.0])
def test_the_line_search_meets_both_wolfe_conditions(first):
    def evaluate(t):
        return Point(t, np.cos(t) + 0.1 * t, -np.sin(t) + 0.1)

    start = Point(0.0, 2.0, -1.0)
    begin = evaluate(0.5)
    found = wolfe_search(lambda t: shifted(evaluate, 0.5, t), shifted(evaluate, 0.5, 0.0), first)
    assert found is not None
    assert found.loss <= begin.loss + 1e-4 * found.length * begin.slope
    assert abs(found.slope) <= 0.9 * abs(begin.slope)
    assert start.usable


def shifted(evaluate, by, t):
    here = evaluate(by + t)
    return Point(t, here.loss, here.slope)


def test_the_line_search_steps_back_from_infinity():
    def evaluate(t):
        with np.errstate(all="ignore"):
            loss = -np.log(np.float64(1 - t)) - 3 * t
        return Point(t, float(loss), 1 / (1 - t) - 3 if t < 1 else float("nan"))

    found = wolfe_search(evaluate, evaluate(0.0), 5.0)
    assert found is not None
    assert 0 < found.length < 1


def test_a_loss_that_falls_nowhere_leaves_the_parameters_alone():
    p = cr.parameter(np.array([1.0, 1.0]))
    optimizer = optim.LBFGS()
    optimizer.step([p], closure=lambda: rosenbrock(p))
    np.testing.assert_array_equal(p.data, [1.0, 1.0])


def test_the_state_goes_on_where_it_was():
    def run(optimizer, p, steps):
        for _ in range(steps):
            optimizer.step([p], closure=lambda: rosenbrock(p))
        return p.data.copy()

    whole = run(optim.LBFGS(), cr.parameter(np.array([-1.2, 1.0])), 8)
    first = optim.LBFGS()
    half = run(first, cr.parameter(np.array([-1.2, 1.0])), 4)
    second = optim.LBFGS()
    second.load_state(first.state())
    np.testing.assert_array_equal(run(second, cr.parameter(half), 4), whole)
    assert second.steps == 8
    with pytest.raises(ArgumentError, match="not the state of LBFGS"):
        second.load_state({"steps": 1})


def test_the_closure_is_asked_for_and_must_return_the_loss():
    p = cr.parameter(np.ones(2), "p")
    optimizer = optim.LBFGS()
    with pytest.raises(ArgumentError, match="there is no closure"):
        optimizer.step([p])
    with pytest.raises(ArgumentError, match="returned a float that no gradient flows into"):
        optimizer.step([p], closure=lambda: 3.0)
    with pytest.raises(NotScalarError, match="the closure returned 2"):
        optimizer.step([p], closure=lambda: p * p)
    other = cr.parameter(np.ones(2), "other")
    with pytest.raises(NoGradientError, match="other has no fresh gradient"):
        optimizer.step([p, other], closure=lambda: cr.mean(p * p))
    with pytest.raises(UnsupportedError, match="no rule that updates one parameter"):
        optimizer.update(p, p, (), 1.0, 1)


def test_skipping_leaves_the_unused_parameter_alone():
    p, other = cr.parameter(np.ones(2)), cr.parameter(np.ones(2))
    optim.LBFGS().step([p, other], missing="skip", closure=lambda: cr.mean(p * p))
    assert other.data.tolist() == [1.0, 1.0]
    assert p.data[0] < 1

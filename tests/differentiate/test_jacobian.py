import numpy as np
import pytest

import chainrule as cr
from chainrule.differentiate.jacobian_and_hessian import hessian, jacobian
from chainrule.errors import ArgumentError, DTypeError, ShapeError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.specs import infer
from chainrule.jacobians import Jacobian
from chainrule.spec import Spec, is_tuple
from chainrule.testing.cases import case_of
from chainrule.testing.differences import COMPLEX_STEP, extrapolated

DIFFERENTIABLE = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]
EXACT, DIFFERENCES = 1e-10, 1e-9  # relative to the largest entry


def by_columns(along, x):
    """Columns of the Jacobian: ``along(direction)`` differentiates in one direction."""
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack([along(unit) for unit in units], -1)


def by_differences(f, x):
    return by_columns(lambda unit: extrapolated(lambda h: f(x + h * unit), 2e-3), x)


def by_complex_steps(f, x):
    """None where the op takes no complex numbers."""
    try:
        with np.errstate(all="ignore"):
            return by_columns(lambda unit: np.imag(f(x + 1j * COMPLEX_STEP * unit)), x) / (
                COMPLEX_STEP
            )
    except (TypeError, ValueError, np.exceptions.ComplexWarning):
        return None


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_jacobian_of_every_op_is_that_of_complex_steps_or_differences(name):
    case = case_of(CATALOGUE[name], seed=5)
    for i in case.differentiable:
        x = case.operands[i]

        def f(x, i=i):
            operands = [x if j == i else y for j, y in enumerate(case.operands)]
            out = apply(case.op, tuple(operands))
            return out[0] if is_tuple(out) else out

        expected, tolerance = by_differences(f, x), DIFFERENCES
        analytic = by_complex_steps(f, x)
        scale = max(1.0, np.abs(expected).max())
        if analytic is not None and np.abs(analytic - expected).max() < 1e-7 * scale:
            expected, tolerance = analytic, EXACT  # no digit is lost
        expected = expected.reshape(np.shape(f(x)) + x.shape)
        for mode in ("auto", "forward", "reverse"):
            found = np.asarray(jacobian(f, mode=mode)(x))
            assert found.shape == expected.shape
            assert found.dtype == x.dtype
            assert np.abs(found - expected).max() <= tolerance * scale, mode


def test_the_layout_says_whose_axes_come_first():
    x = np.random.default_rng(0).normal(size=(2, 3))
    f = lambda x: np.tanh(x) @ np.ones((3, 4))  # noqa: E731
    first, last = jacobian(f)(x), jacobian(f, layout="denominator")(x)
    assert (first.shape, first.layout) == ((2, 4, 2, 3), "numerator")
    assert (last.shape, last.layout) == ((2, 3, 2, 4), "denominator")
    np.testing.assert_array_equal(last.dense(), np.moveaxis(first.dense(), (0, 1), (2, 3)))


def test_the_jacobian_multiplies_as_jvp_and_vjp_do():
    rng = np.random.default_rng(1)
    x, v, u = rng.normal(size=5), rng.normal(size=5), rng.normal(size=(2, 5))
    f = lambda x: np.stack([np.cumsum(x**2), np.sin(x)])  # noqa: E731
    J = jacobian(f)(x)
    np.testing.assert_allclose(J @ v, cr.jvp(f, (x,), (v,))[1], rtol=1e-12)
    np.testing.assert_allclose(J.T @ u, cr.vjp(f, x)[1](u)[0], rtol=1e-12)


def test_containers_of_inputs_and_outputs_give_containers_of_jacobians():
    p = {"w": np.ones((2, 3)), "x": [np.arange(3.0), 2.0]}
    J = jacobian(lambda p: (p["w"] @ p["x"][0] * p["x"][1], {"n": p["x"][1] ** 2}))(p)
    assert J[0]["w"].shape == (2, 2, 3)
    assert J[0]["x"][0].shape == (2, 3)
    np.testing.assert_allclose(J[0]["x"][1], [3.0, 3.0])
    assert float(J[1]["n"]["x"][1]) == 4.0
    assert not np.any(J[1]["n"]["w"])


def test_several_arguments_give_a_tuple():
    f = lambda x, y, scale=1.0: scale * x * y  # noqa: E731
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    by_x, by_y = jacobian(f, argnums=(0, 1))(x, y, scale=2.0)
    np.testing.assert_array_equal(by_x, np.diag([6.0, 8.0]))
    np.testing.assert_array_equal(by_y, np.diag([2.0, 4.0]))
    np.testing.assert_array_equal(jacobian(f, argnums=-1)(x, y), np.diag([1.0, 2.0]))
    (alone,) = jacobian(f, argnums=[1])(x, y)
    np.testing.assert_array_equal(alone, np.diag([1.0, 2.0]))


def test_what_is_returned_aside_comes_back():
    J, aux = jacobian(lambda x: (x * 2, {"norm": (x**2).sum()}), has_aux=True)(np.ones(3))
    np.testing.assert_array_equal(J, 2 * np.eye(3))
    assert aux == {"norm": 3.0}
    H, aux = hessian(lambda x: ((x**3).sum(), x.sum()), has_aux=True)(np.ones(2))
    np.testing.assert_array_equal(H, 6 * np.eye(2))
    assert aux == 2.0


def test_python_floats_and_numbers_are_points():
    assert float(jacobian(lambda x: x**2)(3.0)) == 6.0
    assert jacobian(lambda x: x * np.arange(3.0))(2.0).shape == (3,)
    np.testing.assert_array_equal(jacobian(lambda x: x * np.arange(3.0))(2.0), [0, 1, 2])
    assert float(hessian(lambda x: x**3)(2.0)) == 12.0


def test_a_number_by_an_array_has_the_shape_of_the_array():
    x = np.arange(6.0).reshape(2, 3)
    J = jacobian(lambda x: (x**2).sum())(x)
    assert J.shape == (2, 3)
    np.testing.assert_array_equal(J, 2 * x)


def test_an_unused_input_gives_zeros():
    _, by_y = jacobian(lambda x, y: x * 2, argnums=(0, 1))(np.ones(2), np.ones(3))
    np.testing.assert_array_equal(by_y, np.zeros((2, 3)))
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(np.ones(3)), np.zeros((2, 3)))
    assert float(jacobian(lambda x: 1.0)(3.0)) == 0.0
    assert np.asarray(jacobian(np.floor)(np.ones(2) / 3)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (1, 1)])
def test_sizes_0_and_1_keep_their_shapes(shape):
    x = np.ones(shape)
    for f in (np.tanh, lambda x: x.sum(), lambda x: x.reshape(-1)[::-1], np.cumsum):
        for mode in ("auto", "forward", "reverse"):
            J = jacobian(f, mode=mode)(x)
            assert J.shape == np.shape(f(x)) + shape
            assert np.asarray(J).shape == J.shape


def test_the_element_type_is_that_of_the_input():
    x = np.linspace(0, 1, 4, dtype=np.float32)
    for f in (np.tanh, lambda x: x[::-1], lambda x: np.cumsum(x * x), lambda x: x @ x):
        for mode in ("auto", "forward", "reverse"):
            J = jacobian(f, mode=mode)(x)
            assert J.dtype == J.dense().dtype == (J @ x).dtype == np.float32


def test_an_infinite_slope_leaves_the_zeros_beside_it_alone():
    x = np.array([0.0, 1.0])
    np.testing.assert_array_equal(jacobian(np.sqrt)(x), [[np.inf, 0], [0, 0.5]])
    running = lambda x: np.concatenate([np.cumsum(np.sqrt(x)), x])  # noqa: E731
    expected = [[np.inf, 0], [np.inf, 0.5], [1, 0], [0, 1]]
    np.testing.assert_array_equal(jacobian(running)(x), expected)
    np.testing.assert_array_equal(jacobian(running, mode="reverse")(x), expected)
    chosen = lambda x: np.where(x > 0, np.sqrt(x), 0.0) * 2  # noqa: E731
    np.testing.assert_array_equal(jacobian(chosen)(x), [[0, 0], [0, 1]])


def test_the_hessian_is_that_of_differences_and_symmetric():
    rng = np.random.default_rng(2)
    x, w, y = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), np.array([0, 2, 1, 1])
    loss = lambda w: cr.softmax_cross_entropy(np.tanh(x @ w), y)  # noqa: E731
    H = np.asarray(hessian(loss)(w))
    gradient = cr.grad(loss)
    expected = by_differences(gradient, w).reshape(3, 3, 3, 3)
    np.testing.assert_allclose(H, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(H, H.transpose(2, 3, 0, 1), atol=1e-15)


def test_a_hessian_by_containers_is_a_container_of_containers():
    p = {"w": np.ones((2, 3)), "x": np.arange(3.0)}
    H = hessian(lambda p: (p["w"] @ p["x"]).sum())(p)
    assert H["w"]["x"].shape == (2, 3, 3)
    assert H["x"]["w"].shape == (3, 2, 3)
    np.testing.assert_array_equal(H["w"]["x"], np.moveaxis(H["x"]["w"], 0, 2))
    assert not np.any(H["x"]["x"])
    rows = hessian(lambda x, y: (x * y**2).sum(), argnums=(0, 1))(np.ones(2), np.ones(2))
    np.testing.assert_array_equal(rows[0][1], 2 * np.eye(2))
    np.testing.assert_array_equal(rows[1][1], 2 * np.eye(2))


def test_jacobians_nest_in_one_another_and_in_other_derivatives():
    x = np.random.default_rng(3).normal(size=3)
    f = lambda x: np.sin(x) * x[::-1]  # noqa: E731
    expected = by_differences(lambda x: jacobian(f)(x).dense(), x)
    for outer in ("auto", "forward", "reverse"):
        for inner in ("auto", "forward", "reverse"):
            twice = jacobian(jacobian(f, mode=inner), mode=outer)(x)
            assert isinstance(twice, Jacobian)
            np.testing.assert_allclose(twice, expected, atol=1e-9)
    turned = jacobian(jacobian(f, layout="denominator"))(x)
    np.testing.assert_allclose(turned, np.swapaxes(expected, 0, 1), atol=1e-9)
    total = lambda x: (jacobian(f)(x) ** 2).sum()  # noqa: E731
    slope = by_differences(lambda x: (jacobian(f)(x).dense() ** 2).sum(), x)
    np.testing.assert_allclose(cr.grad(total)(x), slope.reshape(3), atol=1e-9)
    moved = cr.jvp(jacobian(f), (x,), (np.ones(3),))[1]
    np.testing.assert_allclose(moved, expected.sum(-1), atol=1e-9)
    third = jacobian(hessian(lambda x: (x**4).sum() + x[0] * x[1] * x[2]))(x)
    assert third.shape == (3, 3, 3)
    assert abs(third.dense()[0, 1, 2] - 1) < 1e-12
    assert abs(third.dense()[1, 1, 1] - 24 * x[1]) < 1e-12


def test_a_constant_of_an_outer_derivative_keeps_its_gradient():
    g = lambda c: jacobian(lambda x: c * x**2)(np.arange(3.0)).sum()  # noqa: E731
    assert cr.grad(g)(2.0) == 6.0
    assert cr.jvp(g, (2.0,), (1.0,))[1] == 6.0


def test_without_a_graph_parameters_are_points_and_constants():
    w = cr.parameter(np.array([1.0, 2.0]), name="w")
    with cr.no_grad():
        J = jacobian(lambda w: w**2)(w)
        assert isinstance(J, Jacobian)
        np.testing.assert_array_equal(J, np.diag([2.0, 4.0]))
        np.testing.assert_array_equal(jacobian(lambda x: x * w)(np.ones(2)), np.diag([1.0, 2.0]))
    assert w.grad is None


def test_what_a_user_s_graph_holds_keeps_its_gradient():
    c = cr.tensor(np.array([1.0, 2.0]))
    J = jacobian(lambda x: x * c)(np.ones(2))
    assert isinstance(J, cr.Tensor)
    (J * np.array([[1.0, 5.0], [5.0, 3.0]])).sum().backward()
    np.testing.assert_array_equal(c.grad, [1.0, 3.0])


def test_shapes_and_types_alone_flow_through():
    found = infer(jacobian(lambda x: np.tanh(x).sum(axis=1)), Spec((2, 3), np.dtype("float32")))
    assert found == Spec((2, 2, 3), np.dtype("float32"))


def test_wrong_arguments_are_named():
    with pytest.raises(ArgumentError, match="no mode 'sideways'"):
        jacobian(np.tanh, mode="sideways")
    with pytest.raises(ArgumentError, match="no layout 'C'"):
        jacobian(np.tanh, layout="C")
    with pytest.raises(DTypeError, match="floating-point"):
        jacobian(np.tanh)(np.arange(3))
    with pytest.raises(ArgumentError, match="argument 2"):
        jacobian(np.tanh, argnums=2)(np.ones(3))
    with pytest.raises(ShapeError, match="takes tensors of shape"):
        jacobian(np.tanh)(np.ones(3)) @ np.ones(4)


def test_a_tensor_too_large_for_memory_is_refused_before_it_is_made():
    w = cr.parameter(np.full(20_000, 2.0))
    f = lambda x: x * w  # noqa: E731
    with pytest.raises(ArgumentError, match=r"would take 3 GiB"):
        jacobian(f)(np.ones(20_000))
    with cr.no_grad():
        assert jacobian(f)(np.ones(20_000)).bytes_here == 160_000

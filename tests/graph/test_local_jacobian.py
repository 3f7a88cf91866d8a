import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import NoGradientError, UnsupportedError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.operation import apply
from chainrule.graph.readings.gate import Gate
from chainrule.graph.readings.local_jacobian import structure_of
from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Implicit,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Summation,
    Zero,
)
from chainrule.spec import is_tuple
from chainrule.testing.cases import Case, broadcast_cases, case_of

DIFFERENTIABLE = [name for name in CATALOGUE.names() if not CATALOGUE[name].flat]
BROADCASTING = [
    name
    for name in DIFFERENTIABLE
    if issubclass(CATALOGUE[name], Elementwise) and CATALOGUE[name].samples is None
]


def results(case):
    operands = [
        cr.tensor(x) if i in case.differentiable else x for i, x in enumerate(case.operands)
    ]
    outs = apply(case.op, tuple(operands))
    return [out for out in (outs if is_tuple(outs) else (outs,)) if out.wants_gradient]


def by_rows(gate, i):
    """The matrix, one upstream gradient after the other."""
    outputs, inputs, _ = gate.shapes(i)
    units = np.eye(int(np.prod(outputs))).reshape(-1, *outputs) if 0 not in outputs else []
    found = [gate.pull(i, unit) for unit in units]
    rows = [np.zeros(inputs) if row is None else np.asarray(row) for row in found]
    return np.array(rows).reshape(outputs + inputs)


def assert_right(case: Case) -> None:
    for out in results(case):
        gate, found = Gate.of(out), out.local_jacobian()
        for i in case.differentiable:
            if found[i] is None:
                continue
            expected = by_rows(gate, i)
            assert found[i].shape == expected.shape
            np.testing.assert_allclose(found[i].dense(), expected, rtol=1e-12, atol=1e-12)
            structure = structure_of(gate, i)
            if structure is not None:
                pattern = structure.pattern().toarray().reshape(expected.shape)
                assert not np.any((expected != 0) & ~pattern)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_local_jacobian_of_every_op_is_the_matrix_of_its_rule(name):
    for seed in (1, 2):
        assert_right(case_of(CATALOGUE[name], seed))


@pytest.mark.parametrize("name", BROADCASTING)
def test_elementwise_ops_are_right_where_inputs_are_repeated_empty_or_single(name):
    for case in broadcast_cases(CATALOGUE[name], seed=3):
        assert_right(case)


def kinds(out):
    return [type(J) for J in out.local_jacobian()]


def test_each_family_has_its_structure():
    rng = np.random.default_rng(0)
    x, w = cr.tensor(rng.normal(size=(3, 4))), cr.tensor(rng.normal(size=(4, 4)))
    b = cr.tensor(rng.normal(size=4))
    assert kinds(np.tanh(x)) == [Diagonal]
    assert kinds(cr.relu(x)) == [Diagonal]
    assert kinds(x + x) == [Identity, Identity]
    assert kinds(x + b) == [Identity, Broadcast]
    assert kinds(x * b) == [Diagonal, Product]
    assert kinds(x @ w) == [Kronecker, Kronecker]
    assert kinds(cr.linear(x, w, b)) == [Kronecker, Kronecker, Broadcast]
    assert kinds(x.reshape(4, 3)) == [Identity]
    assert kinds(x.T) == kinds(x[::-1]) == [Selection]
    assert kinds(np.concatenate([x, x])) == [Selection, Selection]
    assert kinds(np.broadcast_to(b, (3, 4))) == [Broadcast]
    assert kinds(x.sum(axis=0)) == kinds(x.mean()) == [Summation]
    assert kinds(CATALOGUE.function("sum_to")(x, (4,))) == [Summation]
    assert kinds(CATALOGUE.function("put_rows")(x, np.array([1, 1, 0]), 2))[:1] == [Scatter]
    assert kinds(x.max(axis=1)) == [Product]
    assert kinds(cr.softmax(x)) == kinds(cr.log_softmax(x)) == [BlockDiagonal]
    assert kinds(cr.layer_norm(x))[0] is BlockDiagonal
    assert kinds(np.linalg.inv(w)) == [Dense]
    assert kinds(cr.softmax_cross_entropy(x, np.array([0, 1, 2])))[0] is Dense


def test_the_lectures_sizes_stand_beside_the_product():
    x = cr.tensor(np.zeros((64, 4096), np.float32))
    w = cr.tensor(np.zeros((4096, 4096), np.float32))
    by_x, by_w = (x @ w).local_jacobian()
    assert str(by_x).endswith("256 GiB dense, 64 MiB here")
    assert str(by_w).endswith("16 TiB dense, 1 MiB here")


def test_an_input_without_a_gradient_has_none():
    x = cr.tensor(np.ones(3))
    assert (x * 2.0).local_jacobian()[1] is None
    assert (x * np.ones(3)).local_jacobian()[1] is None
    taken = x[np.array([0, 2])].local_jacobian()
    assert type(taken[0]) is Selection
    assert taken[1] is None
    assert np.where(x.data > 0, x, 0.0).local_jacobian()[0] is None


def test_a_leaf_has_no_local_jacobian():
    with pytest.raises(NoGradientError, match="no op made"):
        cr.tensor(np.ones(3)).local_jacobian()
    with cr.no_grad():
        out = np.tanh(cr.tensor(np.ones(3)))
    with pytest.raises(NoGradientError, match="no op made"):
        out.local_jacobian()


def test_inside_a_derivative_it_would_leave_the_graph():
    def f(x):
        return (np.tanh(x).local_jacobian()[0] @ np.ones(2)).sum()

    with pytest.raises(UnsupportedError, match="leave the graph"):
        cr.grad(f)(np.ones(2))


def test_one_of_several_results_has_its_own():
    x = cr.tensor(np.arange(6.0))
    first, second = cr.split(x, 2)
    np.testing.assert_array_equal(second.local_jacobian()[0].dense(), np.eye(6)[3:])
    np.testing.assert_array_equal(first.local_jacobian()[0].dense(), np.eye(6)[:3])


def test_what_is_too_large_for_an_array_multiplies_by_its_rules():
    rng = np.random.default_rng(1)
    x = cr.tensor(rng.normal(size=600))
    (J,) = np.cumsum(x).local_jacobian()
    assert type(J) is Implicit
    v = rng.normal(size=600)
    np.testing.assert_allclose(J @ v, np.cumsum(v))
    np.testing.assert_allclose(J.T @ v, np.cumsum(v[::-1])[::-1])
    np.testing.assert_allclose(J.dense(), np.tril(np.ones((600, 600))))
    assert J.bytes_here < J.bytes_dense / 100


@pytest.mark.parametrize(
    "run",
    [
        lambda x: cr.prod(x, axis=1),
        lambda x: cr.batch_norm_with_statistics(x)[0],
        lambda x: np.cumprod(x, axis=1),
        lambda x: np.diff(x, axis=1),
    ],
)
def test_rules_multiply_in_both_directions(run):
    rng = np.random.default_rng(2)
    x = cr.tensor(rng.uniform(0.5, 1.5, (200, 4)))
    out = run(x)
    J = out.local_jacobian()[0]
    assert type(J) is Implicit
    v, u = rng.normal(size=x.shape), rng.normal(size=out.shape)
    np.testing.assert_allclose(J @ v, cr.jvp(run, (x.data,), (v,))[1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(J.T @ u, cr.vjp(run, x.data)[1](u)[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,ij->i", [(3, 4), (3, 4)]),
        ("ii->i", [(4, 4)]),
        ("ii", [(3, 3)]),
        ("iij->ij", [(3, 3, 2)]),
        ("i,j->ij", [(3,), (4,)]),
        ("...ij,...jk->...ik", [(2, 3, 4), (4, 5)]),
        ("...i,...i->...", [(2, 1, 3), (5, 3)]),
        ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 2)]),
        (",->", [(), ()]),
        ("i->", [(0,)]),
    ],
)
def test_every_form_of_einsum_has_the_matrix_of_its_rule(subscripts, shapes):
    rng = np.random.default_rng(3)
    operands = [cr.tensor(rng.normal(size=shape)) for shape in shapes]
    out = cr.einsum(subscripts, *operands)
    for i, found in enumerate(out.local_jacobian()):
        expected = by_rows(Gate.of(out), i)
        np.testing.assert_allclose(found.dense(), expected, rtol=1e-12, atol=1e-12)


def test_an_op_of_ones_own_has_one_too():
    class Cube(cr.Op):
        def forward(self, x):
            return x**3

        def backward(self, upstream, x, out):
            return (upstream * 3 * x**2,)

    class Double(cr.Op):
        def forward(self, x):
            return 2 * x

        def backward(self, upstream, x, out):
            return (upstream * 2,)

        def local_jacobian(self, position, x, out):
            return Diagonal.of(np.full(x.shape, 2.0))

    x = cr.tensor(np.array([1.0, 2.0]))
    np.testing.assert_allclose(Cube()(x).local_jacobian()[0].dense(), np.diag([3.0, 12.0]))
    (J,) = Double()(x).local_jacobian()
    assert type(J) is Diagonal


def test_an_elementwise_op_of_ones_own_is_diagonal():
    class Blend(Elementwise):
        def forward(self, x, y):
            return x * y + x

        def local_gradients(self, x, y, out):
            return y + 1, x

    x, y = cr.tensor(np.arange(6.0).reshape(2, 3)), cr.tensor(np.arange(3.0))
    by_x, by_y = Blend()(x, y).local_jacobian()
    assert (type(by_x), type(by_y)) == (Diagonal, Product)
    np.testing.assert_array_equal(by_x @ np.ones((2, 3)), np.tile([1.0, 2.0, 3.0], (2, 1)))
    np.testing.assert_array_equal(by_y.T @ np.ones((2, 3)), [3.0, 5.0, 7.0])


def test_a_jacobian_keeps_its_numbers_when_a_parameter_changes():
    w = cr.parameter(np.full((200, 4), 2.0), name="w")
    product, running = (w @ np.ones((4, 2))).local_jacobian()[0], np.cumprod(w, axis=1)
    by_w = (cr.tensor(np.ones((3, 200))) @ w).local_jacobian()[0]
    (implicit,) = running.local_jacobian()
    before = by_w @ np.ones((3, 200)), implicit @ np.ones((200, 4)), product @ np.ones((200, 4))
    w.data = np.full((200, 4), 7.0)
    after = by_w @ np.ones((3, 200)), implicit @ np.ones((200, 4)), product @ np.ones((200, 4))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_comes_through_a_closed_gate():
    x = cr.tensor(np.array([np.inf, 1.0, -1.0]))
    (J,) = cr.relu(x).local_jacobian()
    np.testing.assert_array_equal(J.dense(), np.diag([1.0, 1.0, 0.0]))
    (nothing,) = cr.clip(x, 5.0, 6.0).local_jacobian()[:1]
    assert type(nothing) in (Diagonal, Zero)


def test_types_follow_the_input():
    x = cr.tensor(np.ones((2, 3), np.float32))
    for out in (np.tanh(x), x @ np.ones((3, 2), np.float32), x.sum(), cr.softmax(x), x.T):
        assert out.local_jacobian()[0].dtype == np.float32
        assert out.local_jacobian()[0].dense().dtype == np.float32

"""The law: to add an op you touch one file. Ops of a temporary module are known everywhere."""

import importlib.util

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.readings.dual import Dual
from chainrule.graph.readings.specs import infer
from chainrule.plan.kinds.opaque import Opaque
from chainrule.spec import Spec
from chainrule.testing import Case, broadcast_cases, check_case, check_op

ONE_FILE = '''
"""Ops of somebody's own."""

import numpy as np

import chainrule as cr
from chainrule.domain import Domain
from chainrule.extend import (
    Bilinear, Composite, Elementwise, Indexing, Movement, Reduction, op,
)


@op("toy_bump", domains=(Domain(sample_low=-2, sample_high=2),))
class Bump(Elementwise):
    """height * exp(-x * x): the chain rule writes its slope."""

    height: float = 1.0

    def forward(self, x):
        return self.height * cr.exp(-x * x)


def _pairs(rng):
    return rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


@op("toy_cosine", samples=_pairs)
class Cosine(Composite):
    """The cosine of the angle between rows: a formula over ops, without a rule of its own."""

    def forward(self, x, y):
        lengths = cr.norm(x, axis=-1) * cr.norm(y, axis=-1)
        return cr.sum(x * y, axis=-1) / lengths


@op("toy_cube", samples=lambda rng: (rng.normal(size=(2, 3)),))
class Cube(cr.Op):
    """x cubed, with a backward written by hand."""

    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * x**2,)


def _matrix(rng):
    return (rng.normal(size=(3, 4)),)


@op("toy_power_mean", samples=_matrix)
class PowerMean(Reduction):
    """The root of the mean square."""

    def forward(self, x):
        return np.sqrt(np.mean(x * x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, upstream, x, out):
        share = upstream / out * (np.size(out) / np.size(x))
        return (self.spread(share, x.shape) * x,)


@op("toy_windows", samples=_matrix)
class Windows(Movement):
    """Pairs of neighbours along the last axis."""

    def forward(self, x):
        return np.lib.stride_tricks.sliding_window_view(x, 2, -1)

    def backward(self, upstream, x, out):
        first, second = (cr.pad(upstream[..., i], ((0, 0), (i, 1 - i))) for i in (0, 1))
        return (first + second,)


@op("toy_corner", samples=_matrix)
class Corner(Indexing):
    """All but the first row and column."""

    def forward(self, x):
        return x[1:, 1:]

    def backward(self, upstream, x, out):
        return (cr.pad(upstream, ((1, 0), (1, 0))),)


@op("toy_pairs", samples=lambda rng: (rng.normal(size=3), rng.normal(size=4)))
class Pairs(Bilinear):
    """Every element of one vector times every element of another."""

    def forward(self, x, y):
        return np.expand_dims(x, 1) * np.expand_dims(y, 0)

    def backward(self, upstream, x, y, out):
        return lambda: upstream @ y, lambda: x @ upstream
'''
TOYS = {
    "Bump": "toy_bump", "Cosine": "toy_cosine", "Cube": "toy_cube",
    "PowerMean": "toy_power_mean", "Windows": "toy_windows", "Corner": "toy_corner",
    "Pairs": "toy_pairs",
}  # fmt: skip


@pytest.fixture
def toys(tmp_path):
    path = tmp_path / "toys.py"
    path.write_text(ONE_FILE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("toys", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in TOYS.values():
        CATALOGUE.ops.pop(name, None)
        CATALOGUE.standard.pop(name, None)


@pytest.fixture(params=TOYS, ids=list(TOYS))
def toy(request, toys):
    return getattr(toys, request.param)


def operands(toy):
    rng = np.random.default_rng(0)
    return toy.samples(rng) if toy.samples is not None else (rng.normal(size=(2, 3)),)


def total(toy):
    return lambda *xs: cr.sum(toy.function(*xs))


def test_the_catalogue_knows_it_but_its_built_in_names_stay_as_they_are(toys, toy):
    assert CATALOGUE[toy.name] is toy
    assert toy.name in CATALOGUE
    assert toy.name not in CATALOGUE.names()
    assert not hasattr(cr, toy.name)


def test_the_eager_run_knows_it(toy):
    xs = operands(toy)
    out = toy.function(*xs)
    assert isinstance(out, np.ndarray | np.generic)
    assert_array_equal(out, toy.of()(*xs))


def test_backward_and_grad_know_it(toy):
    xs = operands(toy)
    tensors = [cr.tensor(x) for x in xs]
    cr.sum(toy.function(*tensors)).backward()
    found = cr.grad(total(toy), argnums=tuple(range(len(xs))))(*xs)
    for t, gradient in zip(tensors, found, strict=True):
        assert_array_equal(t.grad, gradient)
        assert gradient.any()


def test_forward_mode_knows_it(toy):
    xs = operands(toy)
    gradient = cr.grad(total(toy))(*xs)
    v = np.random.default_rng(1).normal(size=xs[0].shape)
    out = total(toy)(Dual(xs[0], (v,)), *xs[1:])
    assert_allclose(out.partials[0], np.sum(gradient * v), rtol=1e-13)


def test_the_second_order_knows_it(toy):
    xs = operands(toy)
    v = np.random.default_rng(1).normal(size=xs[0].shape)

    def directed(x):
        return cr.sum(cr.grad(total(toy))(x, *xs[1:]) * v)

    step = 1e-5
    ahead, behind = (cr.grad(total(toy))(xs[0] + s * v, *xs[1:]) for s in (step, -step))
    assert_allclose(cr.grad(directed)(xs[0]), (ahead - behind) / (2 * step), atol=1e-8)


def test_numpy_operators_and_python_floats_reach_it(toy):
    xs = operands(toy)
    out = 2.0 * toy.function(*map(cr.tensor, xs)) + 1.0
    assert_allclose(out.data, 2 * toy.function(*xs) + 1)


def test_the_spec_reading_knows_it(toy):
    xs = operands(toy)
    specs = [Spec(x.shape, np.dtype(np.float32)) for x in xs]
    expected = toy.function(*(x.astype(np.float32) for x in xs))
    assert infer(toy.function, *specs) == Spec(expected.shape, np.dtype(np.float32))


def test_show_and_check_know_it(toy):
    x = cr.tensor(operands(toy)[0], name="x")
    out = toy.function(x, *operands(toy)[1:])
    assert f"{toy.name}(x" in cr.show(out)
    cr.check_graph(out)
    assert [node.op.name for node in Graph.of(out).nodes if node.op] == [toy.name]


def test_the_property_tests_know_it(toy):
    check_op(toy)


def test_attributes_become_arguments(toys):
    assert_array_equal(toys.Bump.function(np.zeros(2), height=3.0), [3, 3])
    assert_array_equal(toys.Bump.function(np.zeros(2), 3.0), [3, 3])
    for case in broadcast_cases(toys.Bump, 0):
        check_case(case)
    check_case(Case.of_call(toys.Bump, np.linspace(-2, 2, 5), 3.0))


def test_its_public_function_says_what_it_is(toy):
    assert toy.function.__name__ == toy.name
    assert toy.function.__doc__ == toy.__doc__


def test_an_op_without_a_name_works_as_well():
    class Half(cr.Op):
        def forward(self, x):
            return x / 2

    half = Half()
    assert_array_equal(cr.grad(lambda x: half(x).sum())(np.ones(3)), [0.5] * 3)
    assert "half" not in CATALOGUE


@pytest.mark.parametrize("name", ["add", "relu", "softmax_cross_entropy", "getitem"])
def test_built_in_names_are_sealed(name):
    with pytest.raises(ArgumentError) as caught:

        @cr.op(name)
        class Mine(cr.Op):
            def forward(self, x):
                return x

    message = str(caught.value)
    assert message.startswith(
        f"the name {name!r} belongs to a built-in op and cannot be given to another."
    )
    assert "Choose another name for your op." in message
    assert CATALOGUE[name].__name__ != "Mine"


def test_an_op_of_ones_own_may_be_defined_again(toys, tmp_path):
    before = CATALOGUE["toy_cube"]

    @cr.op("toy_cube")
    class Again(cr.Op):
        def forward(self, x):
            return x * 2

    assert CATALOGUE["toy_cube"] is Again
    assert before is not Again


def test_a_user_op_cannot_take_a_numpy_function_from_a_built_in_op():
    with pytest.raises(ArgumentError, match="tanh belongs to the built-in op 'tanh'"):

        @cr.op("toy_tanh", numpy=np.tanh)
        class MyTanh(cr.Op):
            def forward(self, x):
                return x

    assert CATALOGUE.by_numpy[np.tanh] == "tanh"
    assert "toy_tanh" not in CATALOGUE


def test_an_op_is_known_to_compiled_functions_with_its_gradient(toy):
    xs = operands(toy)
    step = cr.compile(lambda *xs: (toy.function(*xs), cr.grad(total(toy))(*xs)))
    value, gradient = step(*xs)
    assert_allclose(value, toy.function(*xs), rtol=1e-14)
    assert_allclose(gradient, cr.grad(total(toy))(*xs), rtol=1e-13)
    assert not [k for k in step.plan(*xs).kernels if isinstance(k, Opaque)]  # machine code all

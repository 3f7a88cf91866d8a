"""Recording: what a function of arrays becomes, and what it says when it asks for a value."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError, IndexRangeError, ShapeError, UnsupportedError
from chainrule.ops import random
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.fold import Fold
from chainrule.plan.kinds.mask import Mask
from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.record import record
from chainrule.plan.steps import Array, Map, Number, Product, Ref
from chainrule.spec import Spec, spec_of

F32, F64, I64 = (np.dtype(t) for t in ("float32", "float64", "int64"))
RNG = np.random.default_rng(0)


def spec(*shape, dtype=F64):
    return Spec(shape, dtype)


def flow_of(function, *specs):
    flow = record(function, specs)
    check_flow(flow)
    return flow


def same(function, *arrays, exact=True):
    """A recording computes what the function computes."""
    flow = flow_of(function, *map(spec_of, arrays))
    expected = function(*arrays)
    for found, wanted in zip(evaluate(flow, arrays), expected, strict=True):
        assert found.shape == np.shape(wanted)
        assert found.dtype == np.asarray(wanted).dtype
        if exact:
            np.testing.assert_array_equal(found, np.asarray(wanted))
        else:
            single = np.asarray(wanted).dtype == np.float32
            np.testing.assert_allclose(found, np.asarray(wanted), rtol=1e-6 if single else 1e-12)
    return flow


def letters(flow):
    return [step.letter for step in flow.steps if isinstance(step, Map)]


def test_a_training_step_is_recorded_with_its_backward_walk():
    def step(w1, b1, w2, b2, x, y):
        def loss(w1, b1, w2, b2):
            hidden = cr.relu(cr.linear(x, w1, b1))
            return cr.softmax_cross_entropy(cr.linear(hidden, w2, b2), y)

        value, slopes = cr.value_and_grad(loss, argnums=range(4))(w1, b1, w2, b2)
        return [value, *(w - 0.1 * d for w, d in zip((w1, b1, w2, b2), slopes, strict=True))]

    shapes = ((5, 8), (8,), (8, 3), (3,), (4, 5))
    arrays = [RNG.normal(size=shape).astype(F32) for shape in shapes]
    flow = same(step, *arrays, np.array([0, 2, 1, 1]), exact=False)
    assert sum(isinstance(s, Product) for s in flow.steps) == 5
    assert not any(isinstance(s, Opaque) for s in flow.steps)


@pytest.mark.parametrize(
    "derive",
    [
        lambda f, x: [cr.grad(lambda x: f(x).sum())(x)],
        lambda f, x: [cr.grad(lambda x: (cr.grad(lambda x: f(x).sum())(x) ** 2).sum())(x)],
        lambda f, x: list(cr.jvp(f, (x,), (x,))),
        lambda f, x: list(cr.hvp(lambda x: f(x).sum(), (x,), (x,))),
        lambda f, x: list(cr.vjp(f, x)[1](np.ones(3))),
        lambda f, x: [cr.jacobian(f)(x)],
        lambda f, x: [cr.hessian(lambda x: f(x).sum())(x)],
        lambda f, x: [cr.elementwise_grad(f)(x)],
        lambda f, x: [cr.grad(lambda x: cr.checkpoint(f)(x).sum())(x)],
    ],
)
def test_derivatives_are_taken_inside_the_recording(derive):
    x = np.array([0.5, -1.0, 2.0])
    same(lambda x: derive(lambda x: np.tanh(x) * x * x, x), x, exact=False)


def test_custom_gradients_and_stopped_ones_are_recorded():
    @cr.custom_gradient
    def log1pexp(x):
        weight = np.exp(x)
        return np.log(1 + weight), lambda upstream: upstream * (1 - 1 / (1 + weight))

    x = np.array([0.5, -1.0])
    same(lambda x: [cr.grad(lambda x: log1pexp(x).sum())(x)], x)
    same(lambda x: [cr.grad(lambda x: (x * cr.stop_gradient(x)).sum())(x)], x)


def test_views_need_no_step():
    flow = flow_of(
        lambda x: [
            x.T, x[1:, ::-1], x[:, None], x.reshape(-1), np.broadcast_to(x, (2, 4, 6)),
            np.flip(x), np.swapaxes(x, 0, 1), *cr.split(x, 2), np.diagonal(x), x[:, np.arange(3)],
            np.squeeze(x[None]),
        ],
        spec(4, 6),
    )  # fmt: skip
    assert flow.steps == ()
    assert {output.array for output in flow.outputs} == set(flow.inputs)


def test_python_numbers_are_weak_and_numpys_are_not():
    flow = flow_of(lambda x: [x * 2.0, x * np.float64(2), x + 1, x > 0], spec(3, dtype=F32))
    assert [x.dtype for x in flow.outputs] == ["float32", "float64", "float32", "bool"]


def test_arrays_from_outside_are_copied_once_and_uniform_ones_are_numbers():
    table = np.arange(6.0)
    flow = flow_of(lambda x: [x * table, x + table, x * np.full(6, 3.0)], spec(6))
    constants = {x.array for s in flow.steps for x in s.operands if isinstance(x, Ref)}
    (copy,) = constants - set(flow.inputs)
    table[0] = 7
    assert copy.value[0] == 0
    assert Number(3.0, "float64") in flow.steps[2].operands


@pytest.mark.parametrize("size", [3, 20000])
def test_an_array_that_changes_while_it_is_used_is_read_as_it_was_each_time(size):
    def f(x):
        buffer = np.arange(float(size))
        for _ in range(3):
            buffer += 1
            x = x * buffer
        return [x]

    same(f, np.ones(size))


def test_a_parameter_outside_is_a_constant():
    w = cr.parameter(np.ones((3, 2)), name="w")
    flow = flow_of(lambda x: [x @ w], spec(5, 3))
    w.data = np.zeros((3, 2))
    np.testing.assert_array_equal(evaluate(flow, [np.ones((5, 3))])[0], np.full((5, 2), 3.0))


def test_outputs_may_be_arrays_and_numbers():
    flow = flow_of(lambda x: [x, np.arange(3), 2.5, True], spec(2))
    found = evaluate(flow, [np.ones(2)])
    np.testing.assert_array_equal(found[1], np.arange(3))
    assert found[2:] == [2.5, True]


def test_donated_inputs_are_noted():
    flow = record(lambda w: [w - 1, w.sum()], [spec(2)], {0: 0})
    assert flow.updates == {0: 0}


def test_steps_are_called_after_the_op_that_the_user_wrote():
    flow = flow_of(lambda x: [cr.gelu(x)], spec(2))
    assert {step.out.label for step in flow.steps} == {"gelu"}


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda x: x if x.sum() > 0 else -x, "bool(x)"),
        (lambda x: x * float(x[0]), "float(x)"),
        (lambda x: x * int(x[0]), "int(x)"),
        (lambda x: x * x.data, "x.data"),
        (lambda x: x * x.value, "x.value"),
        (lambda x: x.item(), "x.item()"),
        (lambda x: x.tolist(), "x.tolist()"),
        (np.asarray, "np.asarray(x)"),
        (lambda x: [1, 2, 3][x], "x as an index"),
    ],
)
def test_asking_for_a_value_raises_and_shows_the_line(ask, named):
    with pytest.raises(UnsupportedError) as caught:
        record(lambda x: [ask(x)], [spec(3)])
    message = str(caught.value)
    assert message.startswith(f"{named} asks for a value")
    assert "test_record.py" in message
    assert "where(condition, x, y)" in message


def test_an_unknown_mask_says_that_the_shape_would_be_unknown():
    with pytest.raises(UnsupportedError, match="how many elements a mask picks"):
        record(lambda x: [x[x > 0]], [spec(3)])
    same(lambda x: [x[np.array([True, False, True])]], np.arange(3.0))


def test_a_value_of_another_recording_is_refused():
    kept = []
    record(lambda x: kept.append(x) or [x], [spec(3)])
    with pytest.raises(UnsupportedError, match="another recording"):
        kept[0] + 1
    with pytest.raises(UnsupportedError, match="another recording"):
        record(lambda x: [x + kept[0]], [spec(3)])


def test_wrong_shapes_are_found_while_recording():
    with pytest.raises(ShapeError, match="100 columns meet 120 rows"):
        record(lambda x, w: [x @ w], [spec(32, 100), spec(120, 10)])
    with pytest.raises(ShapeError, match="add cannot join"):
        record(lambda x, y: [x + y], [spec(3), spec(4)])
    with pytest.raises(IndexRangeError):
        record(lambda x: [x[np.array([0, 3])]], [spec(3)])
    for wrong in (
        lambda x: cr.take(x, np.array([0]), 5), lambda x: x.reshape(4), lambda x: x.sum(axis=2),
        lambda x: cr.stack([x, x], 3), lambda x: cr.concatenate([x, x], 1),
        lambda x: x.max(axis=1),
        lambda x: np.cumsum(x, 1), lambda x: np.roll(x, 1, 1), lambda x: np.transpose(x, (1, 0)),
        lambda x: cr.take_along_axis(x, np.array([[0]]), 0), lambda x: np.flip(x, 1),
        lambda x: cr.einsum("i,i->i", x, np.arange(2.0)),
        lambda x: cr.einsum("ii->i", np.ones((2, 1)) * x),
    ):  # fmt: skip
        with pytest.raises(ShapeError):
            record(lambda x, f=wrong: [f(x)], [spec(3)])


@pytest.mark.parametrize("loss", [cr.softmax_cross_entropy, cr.hinge])
def test_labels_out_of_range_are_found_when_the_flow_runs(loss):
    flow = flow_of(lambda x, y: [loss(x, y)], spec(4, 3), spec(4, dtype=I64))
    (check,) = (s for s in flow.steps if isinstance(s, Bounds))
    assert (check.low, check.high, check.about) == (0, 3, "label")
    for wrong in (3, -1):
        with pytest.raises(IndexRangeError, match="label"):
            evaluate(flow, [np.zeros((4, 3)), np.array([0, 1, wrong, 2])])


def test_positions_are_checked_when_the_flow_runs():
    flow = flow_of(lambda x, i: [cr.take(x, i, 0)], spec(4, 3), spec(2, dtype=I64))
    np.testing.assert_array_equal(
        evaluate(flow, [np.eye(4, 3), np.array([0, -1])])[0], np.eye(4, 3)[[0, -1]]
    )
    with pytest.raises(IndexRangeError, match="index"):
        evaluate(flow, [np.eye(4, 3), np.array([0, 4])])


def test_short_rows_are_compared_with_their_label_and_long_ones_picked():
    short, long = (
        flow_of(lambda x, y: [cr.softmax_cross_entropy(x, y)], spec(4, n), spec(4, dtype=I64))
        for n in (10, 1000)
    )
    kinds = [{type(s).__name__ for s in flow.steps} for flow in (short, long)]
    assert "Pick" not in kinds[0]
    assert "Pick" in kinds[1]


def test_random_masks_follow_a_key_that_is_not_known_yet():
    key = random.key(3)

    def draw(key, x):
        return [cr.dropout(x, random.fold(random.fold(key, 2), 0), 0.3)]

    flow = same(draw, key, np.ones((3, 5)))
    assert [type(s) for s in flow.steps[:3]] == [Fold, Fold, Mask]


def test_powers_with_small_constant_exponents_are_products():
    x = np.array([2.0, -3.0, 0.0, -0.0, np.inf, -np.inf, np.nan])
    for exponent, expected in (
        (2, ["multiply"]), (3, ["multiply"] * 2), (1, []), (-1, ["divide"]), (2.5, ["power"]),
        (0.5, ["sqrt"]), (0, []),
    ):  # fmt: skip
        with np.errstate(all="ignore"):
            flow = same(lambda x, n=exponent: [np.power(x, n)], x)
        assert letters(flow) == expected


def test_half_precision_is_left_to_python():
    flow = same(lambda x: [x * 2, np.exp(x)], np.array([1.0, 2.0], np.float16))
    assert all(isinstance(step, Opaque) for step in flow.steps)


def test_empty_tensors_are_constants():
    flow = same(lambda x: [x * 2, x.sum(axis=0), x.T @ x], np.zeros((0, 3)))
    assert flow.steps == ()


def test_a_flow_that_breaks_a_rule_is_refused():
    x = Array((3,), "float64")
    out = Array((4,), "float64")
    broken = record(lambda x: [x], [spec(3)])
    flow = type(broken)((x,), (out.ref(),), (Map("exp", (x.ref(),), out),))
    with pytest.raises(GraphError, match="operands have the result's shape"):
        check_flow(flow)

"""Fusion: which steps become one kernel, and that the kernels compute what the steps say."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.evaluate import evaluate
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Row
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.plan.scalar import Apply
from chainrule.plan.steps import Array, Flow, Map, Number, Product, Reduce, Ref
from chainrule.spec import Spec
from tests.plan.random_flows import Drawer
from tests.thorough import parametrize

F = np.dtype(np.float32)
ROWS, FEATURES, HIDDEN, CLASSES = 16, 12, 8, 5


def planned(function, *shapes, donate=None, dtypes=None):
    dtypes = dtypes or [F] * len(shapes)
    specs = [Spec(s, np.dtype(d)) for s, d in zip(shapes, dtypes, strict=True)]
    return make(record(function, specs, donate))


def kinds(plan):
    return [type(kernel).__name__ for kernel in plan.kernels]


def letters(body):
    return [step.letter for step in body if isinstance(step, Apply)]


def training_step(w1, b1, w2, b2, x, y):
    def loss(parameters):
        hidden = cr.relu(cr.linear(x, parameters[0], parameters[1]))
        return cr.softmax_cross_entropy(cr.linear(hidden, parameters[2], parameters[3]), y)

    parameters = [w1, b1, w2, b2]
    value, gradients = cr.value_and_grad(loss)(parameters)
    return [value, *(p - 0.1 * g for p, g in zip(parameters, gradients, strict=True))]


def planned_step():
    shapes = [(FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,), (ROWS, FEATURES),
              (ROWS,)]  # fmt: skip
    donate = {1: 0, 2: 1, 3: 2, 4: 3}
    return planned(training_step, *shapes, donate=donate, dtypes=[F] * 5 + [np.dtype(np.int64)])


def test_a_training_step_is_ten_kernels():
    plan = planned_step()
    assert kinds(plan) == [
        "Bounds",  # the labels
        "Matmul",  # hidden = relu(x W1 + b1)
        "Matmul",  # scores = hidden W2 + b2
        "Row",  # softmax cross-entropy and its gradient
        "Row",  # the mean loss
        "Matmul",  # gradient of the hidden layer, and relu's mask
        "Matmul",  # W2
        "Row",  # b2
        "Matmul",  # W1
        "Row",  # b1
    ]
    assert plan.names[1] == "linear + relu"


def test_the_gradient_of_a_weight_is_never_stored():
    plan = planned_step()
    assert not any(b.place == "arena" and b.size == FEATURES * HIDDEN for b in plan.buffers)
    updated = {plan.buffers[k.stores[0].access.buffer].place for k in plan.kernels[6:9:2]}
    assert updated == {"input"}


def test_softmax_cross_entropy_and_its_gradient_take_three_passes_over_a_row():
    row = planned_step().kernels[3]
    assert isinstance(row, Row)
    assert (row.outer, row.inner) == ((ROWS,), (CLASSES,))
    assert [[r.kind for r in p.reductions] for p in row.passes] == [["max"], ["sum", "sum"], []]
    assert sum(letters(p.body).count("exp") for p in row.passes) == 1  # kept for the gradient


def test_the_mask_of_relu_is_computed_again_rather_than_stored():
    plan = planned_step()
    masked = plan.kernels[5]
    assert isinstance(masked, Matmul)
    assert letters(masked.body) == ["greater", "where"]
    assert not any(b.dtype == "bool" for b in plan.buffers)


def test_a_training_step_updates_its_inputs_in_place():
    plan = planned_step()
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=spec.shape).astype(spec.dtype) for spec in plan.inputs]
    inputs[5] = rng.integers(0, CLASSES, ROWS)
    with np.errstate(all="ignore"):
        eager = training_step(*[x.copy() for x in inputs])
    outputs = interpret(plan, inputs)
    for given, found, wanted in zip(inputs, outputs[1:], eager[1:], strict=False):
        assert found is given
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(outputs[0], eager[0], rtol=1e-5)


def test_elementwise_chains_are_one_loop():
    plan = planned(lambda x, y: [cr.tanh(x) * y + 2 * x], (3, 4), (3, 4))
    assert kinds(plan) == ["Pointwise"]
    assert plan.kernels[0].shape == (12,)  # one loop over all of it


def test_a_bias_keeps_its_axis_apart():
    plan = planned(lambda x, b: [cr.exp(x + b)], (2, 3, 4), (4,))
    assert plan.kernels[0].shape == (6, 4)


def test_layer_norm_is_one_kernel():
    plan = planned(lambda x: [cr.layer_norm(x)], (6, 8))
    assert kinds(plan) == ["Row"]


def test_a_batch_of_one_weight_is_one_product():
    plan = planned(lambda x, w, b: [cr.relu(x @ w + b)], (2, 5, 4), (4, 3), (3,))
    assert kinds(plan) == ["Matmul"]
    assert (plan.kernels[0].batch, plan.kernels[0].rows) == ((), 10)


def test_the_gradient_of_a_weight_of_a_batch_is_one_product_in_the_update():
    def step(w, x):
        return [w - 0.1 * cr.grad(lambda w: cr.sum(np.tanh(x @ w)))(w)]

    plan = planned(step, (4, 3), (5, 2, 4), donate={0: 0})
    assert kinds(plan) == ["Matmul", "Matmul"]
    assert (plan.kernels[1].rows, plan.kernels[1].depth, plan.kernels[1].columns) == (4, 10, 3)
    rng = np.random.default_rng(0)
    w, x = (rng.normal(size=spec.shape).astype(F) for spec in plan.inputs)
    wanted = step(w.copy(), x)[0]
    np.testing.assert_allclose(interpret(plan, [w, x])[0], wanted, rtol=1e-5, atol=1e-6)


def test_a_reduction_is_not_computed_twice_for_two_readers():
    plan = planned(
        lambda x, w: [(x - cr.mean(x, 1, True)) @ w, cr.mean(x, 1, True)], (6, 8), (8, 2)
    )
    rows = [kernel for kernel in plan.kernels if isinstance(kernel, Row)]
    assert sum(len(p.reductions) for row in rows for p in row.passes) == 1


def test_the_old_value_is_read_before_it_is_written_over():
    w, x = Array((3, 3), "float32", label="w"), Array((3, 3), "float32", label="x")
    new, product = Array((3, 3), "float32"), Array((3, 3), "float32")
    steps = (
        Map("subtract", (w.ref(), x.ref()), new),
        Product(x.ref(), w.ref(), product),  # recorded later, but it wants the old w
    )
    plan = make(Flow((w, x), (new.ref(), product.ref()), steps, {0: 0}))
    assert kinds(plan) == ["Matmul", "Pointwise"]


def test_an_update_that_its_own_input_still_needs_is_copied_at_the_end():
    w, new = Array((3, 2), "float32"), Array((3, 2), "float32")
    turned = Ref(w, (3, 2), (1, 3))
    flow = Flow((w,), (new.ref(),), (Map("add", (w.ref(), turned), new),), {0: 0})
    plan = make(flow)
    assert len(plan.kernels) == 2
    given = np.arange(6, dtype=np.float32).reshape(3, 2)
    wanted = given + given.reshape(-1)[[[0, 3], [1, 4], [2, 5]]]
    np.testing.assert_array_equal(interpret(plan, [given])[0], wanted)


def test_inputs_can_be_swapped_in_place():
    x, y = Array((4,), "float32"), Array((4,), "float32")
    plan = make(Flow((x, y), (y.ref(), x.ref()), (), {0: 0, 1: 1}))
    given = [np.zeros(4, np.float32), np.ones(4, np.float32)]
    interpret(plan, given)
    assert given[0].tolist() == [1.0] * 4
    assert given[1].tolist() == [0.0] * 4


def test_a_check_runs_before_its_readers_and_before_every_update():
    labels, w = Array((3,), "int64"), Array((3,), "float32")
    scaled, new = Array((3,), "float32"), Array((3,), "float32")
    steps = (
        Map("add", (w.ref(), w.ref()), new),
        Map("cast", (labels.ref(),), scaled),
        Bounds(labels.ref(), 0, 2, "label"),
    )
    plan = make(Flow((labels, w), (scaled.ref(), new.ref()), steps, {1: 1}))
    assert kinds(plan)[0] == "Bounds"
    with pytest.raises(cr.errors.IndexRangeError, match="label"):
        interpret(plan, [np.array([0, 1, 2]), np.ones(3, np.float32)])


def test_sums_of_nothing_and_products_over_nothing_are_numbers():
    x, total, product = (
        Array((0, 3), "float32"),
        Array((1, 3), "float32"),
        Array((3, 3), "float32"),
    )
    turned = Ref(x, (3, 0), (1, 3))
    steps = (Reduce("sum", x.ref(), (0,), total), Product(turned, x.ref(), product))
    plan = make(Flow((x,), (total.ref(), product.ref()), steps))
    assert kinds(plan) == ["Pointwise", "Pointwise"]
    for found in interpret(plan, [np.zeros((0, 3), np.float32)]):
        assert not found.any()


def test_zero_and_minus_zero_are_two_numbers():
    x, a, b, c = (Array((2,), "float32") for _ in range(4))
    zeros = [Number(0.0, "float32"), Number(-0.0, "float32")]
    steps = (
        Map("multiply", (x.ref(), zeros[0]), a),
        Map("multiply", (x.ref(), zeros[1]), b),
        Map("divide", (Number(1.0, "float32"), a.ref()), c),
    )
    plan = make(Flow((x,), (b.ref(), c.ref()), steps))
    found = interpret(plan, [np.ones(2, np.float32)])
    assert np.signbit(found[0]).all()
    assert (found[1] == np.inf).all()


@parametrize("seed", range(150), few=40)
def test_random_flows_compute_the_same_fused_and_step_by_step(seed):
    flow = Drawer(seed).flow(3 + seed % 25)
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=x.shape) for x in flow.inputs]
    with np.errstate(all="ignore"):
        wanted = evaluate(flow, [x.copy() for x in inputs])
    for together in (True, False):
        plan = make(flow, together=together)
        given = [x.copy() for x in inputs]
        for found, right in zip(interpret(plan, given), wanted, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9)
        for i, (now, before) in enumerate(zip(given, inputs, strict=True)):
            assert i in plan.updates.values() or np.array_equal(now, before)


@pytest.mark.parametrize("seed", range(20))
def test_a_flow_has_one_plan(seed):
    flow = Drawer(seed).flow(20)
    assert repr(make(flow)) == repr(make(flow))


def test_a_kernel_of_many_steps_ends_somewhere():
    x = Array((4,), "float32")
    steps, last = [], x
    for _ in range(500):
        out = Array((4,), "float32")
        steps.append(Map("tanh", (last.ref(),), out))
        last = out
    plan = make(Flow((x,), (last.ref(),), tuple(steps)))
    assert 5 < len(plan.kernels) < 12
    assert all(isinstance(kernel, Pointwise) for kernel in plan.kernels)

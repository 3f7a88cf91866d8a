"""The seeded faults are faults, where the corpora say they are; and the right ops are right.

Judged by differences of forward alone: no doctor is asked here.
"""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.testing.differences import difference_gradient, one_sided_slope
from tests.doctor import corpus, unseen
from tests.doctor.corpus.entry import fresh, normal

KINDS = {
    "constant_factor", "sign", "transposed", "swapped_inputs", "missing_fork_sum",
    "missing_broadcast_sum", "wrong_axis", "missing_term", "upstream_ignored",
    "not_linear_in_upstream", "wrong_shape", "wrong_dtype", "wrong_count", "none_returned",
    "shifted_index", "scatter_last_wins", "mutates_input", "stale_state", "nondeterministic",
    "double_backward", "precision", "non_finite", "wrong_at_kink",
}  # fmt: skip
BUGS = [*corpus.BUGS, *unseen.BUGS]
RIGHT = [*corpus.RIGHT, *unseen.RIGHT]
KINKED = {"Huber", "Hinge", "LeakyRelu", "Maxout", "MaxPool", "Length"}  # where they are tried
NO_NUMBERS = {"wrong_count", "mutates_input", "stale_state", "nondeterministic"}
RTOL = 1e-6

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some faults divide by 0


def named(entries):
    return [pytest.param(e, id=e.name.replace(" ", "-")) for e in entries]


def of_kind(*kinds):
    return named(bug for bug in BUGS if bug.kind in kinds)


@pytest.mark.parametrize(("each", "bugs", "ops"), [(corpus, 66, 16), (unseen, 62, 20)])
def test_each_corpus_is_as_wide_as_it_says(each, bugs, ops):
    assert len(each.BUGS) >= bugs
    assert len({family(bug) for bug in each.BUGS}) >= ops
    assert len({right.make for right in each.RIGHT}) >= 20
    assert len({bug.name for bug in each.BUGS}) == len(each.BUGS)


def test_few_faults_of_the_unseen_corpus_have_two_names():
    assert sum(len(bug.kinds) > 1 for bug in unseen.BUGS) <= 8


@pytest.mark.parametrize("each", [corpus, unseen])
def test_every_kind_stands_in_each_corpus_at_least_twice(each):
    counts = Counter(bug.kind for bug in each.BUGS)
    assert set(counts) == KINDS
    assert [kind for kind, count in counts.items() if count < 2] == []


@pytest.mark.parametrize("right", named(RIGHT))
def test_a_right_op_agrees_with_differences_or_lies_between_the_one_sided_slopes(right):
    op, inputs = right.make(), right.inputs
    upstream = upstream_of(op, inputs)
    for gradient, x in zip(gradients(op, inputs, upstream), inputs, strict=True):
        if x.dtype.kind == "f":
            assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype)
    assert wrong_inputs(op, inputs, upstream) == ()


@pytest.mark.parametrize("right", named(r for r in unseen.RIGHT if r.make.__name__ not in KINKED))
def test_a_right_op_without_a_kink_is_right_in_the_second_order(right):
    op, inputs = right.make(), right.inputs
    floats = tuple(x.astype(float) for x in inputs if x.dtype.kind == "f")
    labels = inputs[len(floats) :]  # integers stand last
    upstream = upstream_of(op, (*floats, *labels))
    for position in range(len(floats)):
        assert not wrong_second_order(lambda *xs: op(*xs, *labels), floats, position, upstream)


@pytest.mark.parametrize(
    "bug", of_kind(*KINDS - NO_NUMBERS - {"double_backward", "precision", "wrong_dtype"})
)
def test_a_wrong_gradient_is_wrong_at_the_inputs_named_and_nowhere_else(bug):
    op, inputs = bug.make(), bug.inputs
    assert wrong_inputs(op, inputs, upstream_of(op, inputs)) == bug.at


@pytest.mark.parametrize("bug", of_kind("wrong_dtype"))
def test_a_wrong_dtype_is_another_than_the_inputs(bug):
    op, inputs = bug.make(), bug.inputs
    found = gradients(op, inputs, upstream_of(op, inputs))
    (position,) = bug.at
    assert found[position].dtype != inputs[position].dtype


@pytest.mark.parametrize("bug", of_kind("wrong_count"))
def test_a_wrong_count_is_not_the_count_of_the_inputs(bug):
    op, inputs = bug.make(), bug.inputs
    assert len(gradients(op, inputs, upstream_of(op, inputs))) != len(inputs)


@pytest.mark.parametrize("bug", of_kind("mutates_input"))
def test_a_mutation_leaves_other_numbers_behind(bug):
    op, inputs = bug.make(), fresh(bug.inputs)
    upstream = upstream_of(bug.make(), bug.inputs)
    given = upstream.copy()
    op.backward(given, *inputs, value(op, *inputs))
    pairs = [(given, upstream), *zip(inputs, bug.inputs, strict=True)]
    assert not all(np.array_equal(after, before) for after, before in pairs)


@pytest.mark.parametrize("bug", of_kind("stale_state"))
def test_a_stale_state_shows_once_another_forward_ran(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(bug.make(), inputs)
    value(op, *(x + 1.0 for x in inputs))
    out = value(op, *inputs)
    before = op.backward(upstream, *inputs, out)[0]
    value(op, *(x * 2.0 for x in inputs))
    after = op.backward(upstream, *inputs, out)[0]
    right = True if bug.name == "centred_with_a_memory" else np.array_equal(before, after)
    assert (right and is_wrong(op, inputs, 0, upstream, after)) or not right


@pytest.mark.parametrize("bug", of_kind("nondeterministic"))
def test_chance_gives_two_gradients_for_one_question(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(op, inputs)
    first, *others = (gradients(op, inputs, upstream)[0] for _ in range(20))
    # Twenty, since two masks of eight elements are the same once in 256 times.
    assert not all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("bug", of_kind("precision"))
def test_a_loss_of_digits_shows_beside_the_same_op_without_the_fault(bug):
    upstream = upstream_of(bug.make(), bug.inputs)
    found = gradients(bug.make(), bug.inputs, upstream)[0]
    right = gradients(bug.make.__mro__[1](), bug.inputs, upstream)[0]
    assert np.max(np.abs(found - right) / np.abs(right)) > 1e-6
    assert_allclose(found, right, rtol=1e-3, atol=1e-16)


@pytest.mark.parametrize("bug", of_kind("double_backward"))
def test_a_wrong_double_backward_is_right_in_the_first_order_only(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(op, inputs)
    found = gradients(op, inputs, upstream)
    for position in range(len(inputs)):
        assert not is_wrong(op, inputs, position, upstream, found[position])
        assert wrong_second_order(op, inputs, position, upstream) == (position in bug.at)


def test_the_tails_of_the_right_ops_are_known_in_closed_form():
    for right in corpus.RIGHT:
        if right.name in {"Sigmoid far out", "Expm1 far out", "Tanh far out", "Softplus far out"}:
            op, x = right.make(), right.inputs[0]
            slopes = gradients(op, (x,), np.ones_like(x))[0]
            far = np.abs(x) == {"Tanh": 20.0}.get(right.name.split()[0], 40.0)
            factor = 4.0 if right.name.startswith("Tanh") else 1.0
            assert_allclose(slopes[far], factor * np.exp(-40.0), rtol=1e-14)


# ----------------------------------------------------------------------------------- judging


def family(bug):
    """The op that a fault was seeded in; a function is one of its own."""
    made = type(bug.make())
    if not issubclass(made, cr.Op):
        return bug.make
    return made.__mro__[1] if made.__mro__[1] is not cr.Op else made


def upstream_of(op, inputs):
    out = np.asarray(value(op, *fresh(inputs)))
    return normal(7, *out.shape, dtype=out.dtype)


def value(op, *inputs):
    return op.forward(*inputs) if isinstance(op, cr.Op) else op(*inputs)


def gradients(op, inputs, upstream):
    inputs = fresh(inputs)
    if not isinstance(op, cr.Op):
        return list(cr.vjp(op, *inputs)[1](upstream))
    entries = op.backward(upstream.copy(), *inputs, value(op, *inputs))
    return [g if g is None else np.asarray(g) for g in entries]


def wrong_inputs(op, inputs, upstream):
    """Inputs whose gradient is wrong; a tie paid twice is wrong in all that tie."""
    found = gradients(op, inputs, upstream)
    floats = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
    wrong = [i for i in floats if is_wrong(op, inputs, i, upstream, found[i])]
    if wrong or all(pays_once(op, inputs, floats, unit) for unit in unit_upstreams(upstream)):
        return tuple(wrong)
    return tuple(floats)


def is_wrong(op, inputs, position, upstream, found):
    """Whether an entry is neither the slope nor between the slopes of the two sides."""
    x = inputs[position]
    if found is None or found.shape != x.shape:
        return True
    projected = projection(op, inputs, upstream)
    central = difference_gradient(
        lambda moved: projected(*set_at(inputs, position, moved)), x.astype(float)
    )
    rtol = tolerance(inputs)
    for place in np.ndindex(x.shape):
        if np.isclose(found[place], central[place], rtol=rtol, atol=rtol):
            continue
        unit = np.zeros(x.shape)
        unit[place] = 1.0
        directions = [unit if i == position else 0 for i in range(len(inputs))]
        if not between(projected, inputs, directions, found[place]):
            return True
    return False


def pays_once(op, inputs, floats, upstream):
    """Whether all inputs moved together give one result the slope that the gradients add up to."""
    found = gradients(op, inputs, upstream)
    if any(found[i].shape != inputs[i].shape for i in floats):
        return True  # that is another fault
    directions = [1 if i in floats else 0 for i in range(len(inputs))]
    total = sum(found[i].sum() for i in floats)
    return between(projection(op, inputs, upstream), inputs, directions, total)


def unit_upstreams(upstream):
    for place in np.ndindex(upstream.shape):
        unit = np.zeros_like(upstream)
        unit[place] = 1
        yield unit


def projection(op, inputs, upstream):
    return lambda *moved: float(np.sum(upstream * value(op, *in_float64(moved))))


def between(projected, inputs, directions, slope):
    def along(h):
        pairs = zip(in_float64(inputs), directions, strict=True)
        return projected(*(x if np.isscalar(d) and d == 0 else x + h * d for x, d in pairs))

    sides = [one_sided_slope(along, 0.0, side) for side in (-1, 1)]
    slack = max(1e-4, tolerance(inputs)) * (1 + max(map(abs, sides)))
    return min(sides) - slack <= slope <= max(sides) + slack


def in_float64(inputs):
    return tuple(x.astype(float) if x.dtype.kind == "f" else x for x in map(np.asarray, inputs))


def tolerance(inputs):
    """Of a difference: looser in float32, and where the digits go into a large mean."""
    if any(x.dtype == np.float32 for x in inputs):
        return 1e-5
    return RTOL if all(np.max(np.abs(x), initial=0.0) < 1e5 for x in inputs) else 1e-3


def wrong_second_order(op, inputs, position, upstream):
    """Whether the gradient in one input has a wrong gradient of its own, in any input."""
    weights = normal(8, *inputs[position].shape)

    def along(*moved):
        first = cr.grad(lambda x: cr.sum(op(*set_at(moved, position, x)) ** 2 * upstream))
        return cr.sum(first(moved[position]) * weights)

    found = cr.grad(along, argnums=tuple(range(len(inputs))))(*inputs)
    for i, x in enumerate(inputs):
        truth = difference_gradient(lambda z, i=i: float(along(*set_at(inputs, i, z))), x)
        if not np.allclose(found[i], truth, rtol=RTOL, atol=RTOL):
            return True
    return False


def set_at(inputs, position, x):
    return tuple(x if i == position else y for i, y in enumerate(inputs))

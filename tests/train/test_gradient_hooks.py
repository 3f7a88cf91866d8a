"""Gradient hooks run between the backward walk and the update, in the order they are given."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError, DTypeError, EagerWarning, InPlaceError, ShapeError
from chainrule.plan.kinds.opaque import Opaque
from chainrule.train import Program, fit

from .nets_of_streams import halved
from .small_nets import OPTIMIZERS, apart, data, net

MODES = pytest.mark.parametrize("compiled", [False, True])
X, LABELS, _ = data("float64")


def trained(hooks=(), compiled=True, rule=None, **settings):
    model = net("float64")
    history = fit(
        model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=rule or optim.SGD(0.05),
        epochs=2, gradient_hooks=hooks, compiled=compiled, **settings,
    )  # fmt: skip
    return model.state(), history


@MODES
def test_hooks_run_one_after_the_other_and_clipping_last(compiled):
    plus = lambda gradients: [g + 1.0 for g in gradients]  # noqa: E731
    twice = lambda gradients: [g * 2.0 for g in gradients]  # noqa: E731
    joined = lambda gradients: optim.ClipNorm(0.3)([(g + 1.0) * 2.0 for g in gradients])  # noqa: E731
    one, _ = trained([plus, twice], compiled, clip=0.3)
    other, _ = trained([joined], compiled)
    turned, _ = trained([twice, plus], compiled, clip=0.3)
    assert apart(one, other) < 1e-13
    assert apart(one, turned) > 1e-3


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_eager_and_compiled_steps_take_the_same_hooks(rule):
    states = [trained([halved], compiled, OPTIMIZERS[rule]())[0] for compiled in (False, True)]
    assert apart(*states) < 1e-11


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_a_bucket_that_changes_nothing_leaves_the_same_bits():
    class AllReduce(cr.Op):
        def forward(self, bucket):
            calls.append(bucket.size)
            out = np.empty_like(bucket)
            np.multiply(bucket, 1.0, out=out)  # comm.Allreduce(bucket, out) / ranks
            return out

    def mean(gradients):
        bucket = AllReduce()(cr.concatenate([cr.reshape(g, (-1,)) for g in gradients], 0))
        ends = np.cumsum([0, *(g.size for g in gradients)])
        pairs = zip(gradients, ends, strict=False)
        return [cr.reshape(bucket[int(end) : int(end) + g.size], g.shape) for g, end in pairs]

    calls, states = [], []
    for hooks in ((), [mean]):
        model = net("float32")
        program = Program(model, cr.softmax_cross_entropy, optim.Adam(), gradient_hooks=hooks)
        program.epoch(X.astype("float32"), LABELS)
        states.append(model.state())
    assert apart(*states) == 0
    kernels = program.plan(X[:32].astype("float32"), LABELS[:32]).kernels
    assert [type(kernel) for kernel in kernels].count(Opaque) == 1
    assert set(calls) == {sum(p.size for p in model.parameters().values())}


@MODES
def test_the_history_shows_the_gradients_after_the_hooks(compiled):
    _, plain = trained(compiled=compiled, batch_size=96)
    _, hooked = trained([halved], compiled, batch_size=96)
    for name, norm in plain.epochs[0].gradient_norm.items():
        assert hooked.epochs[0].gradient_norm[name] == pytest.approx(norm / 2, rel=1e-12)


def twice_the_first(gradients):
    return [gradients[0] * 2.0, *gradients[1:]]


@MODES
def test_lbfgs_is_given_the_gradients_after_the_hooks(compiled):
    def run(*hooks, compiled=compiled):
        return trained(hooks, compiled, optim.LBFGS(), batch_size=96)[0]

    assert apart(run(), run(twice_the_first)) > 1e-6
    assert apart(run(twice_the_first), run(twice_the_first, compiled=not compiled)) < 1e-9


@MODES
@pytest.mark.filterwarnings("ignore::chainrule.errors.EagerWarning")
@pytest.mark.parametrize(
    ("hook", "error", "words"),
    [
        (lambda gradients: gradients[1:], ArgumentError, "as many gradients"),
        (lambda gradients: None, ArgumentError, "returned NoneType"),
        (lambda gradients: [g.sum() for g in gradients], ShapeError, "changed the shape"),
    ],
)
def test_a_hook_that_returns_something_else_is_refused(hook, error, words, compiled):
    with pytest.raises(error, match=words):
        trained([hook], compiled)


@pytest.mark.parametrize("hooks", [halved, [3], "clip"])
def test_hooks_that_are_no_list_of_functions_are_refused(hooks):
    with pytest.raises(ArgumentError, match="gradient_hooks"):
        trained(hooks)
    with pytest.raises(ArgumentError, match="gradient_hooks"):
        Program(nn.MLP([2, 2]), cr.squared_error, optim.SGD(), gradient_hooks=hooks)


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_compiled_steps_follow_a_hook_that_changes():
    limits = {"largest": 0.5}

    def clipped(gradients):
        return [cr.clip(g, -limits["largest"], limits["largest"]) for g in gradients]

    class Narrower(cr.train.Callback):
        def on_epoch_end(self, state):
            limits["largest"] = 1e-3

    states = []
    for compiled in (False, True):
        limits["largest"] = 0.5
        states.append(trained([clipped], compiled, callbacks=[Narrower()])[0])
    assert apart(*states) < 1e-13


def twice_in_place(gradients):
    for gradient in gradients:
        gradient *= 2.0
    return gradients


@pytest.mark.parametrize("before", [[], [halved]])
def test_a_hook_that_writes_in_place_is_never_left_out_silently(before):
    """A symbol would only get another name by ``*=``, and the compiled step would do nothing."""
    expected, _ = trained([*before, lambda gradients: [g * 2.0 for g in gradients]])
    with pytest.warns(EagerWarning, match="in place"):
        found, history = trained([*before, twice_in_place])
    assert apart(found, expected) < 1e-13
    assert not history.compiled
    program = Program(
        net("float64"), cr.softmax_cross_entropy, optim.SGD(0.05),
        gradient_hooks=[*before, twice_in_place],
    )  # fmt: skip
    with pytest.raises(InPlaceError, match="gradient hook"):
        program.step(X[:32], LABELS[:32])


def test_a_hook_in_place_changes_each_of_two_equal_gradients_once():
    class Sum(nn.Module):
        def __init__(self):
            self.a, self.b = cr.parameter(np.ones(3)), cr.parameter(np.ones(3))

        def forward(self, x):
            return x * (self.a + self.b)

    x, states = np.ones((4, 3)), []
    for hook in (twice_in_place, lambda gradients: [g * 2.0 for g in gradients]):
        model = Sum()
        fit(model, (x, 0 * x), loss=cr.squared_error, optimizer=optim.SGD(0.1), epochs=1,
            gradient_hooks=[hook], compiled=False)  # fmt: skip
        states.append(model.state())
    assert apart(*states) == 0


@MODES
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_a_hook_may_return_another_element_type(dtype, compiled):
    ones = lambda gradients: [np.ones(g.shape, dtype) for g in gradients]  # noqa: E731
    plain = lambda gradients: [0.0 * g + 1.0 for g in gradients]  # noqa: E731
    found, history = trained([ones], compiled)
    assert apart(found, trained([plain], compiled)[0]) < 1e-13
    assert history.compiled == compiled
    assert {array.dtype for array in found.values()} == {np.dtype("float64")}


@pytest.mark.parametrize("returned", [None, 1j, "text"])
def test_a_hook_that_returns_no_real_number_for_a_single_number_is_refused(returned):
    class Scaled(nn.Module):
        def __init__(self):
            self.by = cr.parameter(np.float64(1.0))

        def forward(self, x):
            return x * self.by

    with pytest.raises((ShapeError, DTypeError), match="gradient hook"):
        fit(Scaled(), (X, X), loss=cr.squared_error, optimizer=optim.SGD(0.1), epochs=1,
            gradient_hooks=[lambda gradients: [returned]], compiled=False)  # fmt: skip

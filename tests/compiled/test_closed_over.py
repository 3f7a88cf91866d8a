"""What a compiled function closes over: inputs where it learns, guards elsewhere."""

import functools
import threading
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.ops import random
from tests.compiled.following import RNG, V, X, eager, follows, net
from tests.thorough import crossed

MODEL: Any = None


class Wrapper:
    def __init__(self, model):
        self.model = model

    def __call__(self, x):
        return self.model(x)

    def method(self, x):
        return self.model(x)


FORMS = {
    "the module": lambda m: m,
    "its call": lambda m: m.__call__,
    "a lambda": lambda m: lambda x: m(x),  # noqa: PLW0108  a form of its own
    "a partial": lambda m: functools.partial(lambda m, x: m(x), m),
    "a method": lambda m: Wrapper(m).method,
    "a callable": Wrapper,
    "a dict": lambda m: lambda x, nets={"a": [m]}: nets["a"][0](x),
    "layer by layer": lambda m: lambda x: functools.reduce(lambda x, f: f(x), m.layers, x),
    "its forward": lambda m: lambda x: m.forward(x, nn.run.EVALUATION),
}


def step(m):
    loss = (m(X, training=random.key(0)) ** 2).sum()
    loss.backward()
    for p in m.parameters().values():
        p.data = p.data - 0.01 * p.grad


CHANGES = {
    "data": lambda m: setattr(m.layers[0].weight, "data", np.full((3, 4), 0.3)),
    "write": lambda m: m.layers[0].bias.write(0.7),
    "a step": step,
    "an optimiser": lambda m: cr.fit(m, (X, X[:, :2]), loss=cr.squared_error, epochs=1,
                                     optimizer=cr.optim.Adam(0.1), validation=None),
    "load_state": lambda m: m.load_state({name: a + 1 for name, a in m.state().items()}),
    "a new parameter": lambda m: setattr(
        m.layers[0], "weight", cr.parameter(np.ones((3, 4), "float32"))
    ),
    "a written buffer": lambda m: m.write_buffers({"layers.1.running_mean": np.ones(4)}),
    "a buffer in place": lambda m: m.layers[1].running_variance.fill(4.0),
    "a new buffer": lambda m: setattr(m.layers[1], "running_mean", np.full(4, 2, "float32")),
    "initialize": lambda m: m.initialize(7),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
@crossed("form, change", FORMS, CHANGES)
def test_parameters_and_buffers_are_read_at_every_call(form, change):
    model = net()
    function = FORMS[form](model)
    # The layers of a net whose forward is called by hand are no copies: buffers are constants.
    recordings = None if form == "its forward" else 1
    follows(cr.compile(function), function, [lambda: CHANGES[change](model)] * 2, (X,), recordings)


@pytest.mark.parametrize("module", [
    nn.Sequential(nn.Embedding(5, 3), nn.LayerNorm(3), nn.Dropout(0.5), nn.Linear(3, 2)),
    nn.MLP([5, 4, 2]),
    nn.Sequential(nn.Linear(5, 3), nn.BatchNorm(3)),
], ids=["embedding", "mlp", "batchnorm"])  # fmt: skip
def test_every_parameter_and_buffer_of_a_net_counts(module):
    is_indexed = isinstance(module.layers[0], nn.Embedding)
    x = np.array([0, 3, 4]) if is_indexed else RNG.normal(size=(6, 5)).astype("float32")
    function = cr.compile(module)
    function(x)
    for path, array in module.state().items():
        before = function(x)
        module.load_state(module.state() | {path: array + 0.5 + np.arange(array.size).reshape(
            array.shape)})  # fmt: skip
        assert not np.allclose(function(x), before), path
        assert_allclose(function(x), eager(module, x), rtol=1e-4)
    assert repr(function).endswith("1 recordings>")


def test_another_model_under_the_same_name_is_the_one_that_runs():
    global MODEL  # noqa: PLW0603  what is tested
    MODEL = net()
    function = cr.compile(lambda x: MODEL(x))  # noqa: PLW0108  the name is looked up
    assert_allclose(function(X), eager(MODEL, X), rtol=1e-5)
    for other, recordings in ((net(3), 1), (net(4), 1), (nn.MLP([3, 8, 2]), 2), (net(5), 2)):
        MODEL = other
        assert_allclose(function(X), eager(MODEL, X), rtol=1e-5)
        assert repr(function).endswith(f"{recordings} recordings>")


def test_what_a_layer_is_made_of_is_guarded():
    model = net()
    function = cr.compile(model)
    function(X)
    model.layers[1].eps = 0.5
    assert_allclose(function(X), eager(model, X), rtol=1e-5)
    model.layers = (*model.layers[:2], nn.Tanh(), model.layers[3])
    assert_allclose(function(X), eager(model, X), rtol=1e-5)


class Scaled(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(3, 2)
        self.scale, self.shift, self.calls = 2.0, np.ones(2, "float32"), 0

    @cr.compile
    def forward(self, x):
        return self.layer(x) * self.scale + self.shift

    def plain(self, x):
        return self.layer(x) * self.scale + self.shift


def test_a_compiled_method_reads_its_object():
    model = Scaled()

    def rebound():
        model.layer = nn.Linear(3, 2)
        model.layer.weight.data = np.full((3, 2), 2.0)

    follows(
        lambda x: model.forward(x),  # noqa: PLW0108  bound anew
        model.plain,
        [
            lambda: setattr(model, "scale", 3.0),
            lambda: setattr(model.layer.weight, "data", np.ones((3, 2))),
            lambda: setattr(model, "shift", np.zeros(2, "float32")),
            lambda: model.shift.fill(7),
            lambda: setattr(model, "calls", 9),  # which no code reads
            rebound,
        ],
        (X,),
        None,
    )
    assert repr(Scaled.forward).endswith("2 recordings>")
    assert "matmul" in model.forward.plan(X).show() or "linear" in model.forward.plan(X).show()
    assert model.forward.verify(X).ulp < 64


class Base:
    gain: Any = 1.0

    def __init__(self):
        self.w = cr.parameter(V)

    @cr.compile
    def scores(self, x):
        return x * self.w * self.gain

    def plain(self, x):
        return x * self.w * self.gain


class Derived(Base):
    def scores(self, x):
        return super().scores(x) * 2


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_a_method_of_any_class_reads_its_object_and_its_class():
    thing, derived = Base(), Derived()
    follows(
        thing.scores,
        thing.plain,
        [
            lambda: setattr(thing, "w", cr.parameter(5 * V)),
            lambda: setattr(thing.w, "data", V),
            lambda: setattr(Base, "gain", 3.0),
            lambda: setattr(thing, "gain", 4.0),
        ],
        (V,),
        None,
    )
    Base.gain = 1.0
    derived.w.data = 2 * V
    assert_allclose(derived.scores(V), 4 * V * V)


def test_a_function_without_arguments_reads_its_parameters():
    w = cr.parameter(V)
    function = cr.compile(lambda: (w**2).sum())  # noqa: PLW0108  an op inside
    assert_allclose(function(), (V**2).sum())
    w.data = 2 * V
    assert_allclose(function(), 4 * (V**2).sum())


def test_a_parameter_may_be_a_result_and_data_is_its_value():
    w = cr.parameter(V)
    function = cr.compile(lambda x: (w, w.data * 2, w > 2))
    w.data = -V
    found = function(V)
    w.data = 3 * V
    assert_array_equal(found[0], -V)
    for x, y in zip(function(V), (3 * V, 6 * V, 3 * V > 2), strict=True):
        assert_array_equal(x, y)


def test_what_has_no_gradient_is_read_at_every_call_too():
    w = cr.parameter(V)

    def function(x):
        with cr.no_grad():
            size = (w**2).sum()
        return x * size + cr.stop_gradient(w) + np.sign(w) + np.where(w > 0, x, 0.0)

    follows(cr.compile(function), function, [lambda: w.write(-2.0)], (V,))


@pytest.mark.parametrize("kind", ["by the parameter", "by the argument", "penalty"])
def test_gradients_inside_follow_the_parameters(kind):
    w = cr.parameter(V)
    of_w = lambda w, x: (np.sin(x) * w**2).sum()  # noqa: E731
    functions = {
        "by the parameter": lambda x: cr.value_and_grad(of_w)(w, x)[1],
        "by the argument": lambda x: cr.grad(of_w, argnums=1)(w, x),
        "penalty": lambda x: (cr.grad(lambda z: of_w(w, z))(x) ** 2).sum(),
    }
    expected = {
        "by the parameter": lambda w, x: 2 * w * np.sin(x),
        "by the argument": lambda w, x: np.cos(x) * w**2,
        "penalty": lambda w, x: ((np.cos(x) * w**2) ** 2).sum(),
    }[kind]
    function = cr.compile(functions[kind])
    for value in (V, 2 * V, -V):
        w.data = value
        assert_allclose(function(V), expected(value, V))
    assert repr(function).endswith("1 recordings>")


def test_a_training_run_with_a_key_finds_the_same_statistics():
    model = net()
    function = cr.compile(lambda x, key: model.run(x, training=key))
    for mean in (0.0, 5.0):
        model.layers[1].running_mean.fill(mean)
        out, updates = function(X, random.key(1))
        expected, wanted = model.run(X, training=random.key(1))
        assert_allclose(out, expected.data, rtol=1e-5)
        assert set(updates) == set(wanted)
        for name, array in wanted.items():
            assert_allclose(updates[name], array, rtol=1e-5)


def test_a_buffer_that_the_function_looks_at_is_guarded_by_value():
    class Masked(nn.Module):
        def __init__(self):
            self.weight = cr.parameter(np.ones(3, "float32"))
            self.mask = np.array([True, False, True])

        def forward(self, x):
            return x * self.weight if self.mask.all() else x[:, self.mask]

    model = Masked()
    function = cr.compile(model)
    assert_array_equal(function(X), X[:, [0, 2]])
    model.mask[1] = True
    assert_array_equal(function(X), X)


def test_threads_with_nets_of_their_own_share_one_recording():
    function, wrong = cr.compile(lambda model, x: model(x)), []

    def work(seed):
        model = net(seed)
        with cr.no_grad():
            for i in range(20):
                model.layers[0].weight.data = np.full((3, 4), 0.1 * (seed + i))
                if not np.allclose(function(model, X), eager(model, X), rtol=1e-4):
                    wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert repr(function).endswith("1 recordings>")


def test_eight_threads_read_whole_values_while_another_writes():
    w = cr.parameter(np.zeros(64))
    function, done, wrong = cr.compile(lambda x: x * w + w), threading.Event(), []
    ones = np.ones(64)
    function(ones)

    def work():
        while not done.is_set():
            found = function(ones)
            if not np.all(found == found[0]):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for i in range(40):
        w.data = np.full(64, float(i))
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong

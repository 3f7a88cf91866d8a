"""What a compiled function closes over: inputs where it learns, guards elsewhere."""

import collections
import contextvars
import functools
import threading
import types
from array import array as numbers
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn
from chainrule.errors import RecordingWarning
from chainrule.ops import random

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3)).astype("float32")
V = np.array([1.0, 2.0, 3.0])
MODEL: Any = None
SCALE: Any = 2.0
VECTOR: Any = cr.parameter(V)


def net(seed=1):
    made = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.ReLU(), nn.Linear(4, 2))
    made.initialize(seed)
    return made


def eager(function, *args):
    with cr.no_grad():
        return np.asarray(function(*args))


def follows(compiled, function, changes, args, recordings=1):
    """Whether the compiled function gives arrays, and the right ones after every change."""
    assert type(compiled(*args)) in (np.ndarray, np.float64, np.float32)
    for change in (lambda: None, *changes):
        change()
        for _ in range(2):
            assert_allclose(compiled(*args), eager(function, *args), rtol=1e-5)
    if recordings is not None:
        assert repr(compiled).endswith(f"{recordings} recordings>")


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
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("form", FORMS)
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


def helper(x):
    return x * SCALE


def test_globals_are_followed_in_the_functions_that_are_called_too():
    def scaled():
        global SCALE  # noqa: PLW0603  what is tested
        SCALE = 3.0

    def redefined():
        global helper  # noqa: PLW0603  what is tested

        def helper(x):
            return x - SCALE

    def reference(x):
        return helper(x) + VECTOR

    follows(
        cr.compile(lambda x: helper(x) + VECTOR),
        reference,
        [scaled, redefined, lambda: VECTOR.write(9.0)],
        (V,),
        3,
    )


CONTAINERS: Any = {
    "mapping proxy": types.MappingProxyType,
    "chain map": collections.ChainMap,
    "user dict": collections.UserDict,
    "ordered dict": collections.OrderedDict,
}
BUFFERS: Any = {"bytes": bytearray, "array of numbers": lambda held: numbers("i", held)}
RATE: contextvars.ContextVar[float] = contextvars.ContextVar("rate")


def values(kind):
    """A function over one closed-over value, and changes of it."""
    if kind == "small array":
        a = np.ones(3)
        return lambda x: x * a + a.sum(), [lambda: a.fill(2), lambda: a.__setitem__(1, 5.0)]
    if kind == "large array":
        a = np.ones(40_000)
        return lambda x: x * a[:3] + a.mean(), [
            lambda: a.__setitem__(30_000, 1e6),
            lambda: a.__setitem__(1, -1e6),
        ]
    if kind == "number in a list":
        a = [1.0]
        return lambda x: x * a[0], [lambda: a.__setitem__(0, -0.0), lambda: a.insert(0, 3.0)]
    if kind == "nested dict":
        a = {"a": {"b": [2]}, "c": {4}}
        return lambda x: x * a["a"]["b"][0] + len(a["c"]), [
            lambda: a["a"]["b"].__setitem__(0, 3),
            lambda: a["c"].add(5),
            lambda: a.__setitem__("a", {"b": [7]}),
        ]
    if kind == "default":
        box = [1.0]

        def function(x, scale=box, *, shift={"by": 2.0}):  # noqa: B006  changed on purpose
            return x * scale[0] + shift["by"]

        return function, [
            lambda: box.__setitem__(0, 4.0),
            lambda: function.__kwdefaults__["shift"].__setitem__("by", 6.0),
            lambda: setattr(function, "__defaults__", ([7.0],)),
            lambda: setattr(function, "__kwdefaults__", {"shift": {"by": 8.0}}),
        ]
    if kind == "code":  # what a reloader puts into the function that stands

        def inner(x):
            return x * 2.0

        return lambda x: inner(x) + 1.0, [
            lambda: setattr(inner, "__code__", (lambda x: x * 3.0).__code__)
        ]
    if kind == "name made up":
        a, part = types.SimpleNamespace(rate=1.0), "ra"
        return lambda x: x * getattr(a, part + "te"), [lambda: setattr(a, "rate", 2.0)]
    if kind == "deque":
        a = collections.deque([1.0])
        return lambda x: x * a[0], [
            lambda: a.appendleft(2.0), lambda: a.__setitem__(0, 3.0)]  # fmt: skip
    if kind in CONTAINERS:
        held = {"rate": 1.0}
        a = CONTAINERS[kind](held)
        owner = held if kind == "mapping proxy" else a
        return lambda x: x * a["rate"], [lambda: owner.__setitem__("rate", 2.0)]
    if kind in BUFFERS:
        a = BUFFERS[kind]([1, 2])
        return lambda x: x * a[0] + len(a), [lambda: a.__setitem__(0, 3), lambda: a.append(4)]
    if kind == "context variable":
        return lambda x: x * RATE.get(1.0), [lambda: RATE.set(2.0), lambda: RATE.set(3.0)]
    if kind == "slots":

        class Slotted:
            __slots__ = ("w",)

        a = Slotted()
        a.w = 2.0
        return lambda x: x * a.w, [
            lambda: setattr(a, "w", 3.0), lambda: setattr(a, "w", cr.parameter(V)),
            lambda: a.w.write(4.0),
        ]  # fmt: skip
    a, b = [cr.parameter(V)], [cr.parameter(V)]  # two that become one, and part again
    return lambda x: x * a[0] + b[0], [
        lambda: b.__setitem__(0, a[0]),
        lambda: a[0].write(2.0),
        lambda: a.__setitem__(0, cr.parameter(3 * V)),
    ]


@pytest.mark.parametrize("kind", [
    "small array", "large array", "number in a list", "nested dict", "default", "code",
    "name made up", "slots", "shared", "deque", *CONTAINERS, *BUFFERS, "context variable",
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_a_changed_value_means_a_new_recording(kind):
    function, changes = values(kind)
    follows(cr.compile(function), function, changes, (V,), None)


def test_what_moves_between_two_lists_is_noticed():
    a, b = [cr.parameter(V)], []
    function = cr.compile(lambda x: x * (len(a) + 2 * len(b)) * [*a, *b][0])
    once = function(V)
    b.append(a.pop())
    assert_allclose(function(V), 2 * once)


def test_a_value_that_changes_all_the_time_is_said():
    box = [0.0]
    function = cr.compile(lambda x: x * box[0])
    for i in range(3):
        box[0] = float(i)
        function(V)
    box[0] = 9.0
    with pytest.warns(RecordingWarning, match="values that it closes over"):
        assert_allclose(function(V), 9 * V)


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

"""The step over many parameters: in place, only with fresh gradients, and resumable."""

import copy

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.errors import ArgumentError, NoGradientError, ShapeError, StaleValueError

OPTIMIZERS = [
    optim.SGD,
    lambda: optim.SGD(momentum=0.9),
    optim.RMSProp,
    optim.Adagrad,
    optim.Adam,
    optim.AdamW,
]


def two():
    w = cr.parameter(np.array([[1.0, -2.0]]), "w")
    b = cr.parameter(np.array([0.5]), "b")
    return {"layer.w": w, "layer.b": b}


def backward(parameters, factor=1.0):
    sum((p * p).sum() * factor for p in parameters.values()).backward()


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_step_writes_into_the_same_array_and_lowers_the_loss(make):
    parameters, optimizer = two(), make()
    storage = {name: p.value for name, p in parameters.items()}
    before = sum(float((p.data**2).sum()) for p in parameters.values())
    for _ in range(5):
        backward(parameters)
        optimizer.step(parameters)
    for name, p in parameters.items():
        assert p.value is storage[name]
        assert p.value.ctypes.data % 64 == 0
    assert sum(float((p.data**2).sum()) for p in parameters.values()) < before
    assert optimizer.steps == 5


def test_a_mapping_a_list_and_an_iterator_are_the_same():
    found = []
    for form in (dict, lambda p: list(p.values()), lambda p: iter(p.values())):
        parameters, optimizer = two(), optim.Adam(0.1)
        for _ in range(3):
            backward(parameters)
            optimizer.step(form(parameters))
        found.append([p.data.tolist() for p in parameters.values()])
    assert found[0] == found[1] == found[2]


def test_a_parameter_given_twice_is_updated_once():
    p = cr.parameter(np.ones(2))
    p.gradient = np.ones(2)
    optim.SGD(0.5).step({"a": p, "b": p})
    assert p.data.tolist() == [0.5, 0.5]


def test_a_gradient_is_used_once():
    parameters, optimizer = two(), optim.SGD()
    backward(parameters)
    optimizer.step(parameters)
    before = parameters["layer.w"].data.copy()
    with pytest.raises(NoGradientError) as caught:
        optimizer.step(parameters)
    assert caught.value.short() == (
        "layer.w, layer.b have no fresh gradient, so SGD cannot update them.\n"
        "    layer.w   (1, 2)      float64  gradient already used\n"
        "    layer.b   (1,)        float64  gradient already used\n"
        'Call loss.backward() before each step, or pass missing="skip" if it is meant.'
    )
    np.testing.assert_array_equal(parameters["layer.w"].data, before)


def test_looking_at_a_spent_gradient_does_not_make_it_fresh():
    parameters, optimizer = two(), optim.SGD()
    backward(parameters)
    optimizer.step(parameters)
    assert parameters["layer.w"].grad is not None
    with pytest.raises(NoGradientError):
        optimizer.step(parameters)


def test_nothing_changes_when_one_gradient_is_missing():
    parameters, optimizer = two(), optim.Adam()
    (parameters["layer.w"] * 2.0).sum().backward()
    with pytest.raises(NoGradientError, match=r"^layer\.b has no fresh gradient.*update it"):
        optimizer.step(parameters)
    assert parameters["layer.w"].data.tolist() == [[1.0, -2.0]]
    assert optimizer.steps == 0


def test_skipping_leaves_the_parameter_and_its_state_alone():
    parameters, optimizer = two(), optim.Adam(0.1)
    for _ in range(4):
        (parameters["layer.w"] * 2.0).sum().backward()
        optimizer.step(parameters, missing="skip")
    assert parameters["layer.b"].data.tolist() == [0.5]
    backward(parameters)
    optimizer.step(parameters)
    # The first update of a parameter is debiased as a first one, however late it comes.
    np.testing.assert_allclose(parameters["layer.b"].data, [0.4], rtol=1e-7)
    assert optimizer.state()["layer.w/steps"] == 5
    assert optimizer.state()["layer.b/steps"] == 1


def test_the_rate_of_one_step_may_differ():
    parameters, optimizer = two(), optim.SGD(0.1)
    backward(parameters)
    optimizer.step(parameters, rate=0.5)
    assert parameters["layer.w"].data.tolist() == [[0.0, 0.0]]
    assert optimizer.rate == 0.1


def test_a_backward_through_the_older_value_names_the_optimiser():
    p = cr.parameter(np.ones(2), "p")
    loss = (p * p).sum()
    loss.backward()
    optim.SGD().step([p])
    with pytest.raises(StaleValueError, match=r"changed at SGD\.step\(\)"):
        loss.backward()


def test_gradients_in_any_order_of_memory_are_taken():
    for make in OPTIMIZERS:
        found = []
        for layout in (np.ascontiguousarray, np.asfortranarray, lambda a: a[::1, ::-1][:, ::-1]):
            p = cr.parameter(np.arange(12.0).reshape(3, 4))
            q = cr.parameter(np.zeros(5))
            p.gradient, q.gradient = layout(np.arange(12.0).reshape(3, 4)), np.ones(5)
            make().step([p, q])
            found.append(p.data.tolist())
        assert found[0] == found[1] == found[2]


def test_a_broadcast_gradient_and_a_users_own_are_taken():
    p = cr.parameter(np.ones((3, 2)))
    p.gradient = np.broadcast_to(np.ones(2), (3, 2))
    q = cr.parameter(np.ones((3, 2)))
    q.grad = np.ones((3, 2))
    for each in (p, q):
        optim.Adam(0.1).step([each])
    np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_going_on_from_a_saved_state_gives_the_same_bits(make):
    shapes = {"a": (3, 4), "b": (4,), "wide": (9000,)}
    rng = np.random.default_rng(0)
    begin = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    grads = [{n: rng.normal(size=s) for n, s in shapes.items()} for _ in range(6)]

    def run(optimizer, arrays, some):
        parameters = {name: cr.parameter(a, name) for name, a in arrays.items()}
        for each in some:
            for name, p in parameters.items():
                p.gradient = each[name]
            optimizer.step(parameters)
        return {name: p.data.copy() for name, p in parameters.items()}

    whole = run(make(), begin, grads)
    first = make()
    half = run(first, begin, grads[:3])
    saved = first.state()
    second = make()
    second.load_state(saved)
    assert {k: a.tolist() for k, a in second.state().items()} == {
        k: a.tolist() for k, a in saved.items()
    }
    rest = run(second, half, grads[3:])
    assert second.steps == 6
    for name in shapes:
        np.testing.assert_array_equal(rest[name], whole[name])


def test_a_copy_goes_on_by_itself():
    parameters, optimizer = two(), optim.Adam(0.1)
    backward(parameters)
    optimizer.step(parameters)
    copied, copied_parameters = copy.deepcopy((optimizer, parameters))
    for each, own in ((optimizer, parameters), (copied, copied_parameters)):
        for _ in range(3):
            backward(own)
            each.step(own)
    assert copied.steps == optimizer.steps == 4
    for name, p in parameters.items():
        assert p is not copied_parameters[name]
        np.testing.assert_array_equal(p.data, copied_parameters[name].data)


def test_a_saved_state_is_a_copy():
    parameters, optimizer = two(), optim.SGD(momentum=0.9)
    backward(parameters)
    optimizer.step(parameters)
    saved = optimizer.state()
    kept = saved["layer.w/velocity"].copy()
    assert kept.shape == (1, 2)
    backward(parameters)
    optimizer.step(parameters)
    np.testing.assert_array_equal(saved["layer.w/velocity"], kept)


def test_the_state_of_another_optimiser_is_refused():
    parameters, optimizer = two(), optim.SGD(momentum=0.9)
    backward(parameters)
    optimizer.step(parameters)
    with pytest.raises(ArgumentError) as caught:
        optim.Adam().load_state(optimizer.state())
    assert caught.value.short() == (
        "these arrays are not the state of Adam.\n"
        "    layer.w: steps, velocity\n"
        "It keeps mean, mean_square, steps for each parameter, and one steps."
    )


def test_a_saved_state_of_another_net_is_refused():
    parameters, optimizer = two(), optim.SGD(momentum=0.9)
    backward(parameters)
    optimizer.step(parameters)
    other = optim.SGD(momentum=0.9)
    other.load_state(optimizer.state())
    w = cr.parameter(np.ones(3), "layer.w")
    w.gradient = np.ones(3)
    with pytest.raises(ShapeError, match=r"saved velocity of layer\.w does not fit"):
        other.step([w])


def test_what_is_no_parameter_is_refused():
    t = cr.tensor(np.ones(2), name="t")
    (t * t).sum().backward()
    with pytest.raises(ArgumentError, match=r"an optimiser changes parameters, but t is a Tensor"):
        optim.SGD().step([t])
    with pytest.raises(ArgumentError, match=r"but x is a ndarray"):
        optim.SGD().step({"x": np.ones(2)})


def test_an_unknown_word_for_missing_is_refused():
    with pytest.raises(ArgumentError, match=r"missing='drop'"):
        optim.SGD().step([], missing="drop")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD(0), "SGD was given rate=0.\nrate is a finite number above 0."),
        (lambda: optim.Adam(-1.0), "Adam was given rate=-1.0.\nrate is a finite number above 0."),
        (lambda: optim.Adam(float("nan")), "Adam was given rate=nan."),
        (lambda: optim.AdamW(True), "AdamW was given rate=True."),
        (lambda: optim.RMSProp("fast"), "RMSProp was given rate='fast'."),
        (lambda: optim.Adam(beta1=1.0), "a number from 0 up to but not including 1."),
        (lambda: optim.Adam(epsilon=0), "Adam was given epsilon=0."),
        (lambda: optim.AdamW(weight_decay=-1), "AdamW was given weight_decay=-1."),
        (lambda: optim.SGD(momentum=1.5), "SGD was given momentum=1.5."),
        (lambda: optim.SGD(nesterov=True), "nesterov=True without momentum."),
        (lambda: optim.LBFGS(history=0), "history is a whole number from 1 upwards."),
        (lambda: optim.SGD().step([], rate=-1), "sgd was given rate=-1."),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in caught.value.short()


def test_optimisers_are_found_by_name():
    assert isinstance(optim.by_name("AdamW", 0.1), optim.AdamW)
    assert optim.by_name("adam").rate == optim.Adam().rate
    assert optim.names() == (
        "adagrad", "adam", "adamw", "lbfgs", "lion", "nadam", "radam", "rmsprop", "sgd",
    )  # fmt: skip
    with pytest.raises(cr.errors.UnknownNameError, match=r"optimiser named 'adm'; did you mean"):
        optim.by_name("adm", 0.1)

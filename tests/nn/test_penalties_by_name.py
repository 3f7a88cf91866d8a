"""Regularization by patterns of names: which weights, in which order, eager as compiled."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.nn.regularization import project, regularization_terms

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(60, 3)), RNG.integers(0, 2, 60)


def net():
    found = nn.MLP([3, 5, 4, 2], normalization="layer", dtype="float64", seed=0)
    for i, p in enumerate(found.parameters().values()):
        p.data = np.random.default_rng(i).normal(size=p.shape)
    return found


def term(given, model):
    return regularization_terms(model, given).item()


def squares(*arrays):
    return sum((np.asarray(a.data) ** 2).sum() for a in arrays)


def test_each_layer_has_a_penalty_of_its_own():
    model = net()
    first, second, last = (model.layers[i].weight for i in (0, 3, 6))
    given = {"layers.0.*": nn.L1(0.1), "layers.3.weight": nn.L2(0.2), "*": nn.L2(0.4)}
    expected = 0.1 * np.abs(first.data).sum() + 0.1 * squares(second) + 0.2 * squares(last)
    assert term(given, model) == pytest.approx(expected)


def test_the_first_pattern_that_fits_counts_and_none_exempts():
    model = net()
    last = model.layers[6].weight
    assert term({"layers.[03].*": None, "*": nn.L2(0.4)}, model) == pytest.approx(
        0.2 * squares(last)
    )
    assert term({"*": nn.L2(0.4), "layers.6.*": nn.L1(9.0)}, model) == term(nn.L2(0.4), model)


def test_several_penalties_and_several_mappings_add_up():
    model = net()
    first, second, last = (model.layers[i].weight for i in (0, 3, 6))
    both = {"layers.0.*": [nn.L1(0.1), nn.L2(0.2)], "layers.6.*": nn.ElasticNet(0.3, 0.4)}
    own = 0.1 * np.abs(first.data).sum() + 0.1 * squares(first)
    own += 0.3 * np.abs(last.data).sum() + 0.2 * squares(last)
    assert term(both, model) == pytest.approx(own)
    everything = squares(first, second, last)
    assert term([nn.L2(2.0), both], model) == pytest.approx(own + everything)


def test_biases_are_meant_where_they_are_asked_for():
    model = net()
    biases = [p for name, p in model.parameters().items() if name.endswith("bias")]
    found = term({"*bias": nn.L2(2.0, biases=True)}, model)
    assert found == pytest.approx(squares(*biases))
    with pytest.raises(ArgumentError, match="L2 acts on weights alone, but the pattern"):
        term({"*bias": nn.L2(2.0)}, model)
    with pytest.raises(ArgumentError, match="MaxNorm acts on weights alone"):
        project(model, {"*bias": nn.MaxNorm(2.0)})


def test_a_layer_may_hold_a_mapping_with_names_of_its_own():
    model = net()
    model.layers[3].regularization = {"weight": nn.L2(2.0)}
    assert term(None, model) == pytest.approx(squares(model.layers[3].weight))


def test_max_norm_bounds_the_units_of_some_layers():
    model = net()
    before = model.state()
    project(model, {"layers.3.*": nn.MaxNorm(0.5)})
    lengths = np.linalg.norm(model.layers[3].weight.data, axis=0)
    assert lengths.max() == pytest.approx(0.5)
    for path, array in model.state().items():
        assert path == "layers.3.weight" or np.array_equal(array, before[path])


GIVEN = {
    "one per layer": {"layers.0.*": nn.L1(0.01), "layers.6.*": nn.L2(0.1)},
    "elastic": {"layers.3.weight": nn.ElasticNet(0.01, 0.02), "*": None},
    "bounded": {"layers.0.*": nn.MaxNorm(0.7), "*": [nn.L2(0.1), nn.MaxNorm(2.0)]},
    "beside": [nn.L2(0.01), {"layers.0.*": nn.L1(0.01)}],
}


@pytest.mark.parametrize("name", GIVEN)
def test_compiled_steps_end_where_eager_ones_end(name):
    states = []
    for compiled in (False, True):
        model = net()
        history = cr.fit(
            model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.Adam(0.01),
            regularization=GIVEN[name], epochs=4, compiled=compiled,
        )  # fmt: skip
        assert history.compiled == compiled
        assert name == "bounded" or history["regularization_loss"][-1] > 0
        states.append(model.state())
    for path, array in states[0].items():
        np.testing.assert_allclose(array, states[1][path], rtol=1e-9, atol=1e-12, err_msg=path)


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
def test_compiled_steps_follow_a_mapping_that_changes():
    states = []
    for compiled in (False, True):
        given = {"layers.0.*": nn.L2(0.1)}

        class Change(cr.train.Callback):
            def on_epoch_start(self, state, given=given):
                if state.epoch == 2:
                    given["layers.0.*"] = nn.L2(3.0)

        model = net()
        cr.fit(
            model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.01),
            regularization=given, epochs=4, compiled=compiled, callbacks=[Change()],
        )  # fmt: skip
        states.append(model.state())
    for path, array in states[0].items():
        np.testing.assert_allclose(array, states[1][path], rtol=1e-9, atol=1e-12, err_msg=path)


def test_patterns_that_fit_nothing_and_what_is_no_penalty_are_refused():
    def fitted(given):
        cr.fit(net(), (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(0.1),
               regularization=given, epochs=1)  # fmt: skip

    with pytest.raises(ArgumentError, match=r"belongs to the pattern 'layers\.9") as error:
        fitted({"layers.9.*": nn.L2(0.1)})
    assert "layers.0.weight, layers.0.bias" in str(error.value)
    for wrong in ({"*": 0.1}, {3: nn.L2(0.1)}, {"*": lambda model: 0.0}):
        with pytest.raises(ArgumentError, match="regularization="):
            fitted(wrong)

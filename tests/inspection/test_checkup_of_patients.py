"""Every sick net is known by its sickness, and no healthy one raises an alarm."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.inspection import schema
from chainrule.inspection.sanity.check import ALARMS
from tests.inspection.nets_for_checkups import HEALTHY, SICK
from tests.inspection.schemas import breaches
from tests.thorough import parametrize


def quick(nets: dict[str, object], names: str) -> set[int]:
    """The places of some of the nets."""
    return {place for place, name in enumerate(nets) if name in names.split()}


FEW_HEALTHY = (
    "moons_trained_with_adam digits_before_training several_labels_with_gelu "
    "a_linear_classifier_of_irises wines_with_batch_norm_and_dropout yes_or_no_with_sigmoids "
    "diabetes_with_huber_and_leaky_relu words_with_an_embedding moons_stopped_early "
    "three_hidden_units a_line_of_few_noisy_points small_weights_before_tanh"
)
FEW_SICK = (
    "a_bias_far_below_zero units_that_few_rows_wake tanh_with_large_weights "
    "columns_that_were_copied all_weights_are_the_same one_column_in_dollars "
    "layers_without_an_activation a_deep_net_of_small_weights standard_normal_weights "
    "a_last_layer_that_is_too_large a_strong_penalty_before_training numbers_behind_a_sigmoid "
    "an_optimiser_that_leaps a_rare_yes moons_with_flipped_labels a_net_for_other_labels "
    "thirty_rows_of_noise too_few_steps"
)


@parametrize("name", HEALTHY, few=quick(HEALTHY, FEW_HEALTHY))
def test_a_healthy_net_raises_no_alarm(name):
    patient = HEALTHY[name]()
    found = cr.checkup(patient.model, patient.data, patient.loss, **patient.keywords)
    assert found.alarms == (), found


@parametrize("name", SICK, few=quick(SICK, FEW_SICK))
def test_a_sick_net_is_known_by_its_sickness_and_by_no_other(name):
    patient = SICK[name]()
    found = cr.checkup(patient.model, patient.data, patient.loss, **patient.keywords)
    assert patient.sick <= set(found.alarms), found
    assert set(found.alarms) <= patient.sick | patient.follows, found
    for check in found.findings:
        assert check.evidence
        assert check.cause
        assert check.suggestion
        assert check.sentence in found.advice
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert breaches(said, schema("checkup")) == []
    assert "ALARM" in str(found)
    assert all(each.name in found._repr_html_() for each in found.findings)


def test_every_alarm_has_a_net_that_is_sick_of_it():
    known = frozenset().union(*(SICK[name]().sick for name in SICK if name in FEW_SICK.split()))
    assert sorted(known) == sorted(ALARMS)
    assert len(SICK) >= 40
    assert len(HEALTHY) >= 20


def test_a_patient_leaves_as_it_came():
    patient = HEALTHY["wines_with_batch_norm_and_dropout"]()
    model, (x, y) = patient.model, patient.data
    optimizer = cr.optim.Adam(0.01)
    cr.fit(model, (x, y), loss=patient.loss, optimizer=optimizer, epochs=1, compiled=False)
    before = model.state()
    kept = {name: (p.changed, p.gradient, p.wants_gradient) for name, p in
            model.parameters().items()}  # fmt: skip
    memory, attributes = optimizer.state(), dict(vars(model))
    rows, labels, drawn = x.copy(), y.copy(), np.random.get_state()  # noqa: NPY002
    cr.checkup(model, (x, y), patient.loss, optimizer=optimizer, validation=(x, y))
    assert {name: a.tobytes() for name, a in before.items()} == {
        name: a.tobytes() for name, a in model.state().items()
    }
    for name, p in model.parameters().items():
        assert (p.changed, p.wants_gradient) == (kept[name][0], kept[name][2])
        assert p.gradient is kept[name][1]
    assert vars(model) == attributes
    assert {k: a.tobytes() for k, a in memory.items()} == {
        k: a.tobytes() for k, a in optimizer.state().items()
    }
    assert np.array_equal(x, rows)
    assert np.array_equal(y, labels)
    assert np.array_equal(np.random.get_state()[1], drawn[1])  # noqa: NPY002


def test_a_checkup_says_the_same_twice():
    patient = HEALTHY["moons_stopped_early"]()
    asked = [
        cr.checkup(patient.model, patient.data, patient.loss, **patient.keywords) for _ in range(2)
    ]
    assert asked[0].to_dict() == asked[1].to_dict()


def test_a_check_that_cannot_be_asked_says_what_it_needs():
    net, x = cr.nn.MLP([3, 8, 2]), np.random.default_rng(0).normal(size=(60, 3))
    y = (x[:, 0] > 0).astype(int)
    found = {c.name: c for c in cr.checkup(net, (x, y), cr.softmax_cross_entropy).checks}
    assert "history=" in found["update_ratio"].evidence
    assert "validation=" in found["overfitting"].evidence
    assert [name for name in found if name not in ALARMS] == []
    assert len(found) == len(ALARMS)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_net_of_several_outputs_is_looked_at_as_far_as_it_can_be(outputs):
    class Two(cr.nn.Module):
        def __init__(self):
            self.body, self.left = cr.nn.MLP([4, 8, 8]), cr.nn.Linear(8, 2)
            self.right = cr.nn.Linear(8, outputs)

        def forward(self, x):
            hidden = cr.relu(self.body(x))
            return {"kind": self.left(hidden), "size": self.right(hidden)}

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 4)), {"kind": rng.integers(0, 2, 80)}
    y["size"] = rng.normal(size=(80, outputs))
    losses = {"kind": cr.softmax_cross_entropy, "size": cr.squared_error}
    found = cr.checkup(Two(), (x, y), losses)
    assert found.alarms == ()
    assert {c.name for c in found.checks if c.state == "fine"} >= {"dead_units", "vanishing"}

"""What nobody chose is filled in by what suits the data, from Python as from the command line."""

from dataclasses import fields

import pytest

import chainrule as cr
from chainrule.cli.options import TrainSettings
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.optim import names
from chainrule.train.choices import RATES, SCHEDULES, Choices, check, plan
from chainrule.train.data import load


def test_the_command_line_leaves_open_what_choices_leave_open():
    assert TrainSettings().choices() == Choices()
    assert TrainSettings(hidden=(0,)).choices() == Choices(hidden=())
    for each in fields(Choices):
        if each.name != "seed":  # what is given describes one plain net
            assert getattr(TrainSettings(), each.name) is None
    assert TrainSettings().seed == Choices().seed


def test_a_plan_trains_without_a_command_line():
    data = load("iris", seed=0)
    planned = plan(Choices(hidden=(8,), epochs=60, patience=0), data)
    assert planned.loss is cr.softmax_cross_entropy
    assert planned.steps == 60 * -(-len(data.x_train) // 32)
    history = planned.fit(planned.architecture.build(0), data)
    assert len(history) == 60
    assert history["validation_accuracy"][-1] > 0.8


def test_an_optimiser_that_compares_losses_takes_all_rows():
    data = load("iris", seed=0)
    planned = plan(Choices(optimizer="lbfgs"), data)
    assert planned.batch_size == len(data.x_train)
    assert planned.schedule == "constant"


@pytest.mark.parametrize("name", ["activation", "normalization", "loss", "optimizer", "schedule"])
def test_unknown_names_are_refused_before_data_are_read(name):
    with pytest.raises(UnknownNameError, match="sofmax"):
        check(Choices(**{name: "sofmax"}))


def test_a_loss_of_another_task_is_refused():
    with pytest.raises(ArgumentError, match="whose answers are classes"):
        plan(Choices(loss="huber"), load("iris", seed=0))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_trains(name):
    data = load("iris", seed=0)
    planned = plan(Choices(hidden=(8,), epochs=4, schedule=name), data)
    history = planned.fit(planned.architecture.build(0), data)
    rates = set(history["rate"])
    assert (len(rates) == 1) == (name == "constant")
    assert 0 <= min(rates) <= max(rates) <= planned.rate


def test_every_optimiser_has_a_rate_that_suits_it():
    assert set(RATES) == set(names())

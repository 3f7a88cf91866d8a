"""What the benchmarks must get right before any time means something. No time is asserted."""

import json
import math
import os
import platform
import re

import numpy as np
import pytest

from benchmarks.cases import NETS, Case, data
from benchmarks.machine import machine
from benchmarks.page import page
from benchmarks.peers import task
from benchmarks.report import Section, at_least, at_most, either
from benchmarks.runner import (
    Entry,
    Field,
    Kind,
    NotMeasuredError,
    Times,
    Worker,
    agree,
    environment,
)
from benchmarks.sections.tables import MODELS as LIBRARIES
from benchmarks.sections.tables import Fit, rank
from benchmarks.table_run import MODELS
from benchmarks.table_run import main as table_run

TINY = Case("tiny", 5, (7,), 3, 4, 6)


@pytest.fixture
def field():
    field = Field(("numpy",), rounds=2, turn_seconds=0.001)
    yield field
    field.close()


def entry(peer, form="epoch", case=TINY):
    return Entry(peer, Kind(peer), form, case)


def test_the_arithmetic_of_a_step_leaves_out_the_gradient_of_the_data():
    case = Case("two layers", 3, (5,), 2, 4, 1)
    assert case.flops == 2 * 4 * (2 * 3 * 5 + 3 * 5 * 2)


def test_a_case_survives_the_pipe():
    for case in NETS.values():
        assert Case.from_json(case.to_json()) == case


def test_every_peer_is_given_the_same_numbers():
    first, second = data(TINY), data(TINY)
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.layers[0][0], second.layers[0][0])
    wide = data(TINY.but(dtype="float64"))
    np.testing.assert_array_equal(wide.x, first.x)
    assert wide.x.dtype == wide.layers[1][0].dtype == np.float64


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_step_by_hand_and_ours_compute_the_same_losses(optimizer, outputs):
    case = TINY.but(optimizer=optimizer, outputs=outputs)
    values = []
    for peer in ("numpy", "chainrule"):
        made = task(peer, "epoch", case)
        values.append([made.value(made.call()) for _ in range(5)])
    np.testing.assert_allclose(*values, rtol=1e-5)


def test_peers_that_compute_different_things_are_not_compared():
    values = [(entry("one"), 1.0), (entry("two"), 1.01)]
    with pytest.raises(NotMeasuredError, match="do not compute the same"):
        agree(values)
    with pytest.raises(NotMeasuredError, match="do not compute the same"):
        agree([(entry("one"), 1.0), (entry("two"), math.nan)])
    other = TINY.but(name="other")
    agree([(entry("one"), 1.0), (entry("two", case=other), 2.0)])


def test_a_worker_times_its_task_and_answers_in_one_line(field):
    times = field.times([entry("numpy")])
    assert times["numpy"].median > 0
    assert len(times["numpy"].turns) == field.rounds


def test_a_peer_that_is_not_there_is_left_out_with_a_sentence(field):
    field.peers = ("numpy", "nonesuch")
    assert set(field.times([entry("numpy"), entry("nonesuch")])) == {"numpy"}
    assert "nonesuch" in field.missing["nonesuch epoch"]


def test_a_peer_that_was_not_asked_for_is_not_started(field):
    assert field.times([entry("torch")]) == {}
    assert field.workers == {}


def test_a_case_that_a_peer_cannot_do_is_left_out_silently(field):
    assert field.times([entry("numpy", case=TINY.but(activation="gelu"))]) == {}
    assert field.missing == {}


def test_an_unknown_question_comes_back_as_a_sentence():
    worker = Worker(Kind("numpy"))
    try:
        assert "nobody knows how to dance" in worker.ask("dance", "numpy")["error"]
    finally:
        worker.close()


def test_a_worker_that_has_died_is_said_so():
    worker = Worker(Kind("numpy"))
    try:
        worker.process.kill()
        worker.process.wait()
        assert "ended with code" in worker.ask("value", "numpy")["error"]
    finally:
        worker.close()


def test_workers_run_without_what_slows_openblas(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    found = environment(Kind("numpy"))
    assert "OPENBLAS_CORETYPE" not in found
    assert found["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert "OPENBLAS_NUM_THREADS" not in environment(Kind("numpy", threads=0))


def test_quartiles_and_percentiles_of_known_times():
    times = Times((3.0, 1.0, 2.0, 5.0, 4.0), tuple(range(1, 101)))
    assert times.median == 3.0
    assert times.quartiles == (2.0, 4.0)
    assert times.percentile(0.99) == 100
    assert Times((1.0,), (1.0,)).quartiles == (1.0, 1.0)


def test_a_claim_says_by_how_much_it_is_short():
    assert at_least("speed", 3.0, 2.0).verdict == "met"
    assert at_least("speed", 1.5, 2.0).verdict == "short by 25 %"
    assert at_most("time", 300.0, 250.0, " ms").verdict == "short by 20 %"
    both = either(at_least("speed", 1.5, 2.0), at_most("limit", 1.1, 1.15, " of the limit"))
    assert both.is_met
    assert both.aim == "at least 2x, or at most 1.15 of the limit"


def test_the_page_names_the_cpu_but_neither_the_host_nor_a_path():
    section = Section("sgd", "A training step", "Microseconds.", ["net", "chainrule µs"])
    section.rows.append(["moons", "3.10"])
    section.claims.append(at_least("moons: JAX scan / ours", 2.7, 3.0))
    text = page([section], machine(["numpy"]), {"turn": 50, "rounds": 5}, "benchmarks.svg")
    assert "| moons | 3.10 |" in text
    assert "0 of 1 aims are met" in text
    assert "short by 10 %" in text
    assert "(benchmarks.svg)" in text
    assert platform.node() not in re.findall(r"[\w.-]+", text)
    assert os.getcwd() not in text


def test_columns_of_peers_that_did_not_run_are_left_out():
    section = Section("sgd", "", "", ["net", "chainrule µs", "JAX scan"])
    section.rows += [["moons", "3.10", ""], ["digits", "11.2", ""]]
    section.drop_empty()
    assert section.headings == ["net", "chainrule µs"]
    assert section.rows == [["moons", "3.10"], ["digits", "11.2"]]


def test_ranks_on_tables_share_the_places_of_who_is_level():
    fits = {"a": Fit((0.9,), 1), "b": Fit((0.8, 1.0), 1), "c": Fit((0.5,), 1)}
    assert rank(fits) == {"a": 1.5, "b": 1.5, "c": 3}


def test_a_model_of_a_table_prints_its_figures(capsys):
    table_run("scikit-learn's MLP", "wine", 0)
    found = json.loads(capsys.readouterr().out)
    assert 0.9 < found["score"] <= 1
    assert set(found) == {"score", "seconds"}
    assert set(MODELS) == set(LIBRARIES)

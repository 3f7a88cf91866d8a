"""`chainrule checkup`: the sanity checks of a finished run, by its folder alone."""

import json
import shutil
from pathlib import Path

import pytest

from chainrule.inspection.sanity.check import ALARMS


def test_a_run_of_digits_has_no_alarm(chainrule, digits):
    ended = chainrule("checkup", str(digits.folder))
    assert (ended.code, ended.err) == (0, "")
    assert "net           " + str(digits.folder / "model.safetensors") in ended.out
    assert "data          digits, 1,294 training rows\n" in ended.out
    assert "layers.1     relu          64 units" in ended.out
    assert "No alarm in" in ended.out
    assert "ALARM" not in ended.out


def test_a_run_of_numbers_is_looked_at_with_its_history(chainrule, diabetes):
    ended = chainrule("checkup", str(diabetes.folder / "model.safetensors"), "--json")
    found = json.loads(ended.out)
    assert found["version"] == 1
    assert {check["name"] for check in found["checks"]} == set(ALARMS)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states["update_ratio"] == "fine"
    assert states["penalty_dominates"] == "fine"
    assert states["overfitting"] != "left out"
    assert len(found["ratios"]) == 2


def test_a_sick_run_is_told_with_what_to_try(chainrule):
    assert chainrule("train", "moons", "--hidden", "8", "--learning-rate", "1e-7",
                     "--epochs", "3").code == 0  # fmt: skip
    ended = chainrule("checkup", "runs/moons")
    assert ended.code == 0
    assert "ALARM     update_ratio" in ended.out
    assert "try:    Raise the learning rate by a factor of 10" in ended.out


def test_a_table_is_read_again_as_it_was(chainrule, tables):
    words = ("train", "people.csv", "--target", "Survived", "--drop", "Name", "--hidden", "8",
             "--epochs", "5")  # fmt: skip
    assert chainrule(*words).code == 0
    assert chainrule("checkup", "runs/people").code == 0
    shutil.move("people.csv", "moved.csv")
    gone = chainrule("checkup", "runs/people")
    assert gone.code == 2
    assert "people.csv" in gone.err
    assert chainrule("checkup", "runs/people", "moved.csv").code == 0
    table = Path("moved.csv").read_text(encoding="utf-8").replace(";male;", ";m;")
    Path("moved.csv").write_text(table, encoding="utf-8")
    other = chainrule("checkup", "runs/people", "moved.csv")
    assert other.code == 2
    assert "is not what the net was trained on" in other.err


@pytest.mark.parametrize("run", ["people", "houses"])
def test_of_a_run_of_estimators_the_first_net_is_looked_at(chainrule, survived, priced, run):
    ended = chainrule("checkup", f"runs/{run}")
    assert (ended.code, ended.err) == (0, "")
    assert f"the first of 1 net, {119 if run == 'people' else 120} rows of {run}.csv" in ended.out
    assert "cannot_overfit" in ended.out
    Path(f"{run}.csv").write_text("size;shop\n3;shop 1\n", encoding="utf-8")
    assert chainrule("checkup", f"runs/{run}").code == 2


@pytest.mark.parametrize("damage", ["none", "no config", "foreign config"])
def test_what_is_no_run_is_told_in_a_few_lines(chainrule, digits, damage):
    if damage == "none":
        ended = chainrule("checkup", "runs/nothing")
        assert "there is no run runs/nothing" in ended.err
    else:
        shutil.copytree(digits.folder, "run")
        if damage == "no config":
            Path("run/config.toml").unlink()
        else:
            Path("run/config.toml").write_text("[data]\n", encoding="utf-8")
        ended = chainrule("checkup", "run")
        assert "config.toml" in ended.err
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_without_a_history_the_rest_is_still_asked(chainrule, digits):
    shutil.copytree(digits.folder, "run")
    Path("run/history.csv").unlink()
    ended = chainrule("checkup", "run")
    assert ended.code == 0
    assert "left out  update_ratio" in ended.out

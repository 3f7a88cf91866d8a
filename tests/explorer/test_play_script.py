"""A playground leaves as a script that trains the same net."""

import re
import subprocess
import sys

import pytest

from chainrule.explorer.playground.play_script import script_of
from chainrule.explorer.playground.play_settings import PlaySettings, read_settings
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.explorer.playground.point_set import given_points, points_for
from chainrule.explorer.questions import answered

from .playing import FEW, OWN


@pytest.mark.parametrize(
    "given",
    [
        {"data": "spiral", "loss": "hinge", "strength": 0.001, **FEW},
        {"data": "xor", "loss": "squared_error", "optimizer": "momentum", "held": 0.0, **FEW},
        {"data": "own", "loss": "binary_cross_entropy", "layers": [], "batch": 2},
    ],
    ids=lambda given: given["data"],
)
def test_a_script_trains_the_same_net(given, tmp_path):
    points = OWN if given["data"] == "own" else None
    card = answered({"ask": "code", "id": 1, "settings": given, "points": points, "epochs": 7}, {})
    assert card["card"] == "code", card
    script = tmp_path / "playground.py"
    script.write_text(card["text"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    settings = read_settings(given)
    task = PlayTask.of(points_for(settings, points), settings)
    net = PlayedNet(settings, task)
    net.compile()
    for _ in range(7):
        net.train(watched=True)
    moment = net.moment()
    found = dict(re.findall(r"(\w+) loss (\S+),", done.stdout))
    assert found.keys() == ({"train", "test"} if task.held.any() else {"train"})
    for name, number in found.items():
        assert number == f"{moment.loss[name]:.6g}"
        assert f"accuracy {moment.accuracy[name]:.1%}" in done.stdout


def test_hostile_names_stay_in_a_comment_of_the_script():
    names = ['")\nimport os\n#', "\u2028import os", "'''"]
    points = given_points({**OWN, "classes": names, "columns": ["a\nb", "c"]})
    text = script_of(PlaySettings(data="own"), points, 1)
    compile(text, "playground.py", "exec")
    assert [line for line in text.splitlines() if line.startswith("import")] == [
        "import numpy as np",
        "import chainrule as cr",
    ]

"""The benchmark runs, and its peers compute the same loss. No time is asserted."""

import pathlib
import subprocess
import sys

HOUSE = pathlib.Path(__file__).parents[2]


def test_the_peers_of_the_eager_step_agree_and_a_table_is_printed():
    command = [sys.executable, "benchmarks/eager_step.py", "--rounds", "1"]
    result = subprocess.run(
        [*command, "--cases", "moons,digits", "--peers", "numpy,chainrule"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    head, rule, *rows = result.stdout.splitlines()
    assert "chainrule / numpy" in head
    assert set(rule) == {"|", "-"}
    assert [row.split("|")[1].strip() for row in rows] == ["moons", "digits"]

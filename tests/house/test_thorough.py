"""What runs leave out is more of what they ask, and CI asks the rest."""

import shlex
from collections import defaultdict
from pathlib import Path

from tests.thorough import COLLECTED, is_thorough

HOUSE = Path(__file__).parents[2]


def test_each_test_is_asked_of_something_in_every_run(request):
    asked = defaultdict(set)
    for item in request.config.stash[COLLECTED]:
        asked[item.nodeid.partition("[")[0]].add(is_thorough(item))
    assert [name for name, kinds in asked.items() if kinds == {True}] == []


def test_a_run_leaves_out_what_is_thorough(request):
    option = request.config.option
    if not option.thorough and not option.markexpr:
        assert not any(map(is_thorough, request.session.items))


def test_ci_runs_every_test_in_two_halves():
    ci, check = (
        (HOUSE / path).read_text(encoding="utf-8") for path in (".ci/run", "scripts/check")
    )
    halves = [shlex.split(line) for line in ci.splitlines() if line.startswith("bash ")]
    assert [words[2:] for words in halves] == [[], ["--thorough"]]
    assert "--thorough) marked=(-m thorough)" in check
    assert 'python -m pytest "${marked[@]}"' in check

"""What runs leave out is more of what they ask, and CI asks the rest."""

import math
import shlex
from collections import defaultdict
from pathlib import Path

from tests.thorough import COLLECTED, crossed, is_thorough

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


def test_of_a_cross_each_value_of_each_axis_is_asked_in_every_run():
    sizes = [(1, 1), (2, 3), (3, 2, 7), (2, 2, 6, 2), (5, 5), (4, 1, 4)]
    for lengths in sizes:
        combinations = crossed("names", *map(range, lengths)).args[1]
        asked = [each.values[0] for each in combinations if not each.marks]
        assert len(combinations) == math.prod(lengths)
        assert len(asked) == max(lengths)
        assert [len(set(axis)) for axis in zip(*asked, strict=True)] == list(lengths)


def test_ci_runs_every_test_in_two_halves():
    ci, check = (
        (HOUSE / path).read_text(encoding="utf-8") for path in (".ci/run", "scripts/check")
    )
    halves = [shlex.split(line) for line in ci.splitlines() if line.startswith("bash ")]
    assert [words[2:] for words in halves] == [[], ["--thorough"]]
    assert "--thorough) marked=(-m thorough)" in check
    assert 'python -m pytest "${marked[@]}"' in check

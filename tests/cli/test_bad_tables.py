"""Tables and wishes that cannot be learned as they are: refused before anything is trained."""

import os
from pathlib import Path

import pytest

ROWS = "".join(
    f"{i},{i * 7 % 31},{'yes' if i % 3 else 'no'},2023-01-{1 + i % 28:02d}\n" for i in range(60)
)
GOOD = "a,b,answer,day\n" + ROWS
ONE_LATER = "a,answer\n" + "".join(f"{i},{'no' if i < 50 else 'yes'}\n" for i in range(60))

REFUSED = {
    ("good.csv", "--preset medium"): "--preset is strong or fast or realmlp; found medium.\n",
    ("good.csv", "--time-limit 0"): "--time-limit is a number of seconds above 0; found 0.0.\n",
    ("good.csv", "--folds 1"): "--folds is a whole number from 2 upwards; found 1.\n",
    ("good.csv", "--split days"): (
        "--split is random, time:COLUMN or group:COLUMN; found days.\n"
    ),
    ("good.csv", "--preset fast --hidden 8"): (
        "--preset speaks of how a table is learned, --hidden of one plain net.\n"
        "Leave one of them out: --preset or --hidden.\n"
    ),
    (
        "good.csv",
        "--baseline --epochs 3",
    ): "--baseline speaks of how a table is learned, --epochs ",
    (
        "good.csv",
        "--split group:shop",
    ): "there is no column named 'shop'.\nKnown: a, b, answer, day.\n",
    ("good.csv", "--split time:answer"): (
        "column 'answer' of good.csv holds texts that are no dates and no numbers, so its rows "
    ),
    ("good.csv", "--folds 61"): (
        "these folds need 61 rows at least; the table has 60.\nAsk for fewer folds.\n"
    ),
    ("good.csv", "--folds 3 --split group:answer"): (
        "these folds need 3 groups at least; the table has 2.\n"
    ),
    ("later.csv", "--split time:a"): (
        "the 48 rows that are left to train on have the same 'answer' throughout.\n"
        "Split in another way, or with a smaller --test.\n"
    ),
    ("one.csv", ""): "the target 'answer' is the same in every row: 'no'.\n",
    ("many.csv", ""): (
        "the target 'answer' of many.csv holds 3000 different texts in 5000 rows: too many for "
    ),
    ("inf.csv", ""): "1 number cannot be used: a net computes with finite float32 numbers.\n",
}


@pytest.fixture
def files(tmp_path) -> Path:
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "later.csv").write_text(ONE_LATER)
    (tmp_path / "one.csv").write_text("a,answer\n" + "".join(f"{i},no\n" for i in range(60)))
    many = "".join(f"{i},text {i % 3000}\n" for i in range(5000))
    (tmp_path / "many.csv").write_text("a,answer\n" + many)
    (tmp_path / "inf.csv").write_text(GOOD + "inf,1,yes,2023-01-01\n")
    return tmp_path


@pytest.mark.parametrize("given", REFUSED, ids=" ".join)
def test_it_is_refused_before_a_net_is_trained(chainrule, files, given):
    name, words = given
    before = sorted(os.listdir(files))
    ended = chainrule("train", name, "--target", "answer", *words.split())
    assert ended.code == 2, ended.err
    assert ended.err.startswith(REFUSED[given]), ended.err
    assert len(ended.err.splitlines()) <= 5
    assert ended.out == ""
    assert sorted(os.listdir(files)) == before


def test_a_data_set_with_a_name_is_no_table(chainrule):
    ended = chainrule("train", "moons", "--preset", "fast")
    assert ended.code == 2
    assert ended.err == (
        "--preset speaks of how a table is learned; the data set 'moons' trains one plain net.\n"
        "Leave it out, or give the path of a table.\n"
    )


def test_a_missing_scikit_learn_is_told_with_the_line_that_installs_it(
    chainrule, files, monkeypatch
):
    import sys

    for module in [name for name in sys.modules if name.startswith("chainrule.estimators")]:
        monkeypatch.delitem(sys.modules, module)
    for module in [name for name in sys.modules if name.startswith("chainrule.cli.table_")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    ended = chainrule("train", "good.csv", "--target", "answer")
    assert ended.code == 1
    assert ended.err.startswith("estimators stand on scikit-learn, which cannot be imported.\n")
    assert ended.err.endswith('Install it: pip install "chainrule[app]"\n')


def test_a_class_with_one_row_and_a_column_of_5000_categories_are_learned_and_said(
    chainrule, files
):
    rows = [f"{i},t{i % 5000},{('no', 'yes')[i % 2] if i else 'rare'}\n" for i in range(10_001)]
    Path("odd.csv").write_text("a,town,answer\n" + "".join(rows))
    words = ("--target", "answer", "--preset", "fast", "--time-limit", "0.5")
    ended = chainrule("train", "odd.csv", *words)
    assert ended.code == 0, ended.err
    assert "text with 5,000 different values" in ended.out
    assert "note          the class 'rare' of 'answer' has a single row\n" in ended.out
    assert "worth a look  1 class has a handful of training rows ('rare' 1): what" in ended.out

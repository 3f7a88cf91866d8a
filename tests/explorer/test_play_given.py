"""What a playground is given: settings, points, orders and tables, and what is wrong with them."""

import io
import json
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.errors import ArgumentError, ChainruleError, DataError
from chainrule.explorer.playground.play_settings import read_settings
from chainrule.explorer.playground.point_set import given_points
from chainrule.explorer.playground.point_table import read_table
from chainrule.explorer.questions import answered

from .playing import FEW, OWN, Page
from .served import client, talk


@pytest.mark.parametrize(
    "given",
    [None, [], 3, "x", {"what": 1}, {"rows": 5_001}, {"rows": 1e308}, {"rows": "9"},
     {"rows": True}, {"rows": float("nan")}, {"layers": [33]}, {"layers": [0]}, {"layers": 3},
     {"layers": [2] * 5}, {"layers": [[2]]}, {"activation": "eval"}, {"activation": []},
     {"loss": "mean"}, {"loss": "__class__"}, {"optimizer": "lbfgs"}, {"rate": 0},
     {"rate": float("inf")}, {"rate": -1}, {"rate": None}, {"strength": -1}, {"noise": 2},
     {"held": 1}, {"batch": 0}, {"batch": 2.5}, {"seed": -1}, {"data": "own "}, {"data": None}],
    ids=repr,
)  # fmt: skip
def test_bad_settings_are_a_card_and_the_page_goes_on(given):
    with pytest.raises(ArgumentError):
        read_settings(given)
    with talk(client()) as link:
        page = Page(link)
        page.refused(given)
        page.begin()


@pytest.mark.parametrize(
    "points",
    [None, [], {}, {"x": [], "y": [], "label": []}, {**OWN, "label": [0] * 5},
     {**OWN, "label": [0, 1, 2, 3, 4]}, {**OWN, "label": [0, 1, 1.0, 0, 0]},
     {**OWN, "x": [1]}, {**OWN, "x": ["a"] * 5}, {**OWN, "x": [None] * 5},
     {**OWN, "x": [1e300] * 5}, {**OWN, "y": [float("nan")] * 5}, {**OWN, "x": [10**400] * 5},
     {"x": [0.0] * 5_001, "y": [0.0] * 5_001, "label": [0, 1] * 2_500 + [0]},
     {**OWN, "classes": 3}, {**OWN, "classes": [1]}, {**OWN, "columns": ["a"] * 9}],
    ids=lambda x: repr(x)[:30],
)  # fmt: skip
def test_bad_points_are_a_card(points):
    with pytest.raises(ChainruleError):
        given_points(points)
    with talk(client()) as link:
        Page(link).refused({"data": "own"}, points=points)


@pytest.mark.parametrize(
    "order",
    [{}, {"do": None}, {"do": "live"}, {"do": "play"}, {"do": "step"}, {"do": "look"},
     {"do": "past"}, {"do": "pace"}, {"do": ["begin"]}, {"do": "begin"},
     {"do": "begin", "run": -1}, {"do": "begin", "run": "1"}, {"do": "begin", "run": 1}],
    ids=repr,
)  # fmt: skip
def test_an_order_that_is_none_is_a_card(order):
    with talk(client()) as link:
        page = Page(link)
        link.send_text(json.dumps({"ask": "play", **order}))
        assert page.card()["says"] == "error"
        page.begin()
        for more in (
            {"do": "look", "layer": 9},
            {"do": "look", "layer": 0, "units": [1]},
            {"do": "pace", "pace": "__init__"},
            {"do": "past", "epoch": "1"},
        ):
            link.send_text(json.dumps({"ask": "play", **more}))
            assert page.card()["says"] == "error"


def test_where_nothing_has_begun_a_pause_is_no_trouble():
    with talk(client()) as link:
        page = Page(link)
        page.order("pause")
        page.order("look", layer=0)
        page.order("pace", pace="slow")
        page.begin()


@pytest.mark.parametrize("order", ["play", "step"])
def test_what_could_not_begin_says_why_again(order):
    with talk(client()) as link:
        page = Page(link)
        why = page.refused({**FEW, "rows": 5_001})
        page.order("pause")  # is no trouble, and takes no reason away
        page.order(order)
        assert page.card()["error"] == why
        page.begin()


TABLE = "height,width,kind\n1.5,0.2,oak\n2.5,0.1,fir\n1.25,0.3,oak\n"


def test_a_table_becomes_points():
    for text in (TABLE, TABLE.replace(",", "\t"), TABLE.replace(",", ";"), "\ufeff" + TABLE,
                 TABLE.replace("\n", "\r\n"), TABLE + "\n\n",
                 TABLE.replace(",", ";").replace(".", ","), TABLE.replace(",", " "),
                 "  " + TABLE.replace(",", "   ").replace("\n", " \n"), "# " + TABLE,
                 "# made by me, today\n# and, by, you, too\n" + TABLE,
                 TABLE + "# the, very, end\n", "# x, y, z\n" + TABLE,
                 "#\n\n#height width kind\n" + TABLE.replace(",", " ")[18:]):  # fmt: skip
        card = answered({"ask": "table", "id": 1, "text": text}, {})
        assert card["points"] == {
            "x": [1.5, 2.5, 1.25], "y": [0.2, 0.1, 0.3], "label": [1, 0, 1],
            "classes": ["fir", "oak"], "columns": ["height", "width"],
        }  # fmt: skip
    named = read_table('"a,b,c,d";y;kind\n1,5;2;p\n3;4;q\n')
    assert named.columns == ("a,b,c,d", "y")
    bare = read_table("1,2,0\n3,4,1\n")
    assert (bare.columns, bare.classes) == (("column 1", "column 2"), ("0", "1"))
    for labels, classes in [("10 9 9", ("9", "10")), ("0.000e+00 1 1", ("0", "1")),
                            ("1 1.0 2", ("1", "2")), ("-1 1 1", ("-1", "1")),
                            ("1 2 x", ("1", "2", "x")), ("nan 2 2", ("2", "nan"))]:  # fmt: skip
        rows = "".join(f"1.5 {i} {label}\n" for i, label in enumerate(labels.split()))
        assert read_table(rows).classes == classes


@pytest.mark.parametrize(
    "how",
    [{}, {"header": "a b c"}, {"delimiter": ",", "header": "a,b,c"}, {"fmt": "%g"},
     {"delimiter": "\t", "comments": ""}],
    ids=repr,
)  # fmt: skip
def test_what_numpy_saves_is_read(how):
    rows = np.c_[np.random.default_rng(0).normal(size=(6, 2)), [0, 1] * 3]
    text = io.StringIO()
    np.savetxt(text, rows, **how)
    points = read_table(text.getvalue())
    assert_allclose(points.x, rows[:, :2], rtol=1e-5)
    assert (points.classes, list(points.label)) == (("0", "1"), [0, 1] * 3)
    assert points.columns == (("a", "b") if "header" in how else ("column 1", "column 2"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("a,b,c\n", "no rows below its names"),
        ("1,2,a\n# a remark\n3,x,b\n", "Row 3: 'x' is no number"),
        ("1 2 a\n3 4\n", "Row 2 has 2 columns, not 3"),
        ("1,2,a\n3,4,a\n", "one label"),
        ("1,2,a\n3,x,b\n", "Row 2: 'x' is no number"),
        ("\u22121,2,a\n3,4,b\n5,6,a\n", "is no number"),
        ("=1+1,2,a\n3,4,b\n5,6,a\n", "Row 1: '=1+1' is no number"),
        ("1,two,a\n3,4,b\n5,6,a\n", "Row 1: 'two' is no number"),
        ("1.234,5;2;a\n3;4;b\n5;6;a\n", "Row 1: '1.234,5' is no number"),
        (f"1,2,{'x' * 40}a\n3,4,{'x' * 40}b\n5,6,c\n", "the same in their first 40"),
        ("1,2,a\n3,4\n", "Row 2 has 2 columns, not 3"),
        ("1,2,a\n3,4,b,5\n", "Row 2 has 4 columns, not 3"),
        ("1,2,a\n3,4,\n", "Row 2 has no label"),
        ("1,2,a\n3,nan,b\n", "Row 2: nan is not between"),
        ("1,2,a\n3,1e300,b\n", "Row 2: 1e300 is not between"),
        ("1,2,a\n1,2,b\n1,2,c\n1,2,d\n1,2,e\n", "5 labels; 4 are the most"),
        ('1,2,"a\n', "no table"),
        ("1,2,a\n1,2,b\n" * 3_000, "6,000 rows; 5,000 are the most"),
        ("x" * 240_001, "240,000 characters"),
        ("1,2,a\x00\n", "one label"),
    ],
    ids=lambda x: repr(x)[:24],
)
def test_a_bad_row_is_named(text, says):
    with pytest.raises(DataError, match=re.escape(says)):
        read_table(text)
    card = answered({"ask": "table", "id": 1, "text": text}, {})
    assert card["card"] == "error"


def test_the_largest_table_passes_the_socket():
    rng = np.random.default_rng(0)
    rows = [
        f"{x:.6f},{y:.6f},class number {i % 4}" for i, (x, y) in enumerate(rng.random((5_000, 2)))
    ]
    with talk(client()) as link:
        link.send_text(json.dumps({"ask": "table", "id": 1, "text": "\n".join(rows)}))
        card = link.receive_json()
        assert len(card["points"]["x"]) == 5_000
        page = Page(link)
        card, _ = page.begin({"data": "own", "layers": [2]}, points=card["points"])
        assert len(card["held"]) == 5_000

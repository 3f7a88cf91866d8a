"""What cannot be a scan is refused, by a typed error that says what was found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DTypeError,
    IndexRangeError,
    ShapeError,
    UnsupportedError,
)

XS = np.ones((3, 2))
KEPT = []
HOLDER = type("Holder", (), {})()
GENERATOR = np.random.default_rng(0)


def same(c, x):
    return c, x


def keeps(c, x):
    KEPT.append(c)
    return c + x, None


def notes(c, x):
    HOLDER.last = c + x
    return c + x, None


def counts():
    number = iter(range(1000))
    return lambda c, x: (c + next(number), None)


REFUSED = {
    "another shape": (ShapeError, "shape", lambda: cr.scan(lambda c, x: (x, c), 0.0, XS)),
    "another dtype": (
        DTypeError,
        "dtype",
        lambda: cr.scan(lambda c, x: (c + x, c), np.zeros(2, np.float32), XS),
    ),
    "a dtype deep inside": (
        DTypeError,
        r"\['n'\]",
        lambda: cr.scan(lambda c, x: ({"n": c["n"] / 2}, x), {"n": np.arange(2)}, XS),
    ),
    "another key": (
        ArgumentError,
        "containers",
        lambda: cr.scan(lambda c, x: ({"b": c["a"]}, x), {"a": XS[0]}, XS),
    ),
    "a tuple for a list": (
        ArgumentError,
        "containers",
        lambda: cr.scan(lambda c, x: (tuple(c), x), [XS[0]], XS),
    ),
    "one carry fewer": (
        ArgumentError,
        "containers",
        lambda: cr.scan(lambda c, x: (c[0], x), (XS[0], XS[0]), XS),
    ),
    "no pair": (ArgumentError, r"\(carry, y\)", lambda: cr.scan(lambda c, x: c + x, XS[0], XS)),
    "three results": (
        ArgumentError,
        "tuple of 3",
        lambda: cr.scan(lambda c, x: (c, x, x), XS[0], XS),
    ),
    "unequal lengths": (
        ShapeError,
        "one length",
        lambda: cr.scan(lambda c, x: (c, None), 0.0, {"a": XS, "b": XS[:2]}),
    ),
    "another length": (ShapeError, "one length", lambda: cr.scan(same, XS[0], XS, length=4)),
    "no axis": (ShapeError, "no axes", lambda: cr.scan(same, 0.0, 3.0)),
    "nothing to count": (ArgumentError, "no xs", lambda: cr.scan(same, 0.0)),
    "no steps at all": (ArgumentError, "no xs", lambda: cr.scan(same, 0.0, xs={})),
    "half a step": (ArgumentError, "whole", lambda: cr.scan(same, 0.0, length=2.5)),
    "a truth value": (ArgumentError, "whole", lambda: cr.scan(same, 0.0, length=True)),
    "a length from values": (
        ArgumentError,
        "whole",
        lambda: cr.grad(lambda x: cr.scan(same, x, length=x)[0])(3.0),
    ),
    "a negative length": (ArgumentError, "-1 steps", lambda: cr.scan(same, 0.0, length=-1)),
    "segments of nothing": (
        ArgumentError,
        "checkpoint",
        lambda: cr.scan(same, XS[0], XS, checkpoint=0),
    ),
    "half a segment": (
        ArgumentError,
        "checkpoint",
        lambda: cr.scan(same, XS[0], XS, checkpoint=1.5),
    ),
    "no direction": (ArgumentError, "reverse", lambda: cr.scan(same, XS[0], XS, reverse="yes")),
    "no function": (ArgumentError, "function", lambda: cr.scan(XS, same, 0.0)),
    "no function to count": (ArgumentError, "function", lambda: cr.fori(0, 3, 0.0, same)),
    "half a number": (ArgumentError, "upper", lambda: cr.fori(0, 2.5, lambda i, c: c, 0.0)),
    "text": (DTypeError, "numbers", lambda: cr.scan(same, "abc", length=2)),
    "text in xs": (DTypeError, "numbers", lambda: cr.scan(same, 0.0, np.array(["a", "b"]))),
    "text as an output": (
        DTypeError,
        "numbers",
        lambda: cr.scan(lambda c, x: (c, "seen"), XS[0], XS),
    ),
    "a branch": (
        UnsupportedError,
        "recorded once",
        lambda: cr.scan(lambda c, x: (c + x if c.sum() > 0 else c, None), XS[0], XS),
    ),
    "a number taken out": (
        UnsupportedError,
        "recorded once",
        lambda: cr.scan(lambda c, x: (c * float(x.sum()), None), XS[0], XS),
    ),
    "an array as a table": (
        UnsupportedError,
        r"cr\.take",
        lambda: cr.fori(0, 3, lambda i, c: c + XS[i], XS[0]),
    ),
    "a list outside": (UnsupportedError, "outside", lambda: cr.scan(keeps, XS[0], XS)),
    "an attribute outside": (UnsupportedError, "outside", lambda: cr.scan(notes, XS[0], XS)),
    "a random draw": (
        UnsupportedError,
        "recorded twice|draws random",
        lambda: cr.scan(lambda c, x: (c + GENERATOR.normal(size=2), None), XS[0], XS),
    ),
    "a count outside": (UnsupportedError, "recorded twice", lambda: cr.scan(counts(), XS[0], XS)),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("way", ["plainly", "in a gradient", "compiled"])
def test_refused(name, way):
    kind, words, call = REFUSED[name]
    KEPT.clear()
    ways = {
        "plainly": call,
        "in a gradient": lambda: cr.grad(lambda x: (x * np.sum(call()[0])).sum())(XS),
        "compiled": lambda: cr.compile(lambda x: x * np.sum(call()[0]))(XS),
    }
    with pytest.raises(kind, match=words) as caught:
        ways[way]()
    assert isinstance(caught.value, ChainruleError)
    KEPT.clear()
    vars(HOLDER).clear()


@pytest.mark.parametrize("nested", [False, True])
def test_a_body_that_counts_is_refused_where_its_entries_are_arguments_of_a_compiled_function(
    nested,
):
    """The recording around would be made anew at each call; all of its steps would count alike."""
    body = counts()

    def outer(c, x):
        return c, cr.scan(body, c, XS)[0]

    with pytest.raises(UnsupportedError, match="recorded twice"):
        cr.compile(lambda c, xs: cr.scan(outer if nested else body, c, xs))(XS[0], XS)


def test_a_body_may_count_what_its_numbers_do_not_depend_on():
    calls = []

    def body(c, x):
        calls.append(1)
        return c + x, None

    wanted = XS.sum(axis=0)
    assert_allclose(cr.compile(lambda xs: cr.scan(body, 0 * XS[0], xs)[0])(XS), wanted)


def test_a_tensor_of_a_step_is_of_no_use_outside():
    kept = []
    with pytest.raises(UnsupportedError, match="outside"):
        cr.scan(lambda c, x: (kept.append(x), (c, x))[1], XS[0], XS)
    with pytest.raises(UnsupportedError, match="outside"):
        np.sin(kept[0])
    with pytest.raises(UnsupportedError, match="outside"):
        float(kept[0])


def test_the_message_shows_both_shapes():
    with pytest.raises(ShapeError) as caught:
        cr.scan(lambda c, x: ({"h": x}, None), {"h": np.zeros(3)}, XS)
    assert "taken     (3,)" in str(caught.value)
    assert "given     (2,)" in str(caught.value)
    assert "['h']" in str(caught.value)


def test_an_index_out_of_range_ends_the_compiled_loop_and_the_next_run_begins_anew():
    table = np.arange(4.0)
    steps = cr.compile(
        lambda places: cr.scan(lambda c, i: (c + cr.take(table, i), c), 0.0, places)
    )
    with pytest.raises(IndexRangeError):
        steps(np.array([0, 9, 1]))
    assert steps(np.array([0, 3, 1]))[0] == 4.0

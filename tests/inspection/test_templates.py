"""What a unit looks for, as pictures and as bars."""

import base64
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np
import pytest

from chainrule.errors import ShapeError
from chainrule.inspection import templates
from chainrule.inspection.images import NEGATIVE, NEUTRAL, POSITIVE, diverging, png_uri


def pixels(uri: str) -> np.ndarray:
    """Decode our own PNG: one chunk of unfiltered rows."""
    content = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    at = content.index(b"IDAT")
    (length,) = struct.unpack(">I", content[at - 4 : at])
    rows = np.frombuffer(zlib.decompress(content[at + 4 : at + 4 + length]), np.uint8)
    return rows.reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def test_the_scale_is_symmetric_and_neutral_at_zero():
    colours = diverging(np.array([-1.0, 0.0, 1.0, 5.0, np.nan]))
    assert colours.tolist() == [list(c) for c in (NEGATIVE, NEUTRAL, POSITIVE, POSITIVE, NEUTRAL)]


def test_a_png_holds_the_colours_it_was_given(rng):
    colours = rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    assert np.array_equal(pixels(png_uri(colours)), colours)


def test_each_unit_of_an_image_net_is_a_picture():
    weights = np.zeros((6, 2))
    weights[1, 0], weights[4, 1] = 2.0, -1.0
    first, second = templates(weights, image_shape=(2, 3))
    assert (first.name, second.name) == ("unit 0", "unit 1")  # the strongest first
    assert first.bars == ""
    seen = pixels(first.picture)
    assert seen.shape == (2, 3, 3)
    assert tuple(seen[0, 1]) == POSITIVE
    assert tuple(seen[0, 0]) == NEUTRAL
    assert "2 by 3 pixels" in first.alt


def test_only_the_strongest_units_are_shown(rng):
    weights = rng.normal(size=(4, 200)) * np.arange(1, 201)
    shown = templates(weights, image_shape=(2, 2))
    assert len(shown) == 64
    strengths = [unit.strength for unit in shown]
    assert strengths == sorted(strengths, reverse=True)


def test_a_table_has_bars_with_the_names_of_its_features():
    weights = np.array([[1.0], [-0.5], [0.0]])
    (unit,) = templates(weights, features=["age", "<script>", "height"])
    root = ElementTree.fromstring(unit.bars)
    words = [node.text for node in root.iter() if node.tag.endswith("}text")]
    assert words == ["age", "<script>", "height"]
    assert "<script" not in unit.bars
    widths = [float(n.get("width", 0)) for n in root.iter() if n.tag.endswith("}rect")]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert unit.alt == "unit 0 looks for +age, -<script>, -height"


def test_a_unit_speaks_for_classes_and_against_others():
    output = np.array([[3.0, -2.0, 0.1, 0.2]])
    (unit,) = templates(
        np.ones((4, 1)), image_shape=(2, 2), output_weights=output, classes=["a", "b", "c", "d"]
    )
    assert unit.votes == "for a, d; against b"


def test_without_a_hidden_layer_the_units_are_the_classes():
    shown = templates(np.diag([3.0, 2.0]), features=["x", "y"], classes=["cat", "dog"])
    assert [unit.name for unit in shown] == ["cat", "dog"]


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_weights_without_size_are_shown(value):
    assert len(templates(np.full((4, 2), value), image_shape=(2, 2))) == 2
    assert len(templates(np.full((4, 2), value))) == 2


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="do not fit"):
        templates(np.ones((5, 2)), image_shape=(2, 2))
    with pytest.raises(ShapeError, match="matrix"):
        templates(np.ones(5))
    with pytest.raises(ShapeError, match="another number of units"):
        templates(np.ones((5, 2)), output_weights=np.ones((3, 2)))

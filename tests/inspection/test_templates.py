"""What a unit looks for, as pictures and as bars."""

import base64
import json
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError, ChainruleError, ShapeError, UnknownNameError
from chainrule.inspection import schema, templates
from chainrule.inspection.images import NEGATIVE, NEUTRAL, POSITIVE, diverging, png_uri
from tests.inspection.schemas import breaches


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


# ---------------------------------------------------------------------- the templates of a net


def smooth(rows: int, side: int, rng) -> np.ndarray:
    """Pictures whose neighbouring pixels are alike."""
    coarse = rng.normal(size=(rows, 4, 4))
    return np.kron(coarse, np.ones((side // 4, side // 4))).reshape(rows, -1)


def net_of_known_units() -> nn.Sequential:
    """Unit 0 reads column 0, unit 1 column 1 against column 2; both classes listen to unit 0."""
    net = nn.Sequential(nn.Linear(3, 2, dtype="float64"), nn.ReLU(), nn.Linear(2, 3))
    net[0].weight.data = np.array([[2.0, 0], [0, 1], [0, -1]])
    net[2].weight.data = np.array([[1.0, 0.9, -1], [0, -1, 1]])
    return net


def test_the_first_layer_of_a_net_shows_its_weights_and_who_listens(rng):
    x = rng.normal(size=(60, 3))
    found = cr.templates(net_of_known_units(), x, features=["age", "size", "rain"])
    assert (found.layer, found.of, found.rows, found.all_units) == (
        "layers.0.weight",
        "weights",
        60,
        2,
    )
    first, second = sorted(found, key=lambda unit: unit.unit)
    assert first.alt.startswith("unit 0 looks for +age")
    assert first.shared == ("0", "1")
    assert second.shared == ("2",)
    assert found.sharing == "1 of 2 units speak for more than one class."
    assert first.most == tuple(np.argsort(-x[:, 0], kind="stable")[:10].tolist())
    assert first.least == tuple(np.argsort(x[:, 0], kind="stable")[:10].tolist())
    assert str(first.most[0]) in str(found)
    assert "<svg" in found._repr_html_()


def test_a_deeper_unit_is_shown_by_its_slopes_on_the_rows_that_wake_it(rng):
    net = net_of_known_units()
    x = rng.normal(size=(40, 3))
    found = cr.templates(
        net, x, layer="layers.2", features=["a", "b", "c"], classes=["u", "v", "w"]
    )
    assert found.of == "gradients"
    by_name = {unit.name: unit for unit in found}
    assert set(by_name) == {"u", "v", "w"}
    assert by_name["u"].alt == "u looks for +a, -b, -c"  # 2 * max(0, 2 a) alone
    scores = net(x).data[:, 2]
    assert by_name["w"].most[0] == int(scores.argmax())


def test_slopes_of_a_linear_chain_are_the_product_of_its_weights(rng):
    net = nn.Sequential(nn.Linear(4, 5, dtype="float64"), nn.Linear(5, 2, dtype="float64"))
    found = cr.templates(net, rng.normal(size=(30, 4)), layer=1)
    product = net[0].weight.data @ net[1].weight.data
    for unit in found:
        assert unit.strength == pytest.approx(np.linalg.norm(product[:, unit.unit]))


def test_pictures_are_known_by_their_neighbours(rng):
    x = smooth(80, 8, rng)
    net = nn.MLP([64, 6, 3])
    assert cr.templates(net, x)[0].picture.startswith("data:image/png")
    mixed = x[:, rng.permutation(64)]
    assert cr.templates(net, mixed)[0].bars
    assert cr.templates(net, mixed, image_shape=(4, 16))[0].picture
    assert pixels(cr.templates(net, x)[0].picture).shape == (8, 8, 3)


def test_the_net_stays_as_it_is_and_the_values_are_json(rng):
    net, x = nn.MLP([6, 5, 2], normalization="batch"), rng.normal(size=(30, 6))
    before, attributes = net.state(), dict(vars(net))
    found = cr.templates(net, x, layer=-1)
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert breaches(said, schema("templates")) == []
    assert found.to_dict()["version"] == 1
    assert all(before[name].tobytes() == x.tobytes() for name, x in net.state().items())
    assert vars(net) == attributes
    assert all(p.grad is None for p in net.parameters().values())


@pytest.mark.parametrize(
    ("error", "words", "keywords"),
    [
        (UnknownNameError, "layer", {"layer": "layers.9"}),
        (ArgumentError, "3 layers of weights", {"layer": 3}),
        (ShapeError, "names do not fit", {"features": ["a"]}),
        (ShapeError, "names of classes", {"classes": ["a"]}),
        (ShapeError, "do not fit", {"image_shape": (2, 2)}),
    ],
)
def test_what_does_not_fit_a_net_is_refused(rng, error, words, keywords):
    with pytest.raises(error, match=words):
        cr.templates(nn.MLP([6, 4, 4, 2]), rng.normal(size=(20, 6)), **keywords)


def test_bad_rows_and_no_net_are_refused(rng):
    net = nn.MLP([3, 4, 2])
    with pytest.raises(ArgumentError, match="with rows"):
        cr.templates(net)
    with pytest.raises(ArgumentError, match="rows of numbers"):
        cr.templates(net, np.zeros((0, 3)))
    with pytest.raises(ChainruleError, match=r"nan|NaN"):
        cr.templates(net, np.full((5, 3), np.nan))
    with pytest.raises(ArgumentError, match="Module"):
        cr.templates(nn.MLP, rng.normal(size=(5, 3)))

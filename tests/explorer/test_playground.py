"""The playground's training: the library's numbers, limits, a slow page, a page that has gone."""

import json
import random
import re
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ChainruleError, DataError
from chainrule.explorer.playground import play_session
from chainrule.explorer.playground.moment import MOST_MOMENTS, KeptMoments, Moment
from chainrule.explorer.playground.play_frame import COARSE, FINE, principal
from chainrule.explorer.playground.play_room import MOST_SESSIONS
from chainrule.explorer.playground.play_script import script_of
from chainrule.explorer.playground.play_settings import LOSSES, PlaySettings, read_settings
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.explorer.playground.point_set import given_points, points_for
from chainrule.explorer.playground.point_table import read_table
from chainrule.explorer.questions import answered
from chainrule.inspection.layer_health import observe

from .served import client, talk

PATIENCE = 30.0  # seconds
SEEN = '{"ask":"seen"}'
HOSTILE = "<img src=x onerror=alert(1)>\u202e\x00"
FEW = {"rows": 40, "layers": [3], "batch": 16}
OWN = {"x": [0.0, 1.0, 0.0, 1.0, 0.5], "y": [0.0, 1.0, 1.0, 0.0, 0.5], "label": [0, 0, 1, 1, 2]}


def played(**given):
    """A net of some settings with its task, compiled."""
    settings = read_settings(given)
    task = PlayTask.of(points_for(settings, given.get("points")), settings)
    net = PlayedNet(settings, task)
    net.compile()
    return settings, task, net


def unpacked(message):
    """The head and the arrays of a frame."""
    (length,) = struct.unpack_from("<I", message)
    head = json.loads(message[4 : 4 + length])
    place, arrays = 4 + length, {}
    for name, kind, size in head["arrays"]:
        place += -place % 8
        arrays[name] = np.frombuffer(message, np.dtype(kind).newbyteorder("<"), size, place)
        place += arrays[name].nbytes
    return head, arrays


class Page:
    """A page that plays: orders out, cards and frames in."""

    def __init__(self, link):
        self.link = link

    def order(self, do, **more):
        self.link.send_text(json.dumps({"ask": "play", "do": do, **more}))

    def begin(self, settings=FEW, run=1, **more):
        self.order("begin", run=run, settings=dict(settings), **more)
        card = self.card()
        assert card["says"] == "begun", card
        return card, self.frame()

    def said(self):
        message = self.link.receive()
        assert message["type"] == "websocket.send", message
        return message.get("bytes") or json.loads(message["text"])

    def card(self):
        """The next card; frames before it are seen."""
        while isinstance(found := self.said(), bytes):
            self.seen()
        return found

    def frame(self):
        """The next frame, seen."""
        found = self.said()
        assert isinstance(found, bytes), found
        self.seen()
        return unpacked(found)

    def seen(self):
        self.link.send_text(SEEN)


def ended(count=0):
    """Whether no more than so many trainings are left, after a while."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if sum(thread.name == "playground" for thread in threading.enumerate()) <= count:
            return True
        time.sleep(0.02)
    return False


# ------------------------------------------------------------------------ numbers


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("data", ["moons", "spiral"])
def test_the_numbers_are_those_of_an_eager_fit(data, loss):
    _, task, net = played(data=data, loss=loss, strength=0.01, optimizer="sgd", rate=0.1,
                                 **FEW)  # fmt: skip
    for _ in range(3):
        net.train(watched=True)
    moment = net.moment()
    x, y = task.entered(task.points.x), task.targets
    learned = ~task.held
    model = cr.nn.MLP([2, 3, task.outputs], "tanh", seed=0)
    cr.fit(
        model, (x[learned], y[learned]), loss=getattr(cr, loss), optimizer=cr.optim.SGD(0.1),
        epochs=3, batch_size=16, regularization=cr.nn.L2(0.01), compiled=False,
        shuffle=lambda epoch: np.random.default_rng((0, epoch)).permutation(learned.sum()),
    )  # fmt: skip
    scores = cr.train.predict(model, x)
    for name, part in (("train", learned), ("test", task.held)):
        assert_allclose(moment.loss[name], getattr(cr, loss)(scores[part], y[part]), rtol=1e-4)
        assert moment.accuracy[name] == np.mean(task.decided(scores[part])
                                                == task.points.label[part])  # fmt: skip
    whole = getattr(cr, loss)(model(x[learned]), y[learned]) + cr.nn.L2(0.01)(model)
    whole.backward()
    assert_allclose(moment.objective, whole.item(), rtol=1e-4)
    for layer, norm in zip((model[0], model[2]), moment.gradients, strict=True):
        wanted = cr.optim.global_norm([layer.weight.grad, layer.bias.grad])
        assert_allclose(norm, wanted, rtol=1e-3)


def test_an_update_is_told_against_its_weights():
    _, _, net = played(**{**FEW, "optimizer": "sgd"})
    net.train(watched=False)
    before = None
    x, y, program = net._x, net._y, net._program
    order = np.random.default_rng((0, 2)).permutation(len(x))
    kept = [p.value.copy() for p in net.model.parameters().values()]
    net.train(watched=True)
    ratios = net.moment().ratios
    after = [p.value.copy() for p in net.model.parameters().values()]
    for p, values in zip(net.model.parameters().values(), kept, strict=True):
        p.write(values)
    program.epoch(x, y, 16, order[:16])  # all but the last batch
    before = [p.value.copy() for p in net.model.parameters().values()]
    for ratio, old, new in zip(ratios, before[::2], after[::2], strict=True):
        assert_allclose(ratio, np.linalg.norm(new - old) / np.linalg.norm(old), rtol=1e-5)


def test_a_watched_epoch_is_the_same_as_one_that_is_not():
    nets = [played(**FEW)[2] for _ in range(2)]
    for _ in range(3):
        for net, watched in zip(nets, (True, False), strict=True):
            net.train(watched=watched)
    first, second = (net.moment() for net in nets)
    for a, b in zip(first.parameters, second.parameters, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu", "gelu"])
def test_dead_and_saturated_units_are_those_of_the_checkup(activation):
    _, task, net = played(**{**FEW, "activation": activation, "layers": [6, 6]})
    weight = net.model[0].weight
    weight.write(weight.data * np.array([5, -5, 1, 1, 1, 1], np.float32))
    net.model[0].bias.write(np.array([-50, 50, 0, 0, 0, 0], np.float32))
    moment = net.moment()
    wanted = observe(net.model, task.entered(task.points.x)[~task.held]).layers
    assert moment.dead == tuple(layer.dead for layer in wanted)
    assert moment.saturated == tuple(layer.saturated for layer in wanted)
    assert 0 in moment.dead[0] + moment.saturated[0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("points", [None, OWN], ids=["two", "three"])
@pytest.mark.parametrize("layers", [[], [2], [1, 32, 5]], ids=str)
def test_every_net_and_loss_is_shown(loss, points, layers):
    given = {"loss": loss, "layers": layers, "rows": 20, "batch": 8, "held": 0.0}
    if points is not None:
        given["data"] = "own"
    with talk(client()) as link:
        page = Page(link)
        card, _ = page.begin(given, points=points)
        page.order("step")
        head, arrays = page.frame()
    classes = len(card["points"]["classes"])
    assert (head["epoch"], classes) == (1, 2 if points is None else 3)
    assert len(arrays["surface"]) == FINE * FINE
    assert ("strength" in arrays) == (classes > 2)
    assert len(head["layers"]) == len(layers) + 1
    assert head["loss"]["test"] is None
    if layers:
        assert len(arrays["units"]) == sum(layers) * COARSE * COARSE
        assert head["warp"]["how"] == "units"
        assert len(arrays["grid"]) == 2 * COARSE * COARSE


def test_the_surface_is_what_the_net_says_there():
    given = {"data": "xor", **FEW, "layers": [4, 2]}
    _, task, net = played(**given)
    net.train(watched=True)
    with talk(client()) as link:
        page = Page(link)
        card, _ = page.begin(given)
        page.order("step")
        head, arrays = page.frame()
        page.order("look", layer=1)
        looked, warped = page.frame()
    x0, x1, y0, y1 = card["box"]
    # The first cell of the second row.
    place = np.array([[x0 + (x1 - x0) / FINE / 2, y1 - 1.5 * (y1 - y0) / FINE]])
    scores = cr.train.predict(net.model, task.entered(place))
    share = cr.softmax(scores)[0, 1]
    assert abs(arrays["surface"][FINE] / 255 - share) < 0.003
    second = cr.train.predict(cr.nn.Sequential(*net.model[:4]), task.entered(task.points.x))
    assert looked["warp"] == {
        "layer": 1, "how": "units", "axes": ["unit 1", "unit 2"], "shares": [],
    }  # fmt: skip
    assert_allclose(warped["points"].reshape(-1, 2), second, atol=1e-5)
    assert head["warp"]["how"] == "principal"
    assert 0.5 < sum(head["warp"]["shares"]) <= 1 + 1e-6


def test_principal_directions_are_those_of_the_svd():
    rng = np.random.default_rng(0)
    activations = rng.normal(size=(50, 4)) * [1, 5, 0.2, 3]
    directions, shares = principal(activations)
    centred = activations - activations.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    assert_allclose(np.abs(directions.T), np.abs(rows[:2]), atol=1e-8)
    assert_allclose(shares, (sizes**2 / (sizes**2).sum())[:2])
    assert np.all(directions[np.abs(directions).argmax(axis=0), [0, 1]] > 0)


def test_the_past_looks_as_it_did():
    with talk(client()) as link:
        page = Page(link)
        page.begin()
        then = []
        for _ in range(4):
            page.order("step")
            then.append(page.frame())
        page.order("past", epoch=2, ticket=5)
        head, arrays = page.frame()
        assert (head["epoch"], head["present"], head["ticket"]) == (2, 4, 5)
        before, looked = then[1]
        for name in ("surface", "units", "grid", "points"):
            assert_array_equal(arrays[name], looked[name])
        assert head["loss"] == before["loss"]
        assert arrays["epochs"].tolist() == [0, 1, 2, 3, 4]
        page.order("step")
        assert page.frame()[0]["epoch"] == 5  # what was looked at is not what is trained


def test_moments_are_few_and_evenly_apart():
    kept = KeptMoments()
    for epoch in range(20_000):
        if kept.is_due(epoch):
            kept.add(Moment(epoch, 0, {}, {}, 0.0, (), (), (), (), ()))
        assert len(kept.all) <= MOST_MOMENTS
    epochs = np.array([each.epoch for each in kept.all])
    assert set(np.diff(epochs)) == {kept.every}
    assert epochs[0] == 0
    assert epochs[-1] > 19_000
    assert kept.nearest(10_001).epoch in epochs


# ------------------------------------------------------------------------ as code


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


# ------------------------------------------------------------------------ what is given


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
        page.order("begin", run=1, settings=given)
        card = page.card()
        assert (card["says"], card["run"]) == ("error", 1)
        assert card["error"]["what"]
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
        page = Page(link)
        page.order("begin", run=2, settings={"data": "own"}, points=points)
        assert page.card()["says"] == "error"


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
        page.order("begin", run=1, settings={**FEW, "rows": 5_001})
        why = page.card()["error"]
        page.order("pause")  # is no trouble, and takes no reason away
        page.order(order)
        assert page.card()["error"] == why
        page.begin()


TABLE = "height,width,kind\n1.5,0.2,oak\n2.5,0.1,fir\n1.25,0.3,oak\n"


def test_a_table_becomes_points():
    for text in (TABLE, TABLE.replace(",", "\t"), TABLE.replace(",", ";"), "\ufeff" + TABLE,
                 TABLE.replace("\n", "\r\n"), TABLE + "\n\n",
                 TABLE.replace(",", ";").replace(".", ",")):  # fmt: skip
        card = answered({"ask": "table", "id": 1, "text": text}, {})
        assert card["points"] == {
            "x": [1.5, 2.5, 1.25], "y": [0.2, 0.1, 0.3], "label": [1, 0, 1],
            "classes": ["fir", "oak"], "columns": ["height", "width"],
        }  # fmt: skip
    named = read_table('"a,b,c,d";y;kind\n1,5;2;p\n3;4;q\n')
    assert named.columns == ("a,b,c,d", "y")
    bare = read_table("1,2,0\n3,4,1\n")
    assert (bare.columns, bare.classes) == (("column 1", "column 2"), ("0", "1"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("a,b,c\n", "one label"),
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


# ------------------------------------------------------------------------ life


def test_a_rate_that_is_too_high_is_told_in_words_and_what_was_stays():
    given = {**FEW, "loss": "squared_error", "activation": "relu", "optimizer": "sgd", "rate": 1e6}
    with talk(client()) as link:
        page = Page(link)
        page.begin(given)
        page.order("play")
        card = page.card()
        assert card["says"] == "error"
        assert "out of bounds" in card["error"]["what"]
        assert "Lower the learning rate" in card["error"]["do"]
        page.order("past", epoch=0)
        head, _ = page.frame()
        while head["plays"]:
            head, _ = page.frame()
        page.begin(FEW, run=2)


def test_it_plays_pauses_and_steps():
    with talk(client()) as link:
        page = Page(link)
        _, (head, _) = page.begin()
        assert (head["epoch"], head["plays"]) == (0, False)
        page.order("play")
        seen = [page.frame()[0] for _ in range(5)]
        assert [each["epoch"] for each in seen] == sorted(each["epoch"] for each in seen)
        assert seen[-1]["plays"]
        page.order("pause")
        while (last := page.frame()[0])["plays"]:
            pass
        page.order("step")
        assert page.frame()[0]["epoch"] == last["epoch"] + 1
        head, _ = page.begin(run=2)[1]
        assert (head["run"], head["epoch"]) == (2, 0)


def test_a_page_that_shows_nothing_gets_two_frames_and_the_training_goes_on():
    with talk(client()) as link:
        page = Page(link)
        page.order("begin", run=1, settings=FEW, plays=True, pace="fast")
        assert page.said()["says"] == "begun"
        first = [unpacked(page.said())[0] for _ in range(2)]
        time.sleep(1.0)  # nothing comes meanwhile: it is not sent
        page.order("pause")
        time.sleep(0.3)
        page.seen()
        late = unpacked(page.said())[0]
        assert late["epoch"] > first[-1]["epoch"] + 20  # the newest, none of those between
        page.seen()
        page.seen()
        page.order("step")
        head, arrays = unpacked(page.said())
        assert head["epoch"] == head["present"]
        assert len(arrays["epochs"]) <= MOST_MOMENTS + 1


def test_trainings_are_few_and_end_with_their_page():
    assert ended()
    site = client()
    links = [talk(site) for _ in range(MOST_SESSIONS)]
    for link in links:
        Page(link.__enter__()).begin(plays=True)
    with talk(site) as link:
        page = Page(link)
        page.order("begin", run=7, settings=FEW)
        card = page.card()
        assert (card["says"], card["run"]) == ("error", 7)
        links.pop().__exit__(None, None, None)  # while it trains
        assert ended(MOST_SESSIONS - 1)
        page.begin(run=8)
    for link in links:
        link.__exit__(None, None, None)
    assert ended()


@pytest.mark.parametrize("limit", ["MOST_EPOCHS", "LONGEST_PLAY"])
def test_a_limit_pauses_the_training_and_says_so(monkeypatch, limit):
    monkeypatch.setattr(play_session, limit, 5 if limit == "MOST_EPOCHS" else 0.2)
    with talk(client()) as link:
        page = Page(link)
        page.begin(plays=True)
        card = page.card()
        assert card["error"]["what"].startswith("Paused after")
        page.order("look", layer=0)
        head, _ = page.frame()
        while head["plays"]:
            head, _ = page.frame()
        if limit == "MOST_EPOCHS":
            assert head["epoch"] == 5
            page.order("step")
            assert page.card()["says"] == "error"


def test_random_orders_leave_the_training_alive():
    rng = random.Random(0)
    words = ["begin", "play", "pause", "step", "pace", "look", "past", "", None, 3, "seen"]
    values = [None, True, -1, 0, 1e308, 10**30, "x", "fast", [], {}, [0, 1], HOSTILE]
    names = ["run", "settings", "points", "plays", "pace", "layer", "units", "epoch", "ticket"]
    with talk(client()) as link:
        page = Page(link)
        page.begin()
        for _ in range(200):
            order = {name: rng.choice(values) for name in rng.sample(names, rng.randint(0, 5))}
            page.order(rng.choice(words), **order)
        for _ in range(2):
            page.seen()
        page.order("begin", run=77, settings=FEW)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            said = page.said()
            if isinstance(said, bytes):
                page.seen()
                if unpacked(said)[0]["run"] == 77:
                    break
        else:
            pytest.fail("no frame came")


def test_seen_without_a_frame_is_a_question_like_any_other():
    with talk(client()) as link:
        link.send_text(SEEN)
        assert link.receive_json()["card"] == "error"

"""Playing as tests do it: a net of some settings, and a page that gives orders and sees frames."""

import json
import struct

import numpy as np

from chainrule.explorer.playground.play_settings import read_settings
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.explorer.playground.point_set import points_for

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

    def refused(self, settings=FEW, run=1, **more):
        """What is wrong with a training that cannot begin."""
        self.order("begin", run=run, settings=settings, **more)
        card = self.card()
        assert (card["says"], card["run"]) == ("error", run), card
        assert card["error"]["what"]
        return card["error"]

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

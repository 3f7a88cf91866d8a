"""The life of a training: it plays, pauses and ends with its page; its limits, and slow pages."""

import random
import threading
import time

import pytest

from chainrule.explorer.playground import play_session
from chainrule.explorer.playground.moment import MOST_MOMENTS
from chainrule.explorer.playground.play_room import MOST_SESSIONS

from .playing import FEW, HOSTILE, PATIENCE, SEEN, Page, unpacked
from .served import client, talk


def ended(count=0):
    """Whether no more than so many trainings are left, after a while."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if sum(thread.name == "playground" for thread in threading.enumerate()) <= count:
            return True
        time.sleep(0.02)
    return False


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
        page.refused(run=7)
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

"""The playground's page as tests see it: opened with settings, ready at an epoch, what it says."""

import json

import pytest

from .served import opened

PATIENCE = 30_000  # ms: machine code is made meanwhile
expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=PATIENCE)
HOSTILE = "<img src=x onerror=window.hurt=1>"
SMALL = {"rows": 60, "layers": [3, 2]}


def playground_at(page, site, **settings):
    play = {"play": json.dumps(settings)} if settings else {}
    return opened(page, site, "#view=play", **play)


def ready(page, epoch=0):
    expect(page.locator(".count")).to_have_text(f"epoch {epoch}", timeout=PATIENCE)


def said(page):
    return page.locator(".says").text_content().replace("\N{MINUS SIGN}", "-")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)

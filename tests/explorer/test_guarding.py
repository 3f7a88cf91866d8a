"""Who may ask: every route, every method and the socket refuse strangers in the same way."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import chainrule.explorer as explorer
from chainrule.explorer.guarding import HEADERS, Guard
from chainrule.explorer.page_files import TABLE, page_files
from tests.together import together

from .served import HOST, TOKEN, client, talk

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "ODD")
PATHS = (*TABLE, "/socket", "/nothing", "/static/index.html")
STRANGERS = (
    "evil.example",
    "evil.example:8123",
    "127.0.0.1",
    "127.0.0.1:8124",
    "127.0.0.1:8123.evil.example",
    "localhost",
    "0.0.0.0:8123",
    "[::1]:8123",
    "127.1:8123",
    "2130706433:8123",
    "127.0.0.1:8123@evil.example",
    "",
)
SITE = client()
GOOD = f"?token={TOKEN}"


@together("method", METHODS)
def test_another_name_for_this_machine_is_refused_for_every_method_and_path(method):
    for path in PATHS:
        got = SITE.request(method, f"{path}{GOOD}", headers={"host": "evil.example"})
        assert got.status_code == 421, path


@together("host", STRANGERS)
def test_every_other_name_for_this_machine_is_refused(host):
    assert SITE.get(f"/{GOOD}", headers={"host": host}).status_code == 421


@together("host", STRANGERS)
def test_another_name_for_this_machine_is_refused_at_the_socket(host):
    with pytest.raises(WebSocketDisconnect), talk(SITE, host=host, origin=f"http://{host}"):
        pass


def test_a_request_without_a_host_or_with_two_is_refused():
    guard = Guard(explorer.app(), TOKEN)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": f"token={TOKEN}".encode(),
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8123),
    }
    named = (b"host", HOST.encode())
    assert guard.refusal({**scope, "headers": [named]}) is None
    for headers in ([], [named, named], [(b"host", b"evil.example"), named]):
        status, _ = guard.refusal({**scope, "headers": headers})
        assert status == 421


def test_the_page_needs_the_token_and_says_so():
    wrong = ("", "wrong", f"{TOKEN}x", f"%00{TOKEN}", "\u00e9", f"{TOKEN}&token={TOKEN}")
    for query in ("", f"?TOKEN={TOKEN}", *(f"?token={each}" for each in wrong)):
        got = SITE.get(f"/{query}")
        assert got.status_code == 403
        assert "token" in got.text
    assert SITE.get(f"/{GOOD}").status_code == 200


@together("query", ["", "?token=wrong", f"?token={TOKEN}&token=x"])
def test_a_socket_without_the_token_is_refused(query):
    with pytest.raises(WebSocketDisconnect), talk(SITE, query):
        pass


@together(
    "origin", ["http://evil.example", "null", f"https://{HOST}", f"http://{HOST}/", "", HOST]
)
def test_a_page_of_another_origin_is_refused(origin):
    assert SITE.get(f"/{GOOD}", headers={"origin": origin}).status_code == 403
    assert SITE.get("/app.js", headers={"origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), talk(SITE, origin=origin):
        pass


def test_a_socket_that_names_no_origin_is_refused():
    with (
        pytest.raises(WebSocketDisconnect),
        SITE.websocket_connect(f"ws://{HOST}/socket{GOOD}"),
    ):
        pass


def test_a_script_of_another_site_may_not_load_anything_but_a_link_may_lead_here():
    cross = {"sec-fetch-site": "cross-site"}
    assert SITE.get("/app.js", headers={**cross, "sec-fetch-mode": "no-cors"}).status_code == 403
    link = {**cross, "sec-fetch-mode": "navigate"}
    assert SITE.get(f"/{GOOD}", headers=link).status_code == 200


def test_a_request_from_another_machine_is_refused():
    application = explorer.app(token=TOKEN)
    for place in ("192.168.0.7", "10.0.0.1", "::ffff:10.0.0.1", "testclient", "8.8.8.8"):
        far = TestClient(application, base_url=f"http://{HOST}", client=(place, 5))
        assert far.get(f"/{GOOD}").status_code == 403


@together("method", [each for each in METHODS if each not in ("GET", "HEAD")])
def test_nothing_but_get_is_answered(method):
    for path in PATHS:
        got = SITE.request(method, f"{path}{GOOD}")
        assert got.status_code == 405
        assert got.headers["allow"] == "GET, HEAD"


def test_a_body_is_refused_and_never_read():
    for size in (1, 10, 10_000_000):
        got = SITE.request("GET", f"/{GOOD}", content=b"x" * size)
        assert got.status_code == 413


def test_a_long_address_is_refused():
    assert SITE.get(f"/{GOOD}&more={'x' * 5000}").status_code == 414
    assert SITE.get(f"/{'x' * 5000}").status_code == 414


def test_every_answer_carries_the_headers_that_keep_strangers_out():
    for got in (
        SITE.get(f"/{GOOD}"),
        SITE.get("/"),
        SITE.get("/nothing"),
        SITE.post("/"),
        SITE.get("/", headers={"host": "evil.example"}),
    ):
        for name, value in HEADERS:
            assert got.headers[name.decode()] == value.decode()
        assert "script-src 'self'" in got.headers["content-security-policy"]
        assert "set-cookie" not in got.headers
        assert "access-control-allow-origin" not in got.headers


def test_files_come_from_the_table_and_from_nowhere_else():
    for address, file in page_files().items():
        got = SITE.get(f"{address}{GOOD}")
        assert got.content == file.content
        assert got.headers["content-type"] == file.media_type
    for path in ("/app.js/", "/APP.JS", "/app.js%00", "/%2e/app.js", "/static/app.js"):
        assert SITE.get(path).text == "There is nothing here."


def test_each_application_has_a_token_of_its_own():
    tokens = {explorer.app().state.token for _ in range(8)}
    assert len(tokens) == 8
    assert min(map(len, tokens)) >= 32

"""Points in the playground, clicked, typed and from a file; and what leaves with them."""

import json
import re
from urllib.parse import unquote

import pytest

import chainrule.explorer as explorer
from tests.thorough import parametrize

from .playground_page import HOSTILE, button, expect, playground_at, ready, said
from .served import TOKEN, served, wants_page

pytestmark = wants_page


@pytest.fixture(scope="module")
def site():
    with served(explorer.app(token=TOKEN)) as running:
        yield running


def test_points_are_set_with_the_mouse_and_with_keys(page, site):
    playground_at(page, site, data="own", layers=[2], held=0)
    expect(page.locator(".says")).to_contain_text("at least two classes")
    field = page.locator(".field [role=application]")
    field.click(position={"x": 60, "y": 60})
    button(page, "class 1").click()
    field.click(position={"x": 300, "y": 300})
    ready(page)
    field.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "3", "ArrowUp", "1"):
        page.keyboard.press(key)
    expect(page.locator("summary")).to_contain_text("4 points")
    expect(page.locator(".legend")).to_contain_text("class 2")
    assert "0.3_0.15_2*0.3_0.3_0" in page.url.replace("%2A", "*")
    ready(page)
    button(page, "One epoch").click()
    ready(page, 1)
    text = said(page)
    page.reload()
    ready(page)
    button(page, "One epoch").click()
    ready(page, 1)
    assert said(page) == text
    button(page, "Undo last").click()
    expect(page.locator("summary")).to_contain_text("3 points")
    button(page, "Clear").click()
    expect(page.locator(".says")).to_contain_text("at least two classes")


def test_a_table_is_read_from_a_file_and_from_the_text(page, site):
    playground_at(page, site, data="own", layers=[2])
    rows = "\n".join(f"{i % 7},{i % 5},{'oak' if i % 2 else HOSTILE}" for i in range(30))
    content = f"height,width,kind\n{rows}\n".encode()
    page.locator("input[type=file]").set_input_files(
        {"name": "trees.csv", "mimeType": "text/csv", "buffer": content}
    )
    ready(page)
    expect(page.locator(".legend")).to_contain_text("oak")
    expect(page.locator(".legend")).to_contain_text(HOSTILE)
    expect(page.locator(".legend .range")).to_contain_text("height")
    page.locator("summary").click()
    area = page.get_by_label("Points as a table")
    assert area.input_value().splitlines()[1] == f"0,0,{HOSTILE}"
    area.fill("a,b,c\n1,2,x\n3,oops,y\n")
    button(page, "Use this table").click()
    expect(page.locator(".trouble")).to_contain_text("Row 3: 'oops' is no number")
    area.fill("a,b,c\n1,2,x\n3,4,y\n2,2,x\n1,1,y\n")
    button(page, "Use this table").click()
    expect(page.locator(".legend")).to_contain_text("y")
    expect(page.locator("summary")).to_contain_text("4 points")


def test_a_text_that_is_too_long_is_told_and_the_training_stays(page, site):
    playground_at(page, site, data="own", layers=[2])
    page.locator("summary").click()
    area = page.get_by_label("Points as a table")
    again = []  # a socket that was closed is opened anew
    page.on("websocket", lambda each: again.append(each.url))
    for text in ('"' * 239_000, "\N{SNOWMAN}" * 200_000, "1,2,a\n" * 100_000):
        page.evaluate(
            """([area, text]) => {
                area.value = text;
                area.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            [area.element_handle(), text],
        )
        button(page, "Use this table").click()
        expect(page.locator(".trouble")).to_contain_text("more text than the explorer takes")
    area.fill("a,b,c\n1,2,x\n3,oops,y\n")
    button(page, "Use this table").click()
    expect(page.locator(".trouble")).to_contain_text("Row 3: 'oops' is no number")
    assert again == []


def test_points_of_ones_own_begin_without_trouble_and_clear_leaves_nothing(page, site):
    page.goto(f"http://{site.host}/?token={TOKEN}")
    page.get_by_role("button", name=re.compile("^Points of your own")).click()
    live, trouble = page.locator("[aria-live=polite].unseen"), page.locator(".trouble")
    expect(live).to_contain_text("Set points of at least two classes")
    field = page.locator(".field [role=application]")
    field.click(position={"x": 60, "y": 60})
    button(page, "class 1").click()
    field.click(position={"x": 300, "y": 300})
    ready(page)
    button(page, "One epoch").click()
    ready(page, 1)
    button(page, "Clear").click()
    expect(live).to_contain_text("Set points of at least two classes")
    page.wait_for_timeout(300)  # what a training before still says would come now
    ready(page)
    expect(page.locator(".figures")).to_have_count(0)
    assert trouble.count() == 0
    table = page.get_by_label("Points as a table")
    page.locator("summary").click()
    field.click(position={"x": 150, "y": 150})
    expect(table).to_have_value(re.compile(r"^x,y,class\n\S+,class 1$"))
    table.fill("a,b,c\n1,2,x\n")  # typed, and kept
    field.click(position={"x": 160, "y": 160})
    expect(page.locator("summary")).to_contain_text("2 points")
    assert table.input_value() == "a,b,c\n1,2,x\n"


def test_what_leaves_is_of_what_is_shown(page, site):
    rows = "".join(f"{i / 7:.4f},{i / 9:.4f},{i % 2}\n" for i in range(1_500))
    playground_at(page, site, data="own", layers=[2])
    content = {"name": "many.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(content)
    ready(page)
    button(page, "Share").click()
    shared = page.get_by_role("region", name="Share")
    expect(shared).to_contain_text("too many for an address: only the settings are in it")
    link = page.get_by_label("What to put behind the address").input_value()
    assert json.loads(unquote(link.split("play=")[1])) == {"data": "own", "layers": [2]}
    button(page, "As code").click()
    code, told = page.get_by_label("Python script"), page.get_by_role("region", name="As code")
    expect(told).to_contain_text("the same points, with")
    button(page, "One epoch").click()
    expect(told).to_contain_text("as after epoch 1,")
    assert "range(1, 2)" in code.input_value()
    button(page, "XOR").click()
    expect(code).to_have_value(re.compile("def xor"))
    expect(told).to_contain_text("the same points, with")
    button(page, "Your own").click()
    button(page, "Clear").click()
    expect(told).to_have_count(0)


@parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"], few=2)
def test_a_file_is_read_in_the_encoding_it_has(page, site, encoding):
    playground_at(page, site, data="own", layers=[2])
    text = "h\u00f6he;breite;art\r\n1,5;2;K\u00e4fer\r\n2,5;1;Ma\u00df\r\n3;1;K\u00e4fer\r\n"
    content = {"name": "de.csv", "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.locator("input[type=file]").set_input_files(content)
    expect(page.locator(".legend")).to_contain_text("K\u00e4fer")
    expect(page.locator(".legend")).to_contain_text("Ma\u00df")
    expect(page.locator(".legend .range")).to_contain_text("h\u00f6he 1.")

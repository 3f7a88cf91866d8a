"""The same rows in any kind of text give the same inputs, bit for bit."""

import gzip

import numpy as np
import pytest

from chainrule.train.data import load
from tests.train.data.houses import PLAIN, same, text

pytestmark = pytest.mark.usefixtures("one_engine")

WRITTEN = {
    "tabs": text("\t"),
    "semicolons and decimal commas": text(";", decimal=","),
    "bars": text("|"),
    "a line that names the delimiter": text(";", head="sep=;\n"),
    "carriage returns": text(end="\r\n"),
    "a byte order mark": "\ufeff" + PLAIN,
    "quotes": text(quote='"'),
    "quoted decimal commas": text(quote='"', decimal=","),
    "comments": "# from the office\n#\n" + PLAIN,
    "comments, blank lines and a delimiter": "\n# one\n\nsep=,\n# two\n\n" + PLAIN + "# end\n",
    "rows taken out by a comment": "# one\n" + PLAIN.replace("\n11.7", "\n#1,2,3,4\n11.7"),
    **{f"gaps called {mark}": text(gap=mark) for mark in ("NA", "n/a", "NULL", "None", "?", "-")},
    **{f"gaps called {mark}": text(gap=mark) for mark in ("NaN", "#N/A", "#DIV/0!", " NA ")},
    "UTF-16": PLAIN.encode("utf-16"),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip of decimal commas": gzip.compress(text(";", decimal=",").encode()),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN.keys())
def test_text_is_read_however_it_is_written(write, plain, content):
    assert same(load(write(content, "table.csv"), target="price"), plain)


def test_thousands_are_read_in_both_alphabets(write):
    numbers = [1234.5 + 1000 * row for row in range(30)]
    english = "".join(
        f'"{number:,.1f}",{row * row % 29}.5\n' for row, number in enumerate(numbers)
    )
    german = english.replace(",", "_").replace(".", ",").replace('"_', '";').replace("_", ".")
    one = load(write("x,y\n" + english, "english.csv"), target="y")
    other = load(write("x;y\n" + german, "german.csv"), target="y")
    assert same(other, one)
    assert one.preprocessing.columns[0].median == pytest.approx(np.median(numbers), abs=5000)


def test_another_alphabet_is_decoded_and_told(write):
    content = "größe,y\n" + "".join(
        f"{'süß' if row % 2 else 'groß'},{row / 7}\n" for row in range(40)
    )
    dataset = load(write(content.encode("cp1252")), target="y")
    assert dataset.features == ("größe=groß", "größe=süß")
    assert dataset.notes[0].startswith("houses.csv is not UTF-8 (byte 0xf6 in line 1)")

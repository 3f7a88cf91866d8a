"""CSV files: what is read, and how its columns are understood."""

import numpy as np
import pytest

from chainrule.train.data import load
from tests.thorough import crossed

pytestmark = pytest.mark.usefixtures("one_engine")

HOUSES = "area,colour,price\n" + "".join(
    f"{50 + 10 * row},{('red', 'blue')[row % 2]},{100.5 + row}\n" for row in range(10)
)
TYPES = "width,height,kind\n" + "".join(f"{row},{row * 0.5},{row % 3}\n" for row in range(30))


def same(first, second):
    return (
        first.preprocessing == second.preprocessing
        and first.x_train.tobytes() == second.x_train.tobytes()
        and first.y_train.tobytes() == second.y_train.tobytes()
    )


def test_numbers_text_and_a_regression_target(write):
    dataset = load(write(HOUSES), target="price")
    assert (dataset.name, dataset.task) == ("houses", "regression")
    assert dataset.features == ("area", "colour=blue", "colour=red")
    assert dataset.x_train.shape == (7, 3)
    assert set(dataset.x_train[:, 1:].ravel().tolist()) == {0.0, 1.0}
    assert (dataset.classes, dataset.outputs) == ((), 1)


def test_the_path_may_be_text(write):
    path = write(HOUSES)
    assert same(load(str(path), target="price"), load(path, target="price"))


def test_few_whole_numbers_are_classes(write):
    dataset = load(write(TYPES), target="kind")
    assert (dataset.task, dataset.classes) == ("classification", ("0", "1", "2"))


def test_numbered_classes_are_in_the_order_of_their_numbers(write):
    text = "x,kind\n" + "".join(f"{row},{(-1, 2, 10)[row % 3]}\n" for row in range(30))
    assert load(write(text), target="kind").classes == ("-1", "2", "10")


def test_zero_has_one_name(write):
    text = "x,kind\n" + "".join(f"{row},{('-0.0', '0', '1.0')[row % 3]}\n" for row in range(30))
    assert load(write(text), target="kind").classes == ("0", "1")


def test_twenty_numbers_are_classes_and_twenty_one_are_an_amount(write):
    def task(different):
        rows = "".join(f"{row},{row % different}\n" for row in range(210))
        return load(write("x,y\n" + rows), target="y").task

    assert task(20) == "classification"
    assert task(21) == "regression"


def test_text_is_classes(write):
    dataset = load(write(HOUSES), target="colour")
    assert (dataset.task, dataset.classes) == ("classification", ("blue", "red"))


@crossed("delimiter, end", [",", ";", "\t"], ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(write, delimiter, end):
    plain = load(write(HOUSES), target="price")
    text = HOUSES.replace(",", delimiter).replace("\n", end)
    assert same(load(write(text), target="price"), plain)


def test_a_byte_order_mark_blank_lines_and_blanks_around_cells_do_not_matter(write):
    plain = load(write(HOUSES), target="price")
    text = "\ufeff\n  \n" + HOUSES.replace(",", " , ").replace("\n", "\n\n") + "   \n"
    assert same(load(write(text), target="price"), plain)


def test_quoted_cells_may_hold_the_delimiter_a_quote_and_a_line_end(write):
    rows = "".join(f'"a, ""b""\nc",{row}\n"d",{row + 0.5}\n' for row in range(5))
    dataset = load(write('"what, so",y\n' + rows), target="y")
    assert dataset.features == ('what, so=a, "b"\nc', "what, so=d")


def test_names_in_any_alphabet(write):
    dataset = load(write(HOUSES.replace("colour", "Größe")), target="Größe")
    assert dataset.preprocessing.target.name == "Größe"


def test_a_rare_category_is_always_known_to_training(write):
    rows = "".join(f"{row},{'rare' if row == 17 else 'common'},{row / 7}\n" for row in range(40))
    path = write("x,kind,y\n" + rows)
    for seed in range(10):
        dataset = load(path, target="y", seed=seed)
        assert dataset.features == ("x", "kind=common", "kind=rare")
        assert dataset.x_train[:, 2].sum() == 1


def test_a_class_with_one_row_is_trained_on(write):
    text = "x,kind\n" + "".join(f"{row},{'ab'[row == 7]}\n" for row in range(20))
    for seed in range(5):
        dataset = load(write(text), target="kind", seed=seed)
        assert np.count_nonzero(dataset.y_train == 1) == 1


def test_numbers_with_a_python_underscore_are_text(write):
    text = "code,y\n" + "".join(f"1_00{row % 3},{row / 3}\n" for row in range(20))
    assert load(write(text), target="y").features == ("code=1_000", "code=1_001", "code=1_002")


def test_a_path_wins_over_a_name_when_it_is_written_as_a_path(write, monkeypatch):
    path = write(HOUSES, name="iris")
    monkeypatch.chdir(path.parent)
    assert load("./iris", target="price").task == "regression"
    assert load("iris").task == "classification"

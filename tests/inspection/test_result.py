"""The figures of a run, read against a constant answer."""

from math import nan

import pytest

from chainrule.inspection import Part, read_result


def parts(name: str, train: float, test: float, constant: float, rows: int = 200) -> list[Part]:
    return [
        Part("training", 800, 0.1, {name: train}, constant),
        Part("test", rows, 0.1, {name: test}, constant),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("accuracy", 0.99, 0.97, 0.5), []),
        (("accuracy", 0.99, 0.45, 0.5), ["does not hold for new rows", "overfitted"]),
        (("accuracy", 0.50, 0.50, 0.5), ["has learned nothing"]),
        (("accuracy", 1.00, 0.80, 0.5), ["overfitted"]),
        (("accuracy", 1.00, 0.80, 0.5, 10), []),  # chance: two of ten rows
        (("R^2", 0.9, 0.8, 0.0), []),
        (("R^2", 0.9, -0.2, 0.0), ["of always answering the mean", "overfitted"]),
        (("R^2", 0.9, 0.5, 0.0), ["overfitted"]),
        (("R^2", 0.9, nan, nan), []),
        (("accuracy", 0.9, 0.3, nan), ["overfitted"]),
    ],
)
def test_it_sees_a_result_below_the_constant_answer_and_an_overfitted_net(given, words):
    found = read_result(parts(*given))
    assert len(found) == len(words)
    assert all(word in sentence for word, sentence in zip(words, found, strict=True))


def test_without_held_out_rows_only_the_constant_answer_can_be_compared():
    assert read_result([Part("training", 10, 0.1, {"accuracy": 1.0}, 0.5)]) == ()
    assert len(read_result([Part("training", 10, 0.1, {"accuracy": 0.5}, 0.5)])) == 1
    assert read_result([]) == ()
    assert read_result([Part("training", 10, 0.1, {"RMSE": 3.0})]) == ()


def test_a_loss_above_that_of_equal_scores_is_worth_a_look():
    def part(name, loss, accuracy=0.7):
        return Part(name, 200, loss, {"accuracy": accuracy}, 0.4, even=1.1)

    assert read_result([part("training", 1.0), part("test", 1.0)]) == ()
    (longest,) = read_result([part("training", 2e6), part("test", 3e6)])
    assert longest.startswith(
        "The training loss of 2e+06 is above the 1.1 of equal scores for all classes: the steps"
    )
    (sure,) = read_result([part("training", 0.5), part("test", 1.5)])
    assert "The test loss of 1.5 is above the 1.1" in sure
    (overfitted,) = read_result([part("training", 0.1, 1.0), part("test", 1.5)])
    assert "overfitted" in overfitted

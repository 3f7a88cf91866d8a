"""Bad input to fit, evaluate and predict: a typed error, before the first step."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import (
    ArgumentError,
    DataError,
    DTypeError,
    IndexRangeError,
    NoGradientError,
    NotScalarError,
    ShapeError,
    UnknownNameError,
)
from chainrule.train import Callback, EarlyStopping, evaluate, fit, predict

X = np.linspace(-1, 1, 12).reshape(6, 2)
LABELS = np.array([0, 1, 2, 0, 1, 2])
NUMBERS = np.linspace(0, 1, 6)[:, None]


def attempt(x=X, y=LABELS, error=ArgumentError, outputs=3, **changes):
    """The message of the error that fit raises; it must leave the net alone."""
    model = changes.pop("model", nn.MLP([2, outputs]))
    options = {"loss": cr.softmax_cross_entropy, "optimizer": optim.SGD()} | changes
    data = options.pop("data", (x, y))
    before = model.state() if isinstance(model, nn.Module) else {}
    with pytest.raises(error) as caught:
        fit(model, data, **options)
    assert type(caught.value) is error
    if before:
        after = model.state()
        assert all(np.array_equal(before[name], after[name]) for name in before)
    return caught.value.short()


def test_the_message_shows_the_users_own_line():
    with pytest.raises(ArgumentError) as caught:
        fit(nn.MLP([2, 3]), (X, LABELS), loss=cr.hinge, optimizer=optim.SGD(), epochs=-1)
    assert "test_bad_input.py:" in str(caught.value)


def test_no_rows():
    assert attempt(X[:0], LABELS[:0], DataError) == (
        "the training data: there are no rows.\n"
        "    X         (0, 2)      float32\n"
        "Give at least one."
    )


def test_different_lengths():
    assert attempt(X, LABELS[:5], ShapeError) == (
        "the training data: X has 6 rows and y has 5.\n"
        "    X         (6, 2)      float32\n"
        "    y         (5,)        int64\n"
        "Give one target per row."
    )


def test_wrong_feature_count():
    message = attempt(np.ones((6, 5)), error=ShapeError)
    assert message.startswith('layer "layers.0" takes 2 features, but x has 5.')


def test_labels_out_of_range():
    assert attempt(y=np.array([0, 1, 2, 0, 7, 2]), error=IndexRangeError) == (
        "label 7 in row 4 of the training data is outside the 3 classes.\n"
        "    y         (6,)        int64    values 0 to 7\n"
        "Labels run from 0 to 2; give the last layer one unit per class."
    )
    message = attempt(y=np.array([0, 1, 2, 0, -1, 2]), error=IndexRangeError)
    assert message.startswith("label -1 in row 4 of the training data")


def test_labels_out_of_range_in_the_validation_data():
    message = attempt(validation=(X, LABELS + 1), error=IndexRangeError)
    assert message.startswith("label 3 in row 2 of the validation data is outside the 3 classes.")


def test_targets_of_binary_cross_entropy_out_of_range():
    message = attempt(y=NUMBERS * 2, outputs=1, loss=cr.binary_cross_entropy, error=DataError)
    assert message.startswith("target 1.2")
    assert "in row 3, column 0 of the training data is outside 0 to 1." in message


def test_a_column_against_rows():
    message = attempt(y=NUMBERS.ravel(), outputs=1, loss=cr.squared_error, error=ShapeError)
    assert message == (
        "the training data: the outputs are (6, 1) and the targets (6,): compared, they make a "
        "table of (6, 6), every row against every other.\n"
        "    outputs   (6, 1)\n"
        "    y         (6,)\n"
        "Make the targets a column: y.reshape(-1, 1)."
    )


def test_labels_that_are_floats():
    message = attempt(y=LABELS.astype(float), error=IndexRangeError)
    assert "class labels are integers" in message


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_numbers_that_are_none(wrong):
    x = X.copy()
    x[4, 1] = wrong
    message = attempt(x, error=DataError)
    assert message == (
        f"X of the training data holds {wrong} in row 4, column 1.\n"
        "    X         (6, 2)      float32  1 of 12 not finite\n"
        "Fill missing numbers in or leave their rows out: X[np.isfinite(X).all(axis=1)]."
    )
    y = NUMBERS.copy()
    y[2] = wrong
    message = attempt(y=y, outputs=1, loss=cr.squared_error, error=DataError)
    assert message.startswith(f"y of the training data holds {wrong} in row 2, column 0.")


def test_a_number_that_overflows_the_type_of_the_net():
    x = X.copy()
    x[0, 0] = 1e300
    assert "holds 1e+300, which is beyond float32" in attempt(x, error=DataError)


def test_text():
    message = attempt(np.full((6, 2), "a"), error=DTypeError)
    assert message.startswith("X of the training data holds <U1, but a net takes numbers.")
    assert "np.unique" in attempt(y=np.array(list("abcabc")), error=DTypeError)


def test_rows_of_different_lengths():
    assert "is no array" in attempt([[1, 2], [3]], error=DataError)


def test_rows_without_columns():
    message = attempt(np.ones(6), error=ShapeError)
    assert "X.reshape(-1, 1)" in message


@pytest.mark.parametrize(
    ("data", "kind"), [(X, "ndarray"), ((X,), "1 arrays"), ((X, LABELS, X), "3 arrays")]
)
def test_data_that_is_no_pair(data, kind):
    assert attempt(data=data).startswith(
        f"the training data is given as (X, y), but this is {kind}."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": -1}, "fit was given epochs=-1.\nepochs is a whole number from 0 upwards."),
        ({"epochs": 2.5}, "fit was given epochs=2.5."),
        ({"batch_size": 0}, "fit was given batch_size=0."),
        ({"batch_size": True}, "fit was given batch_size=True."),
        ({"seed": -1}, "fit was given seed=-1."),
        ({"clip": "hard"}, "fit was given clip='hard'."),
        ({"clip": 0.0}, "ClipNorm was given limit=0.0."),
        ({"schedule": 0.1}, "fit was given schedule=0.1."),
        ({"schedule": optim.Cosine}, "fit was given schedule="),
        ({"schedule": optim.Cosine(warmup=99)}, "Cosine warms up for 99 of its 10 steps."),
        ({"early_stopping": 0}, "EarlyStopping was given patience=0."),
        ({"early_stopping": EarlyStopping}, "EarlyStopping or a patience, not EarlyStopping."),
        ({"early_stopping": "soon"}, "EarlyStopping was given patience='soon'."),
        (
            {"early_stopping": EarlyStopping(monitor="validation_loss")},
            "early stopping monitors validation_loss, but this fit has no validation rows.",
        ),
        (
            {"early_stopping": EarlyStopping(monitor="metric"), "metric": None},
            "early stopping monitors metric, but this fit has no metric.",
        ),
        ({"callbacks": Callback()}, "callbacks is a list of callbacks"),
        ({"callbacks": [print]}, "but builtin_function_or_method is not."),
        ({"callbacks": [Callback]}, "but Callback is not."),
        ({"optimizer": optim.Adam}, "of one of chainrule.optim, but this is Adam."),
        ({"optimizer": "adam"}, "but this is 'adam'."),
        ({"loss": "hinge"}, "but this is 'hinge'."),
        ({"model": np.tanh}, "the model is a chainrule.nn.Module, but this is ufunc."),
        ({"regularization": 0.1}, "regularization= takes L1, L2, ElasticNet or MaxNorm"),
        (
            {"optimizer": optim.LBFGS(), "batch_size": 4},
            "LBFGS compares losses of the same rows, but a batch has 4 of 6.\n"
            "Pass batch_size=6, or choose Adam or SGD for minibatches.",
        ),
        ({"metric": "r2"}, "r2 compares numbers of one shape"),
    ],
)
def test_arguments_that_make_no_sense(changes, message):
    assert message in attempt(**changes)


def test_an_unknown_metric():
    message = attempt(metric="acuracy", error=UnknownNameError)
    assert "did you mean 'accuracy'?" in message


def test_an_unknown_quantity_to_monitor():
    for name, near in (("validation_los", "validation_loss"), ("acuracy", "accuracy")):
        stopping = EarlyStopping(monitor=name)
        message = attempt(early_stopping=stopping, error=UnknownNameError)
        assert f"did you mean '{near}'" in message


def test_a_loss_with_many_numbers():
    def squares(out, y):
        return (out - y) ** 2

    assert attempt(y=np.ones((6, 3)), loss=squares, error=NotScalarError).startswith(
        "a loss is one number, but squares returned 21 for 7 rows."
    )


def test_a_net_without_parameters():
    message = attempt(model=nn.Sequential(nn.ReLU()), y=LABELS % 2, error=NoGradientError)
    assert message.startswith("Sequential has no parameters to train.")


def test_evaluate_and_predict_check_too():
    model = nn.MLP([2, 3])
    with pytest.raises(IndexRangeError, match="row 5 of the data"):
        evaluate(model, (X, [0, 1, 2, 0, 1, 3]), cr.softmax_cross_entropy)
    with pytest.raises(ArgumentError, match="predict was given batch_size=0"):
        predict(model, X, batch_size=0)
    with pytest.raises(DataError, match="X holds nan in row 0, column 0"):
        predict(model, X * np.nan)
    with pytest.raises(ShapeError, match="layer"):
        predict(model, np.ones((3, 7)))
    with pytest.raises(ArgumentError, match=r"the model is a chainrule\.nn\.Module"):
        predict(None, X)


def test_a_net_that_loses_rows():
    class Net(nn.Linear):
        def forward(self, x, run=None):
            return super().forward(x, run).mean(axis=0)

    with pytest.raises(ShapeError, match="6 rows gave 3"):
        predict(Net(2, 3), X)

"""What a user can get wrong: a few lines on standard error, no traceback, nothing lost."""

import os
from pathlib import Path

import pytest

ROWS = "".join(f"{i},{i % 7},{'yes' if i % 2 else 'no'}\n" for i in range(60))
GOOD = "a,b,answer\n" + ROWS
SETS = "digits, iris, wine, breast_cancer, diabetes, moons, circles, spiral, fashion-mnist"
SHARE = "a share of the rows, from 0 up to but not including 1"

# Words after "chainrule train", and what is said; "..." stands for the rest of the message.
TRAIN = {
    "digts": (
        "there is no data set named 'digts'; did you mean 'digits'?\n"
        f"Known: {SETS}. A CSV file is given by its path.\n"
    ),
    "xyzzy": (
        f"there is no data set named 'xyzzy'.\nKnown: {SETS}. A CSV file is given by its path.\n"
    ),
    "hauses.csv --target answer": (
        "there is no file 'hauses.csv'.\nDid you mean 'houses.csv'?\n..."
    ),
    "houses.csv --target anser": (
        "there is no column named 'anser'; did you mean 'answer'?\nKnown: a, b, answer.\n"
    ),
    "houses.csv": "...",
    "empty.csv --target answer": (
        "empty.csv is empty.\nA CSV starts with a row of column names.\n"
    ),
    "short.csv --target answer": "line 3 of short.csv has 2 fields; the header has 3.\n...",
    "inf.csv --target answer": "1 number cannot be used: ...",
    "text.bin --target answer": "...",
    ". --target answer": ". is a folder, not a CSV file.\n...",
    "moons --target answer": (
        "the data set 'moons' has its own target; target='answer' has no meaning here.\n..."
    ),
    "fashion-mnist --folder nowhere": (
        "the data set fashion-mnist is not on this machine.\n"
        "    looked for train-images-idx3-ubyte.gz in nowhere\n..."
    ),
    "moons --activation rellu": (
        "there is no activation named 'rellu'; did you mean 'relu'?\n"
        "Known: elu, gelu, identity, leaky_relu, mish, relu, selu, sigmoid, silu, softplus, "
        "tanh.\n"
    ),
    "moons --optimizer adams": (
        "there is no optimiser named 'adams'; did you mean 'adam'?\n"
        "Known: adagrad, adam, adamw, lbfgs, lion, nadam, radam, rmsprop, sgd.\n"
    ),
    "moons --loss hnge": (
        "there is no loss named 'hnge'; did you mean 'hinge'?\n"
        "Known: auto, softmax_cross_entropy, hinge, softmax_focal, squared_error, absolute_error, "
        "huber, log_cosh, quantile.\n"
    ),
    "moons --loss huber": (
        "the loss huber does not suit moons, whose answers are classes.\n"
        "Choose one of: softmax_cross_entropy, hinge, softmax_focal.\n"
    ),
    "diabetes --loss hinge": (
        "the loss hinge does not suit diabetes, whose answers are numbers.\n"
        "Choose one of: squared_error, absolute_error, huber, log_cosh, quantile.\n"
    ),
    "moons --schedule cosin": (
        "there is no schedule named 'cosin'; did you mean 'cosine'?\n"
        "Known: cosine, linear, one_cycle, restarts, exponential, polynomial, step, "
        "inverse_sqrt, constant.\n"
    ),
    "moons --normalization bach": (
        "there is no normalization named 'bach'; did you mean 'batch'?\nKnown: batch, layer.\n"
    ),
    "moons --epochs -5": "--epochs is a whole number from 1 upwards; found -5.\n",
    "moons --epochs 0": "--epochs is a whole number from 1 upwards; found 0.\n",
    "moons --batch-size 0": "--batch-size is a whole number of rows from 1 upwards; found 0.\n",
    "moons --hidden -3": (
        "--hidden is one whole number above 0 per hidden layer, or 0 for none; found -3.\n"
    ),
    "moons --hidden 8 0": (
        "--hidden is one whole number above 0 per hidden layer, or 0 for none; found 8 0.\n"
    ),
    "moons --hidden": (
        "--hidden is one whole number above 0 per hidden layer, or 0 for none; found nothing.\n"
    ),
    "moons --learning-rate 0": "--learning-rate is a number above 0; found 0.0.\n",
    "moons --learning-rate nan": "--learning-rate is a number above 0; found nan.\n",
    "moons --l2 -1": "--l2 is a number from 0 upwards; found -1.0.\n",
    "moons --l2 inf": "--l2 is a number from 0 upwards; found inf.\n",
    "moons --clip 0": "--clip is a number above 0; found 0.0.\n",
    "moons --dropout 1": (
        "--dropout is a share of the units, from 0 up to but not including 1; found 1.0.\n"
    ),
    "moons --validation 1": f"--validation is {SHARE}; found 1.0.\n",
    "moons --test -0.1": f"--test is {SHARE}; found -0.1.\n",
    "moons --test nan": f"--test is {SHARE}; found nan.\n",
    "moons --patience -1": "--patience is a whole number of epochs from 0 upwards; found -1.\n",
    "moons --seed -1": "--seed is a whole number from 0 upwards; found -1.\n",
    "moons --overwrite": (
        "--overwrite replaces the results in the folder of --out, but there is no --out.\n"
        "Name the folder: --out FOLDER\n"
    ),
    "moons --epochs many": (
        'Invalid value for --epochs: unable to convert "many" into int.\n'
        "Try: chainrule train --help\n"
    ),
    "moons --epochs": (
        'Command "train" parameter --epochs requires an argument.\nTry: chainrule train --help\n'
    ),
    "moons --epoch 3": (
        "Unknown option: --epoch. Did you mean --epochs?\nTry: chainrule train --help\n"
    ),
    "--missing -9 unknown moons": (
        'Command "train" parameter DATA requires an argument.\n'
        "Every word up to the next option belongs to --missing. "
        "Write the table before it: chainrule train TABLE --missing ...\n"
    ),
    "moons --missing unknown -k.A.": (
        "Unknown option: -k.A.. -k is not a recognized option.\n"
        "A word that begins with a hyphen is joined to its option: --missing=-k.A.\n"
    ),
    "moons --drop -x": (
        "Unknown option: -x.\n"
        "A word that begins with a hyphen is joined to its option: --drop=-x\n"
    ),
    "moons --target -price": (
        'Command "train" parameter --target requires an argument.\n'
        "A word that begins with a hyphen is joined to its option: --target=-price\n"
    ),
    "moons --epochs 3 -x": "Unknown option: -x.\nTry: chainrule train --help\n",
    "--hidden 8 moons": (
        'Command "train" parameter DATA requires an argument.\n'
        "Every word up to the next option belongs to --hidden. "
        "Write the table before it: chainrule train TABLE --hidden ...\n"
    ),
    "moons circles": "unexpected: circles\nTry: chainrule train --help\n",
    "": 'Command "train" parameter DATA requires an argument.\nTry: chainrule train --help\n',
    "moons --out taken": (
        "the folder taken cannot be written: taken is a file.\n"
        "Choose another folder, or one that you may write.\n"
    ),
    "moons --out taken/run": (
        "the folder taken/run cannot be written: taken is a file.\n"
        "Choose another folder, or one that you may write.\n"
    ),
    "moons --out /proc/self/run": "the folder /proc/self/run cannot be written: ...",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files that the commands name."""
    (tmp_path / "houses.csv").write_text(GOOD)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "short.csv").write_text("a,b,answer\n1,2,yes\n1,2\n")
    (tmp_path / "inf.csv").write_text(GOOD.replace("30,2", "inf,2"))
    (tmp_path / "text.bin").write_bytes(bytes(range(256)))
    (tmp_path / "taken").write_text("mine")
    return tmp_path


@pytest.mark.parametrize("words", TRAIN, ids=lambda words: words or "nothing")
def test_train_refuses(chainrule, files, words):
    before = {path: path.read_bytes() for path in files.iterdir()}
    ended = chainrule("train", *words.split())
    assert ended.code == 2, ended.err
    assert is_as_expected(ended.err, TRAIN[words]), ended.err
    assert len(ended.err.splitlines()) <= 5
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert {path: path.read_bytes() for path in files.iterdir()} == before


def is_as_expected(said: str, expected: str) -> bool:
    if expected.endswith("..."):
        return said.startswith(expected.removesuffix("..."))
    return said == expected


PREDICT = {
    "runs/digts digits": "there is no run runs/digts.\nDid you mean runs/digits?\n...",
    "empty digits": (
        "empty holds no model.safetensors and no model.npz.\n"
        "Give the folder that chainrule train has written.\n"
    ),
    "runs/broken digits": "runs/broken/model.safetensors is not a whole safetensors file.\n...",
    "runs/digits diggits": "there is no data set named 'diggits'; did you mean 'digits'?\n...",
    "runs/digits none.csv": "there is no file 'none.csv'.\n...",
    "runs/digits houses.csv": "houses.csv lacks 64 columns that the net reads: pixel_0_0, ...",
    "runs/digits iris": "iris lacks 64 columns that the net reads: ...",
    "runs/digits digits --rows -1": "--rows is a whole number from 0 upwards; found -1.\n",
    "runs/digits digits --out empty": "empty is a folder.\nGive --out the name of a file in it.\n",
    "runs/digits digits --out no/a.csv": "no/a.csv cannot be written: No such file or ...",
    "runs/digits": (
        'Command "predict" parameter DATA requires an argument.\nTry: chainrule predict --help\n'
    ),
}


@pytest.mark.parametrize("words", PREDICT)
def test_predict_refuses(chainrule, digits, tmp_path, words):
    (tmp_path / "runs" / "broken").mkdir(parents=True)
    (tmp_path / "runs" / "digits").symlink_to(digits.folder)
    (tmp_path / "runs" / "broken" / "model.safetensors").write_bytes(b"broken")
    (tmp_path / "empty").mkdir()
    (tmp_path / "houses.csv").write_text(GOOD)
    ended = chainrule("predict", *words.split())
    assert ended.code == 2, ended.err
    assert is_as_expected(ended.err, PREDICT[words]), ended.err
    assert len(ended.err.splitlines()) <= 5


def test_an_unknown_command_is_told_the_nearest_name(chainrule):
    ended = chainrule("trian", "digits")
    assert ended.code == 2
    assert ended.err == (
        'Unknown command "trian". Did you mean "train"? '
        "Available commands: train, predict, checkup, check, explore, bench.\n"
        "Try: chainrule --help\n"
    )


def test_a_loss_that_overflows_names_the_op_and_the_way_out(chainrule):
    words = ("--optimizer", "sgd", "--learning-rate", "1e12", "--activation", "identity")
    ended = chainrule("train", "diabetes", *words)
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[0].startswith("the loss became ")
    assert "first op whose result is not finite" in lines[0]
    assert lines[-1] == "Take smaller steps: --learning-rate 1e+11, or --clip 1"
    assert "Traceback" not in ended.err
    assert os.listdir() == []


def test_debug_shows_the_traceback_before_the_message(chainrule):
    ended = chainrule("train", "digts", "--debug")
    assert ended.code == 2
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert "UnknownNameError" in ended.err
    assert f"Known: {SETS}. A CSV file is given by its path.\n" in ended.err


def test_a_failure_of_our_own_is_told_in_two_lines(chainrule, monkeypatch):
    from chainrule.cli import reading_data as training

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(training, "load", fail)
    ended = chainrule("train", "moons")
    assert ended.code == 1
    assert ended.err == (
        "chainrule itself failed: ZeroDivisionError: division by zero\n"
        "Add --debug for the traceback.\n"
    )

"""`chainrule check` on a file of ops: what it says, and its exit code."""

import textwrap

import pytest

OPS = """
import numpy as np
import chainrule as cr


class Good(cr.Op):
    def forward(self, x, w):
        return x @ w

    def backward(self, upstream, x, w, out):
        return upstream @ w.T, x.T @ upstream


class Bad(cr.Op):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        return (1 - out**2,)


def function(x, y):
    return np.sum(x * np.tanh(y))


class Net:
    def __init__(self, slope=2.0):
        print("made")
        self.slope = slope

    def loss(self, x):
        return np.sum(np.tanh(self.slope * x))

    @staticmethod
    def penalty(w):
        return np.sum(w**2)

    @classmethod
    def size(cls, w):
        return np.sum(np.exp(w))

    class Good(Good):
        pass


class Sized:
    def __init__(self, size):
        self.size = size

    def loss(self, x):
        return np.sum(x) * self.size

    @staticmethod
    def penalty(w):
        return np.sum(w**2)


class Broken:
    def __init__(self):
        raise OSError("no data")

    def loss(self, x):
        return x
"""


@pytest.fixture
def ops(tmp_path):
    path = tmp_path / "some_ops.py"
    path.write_text(OPS, encoding="utf-8")
    return path


def test_a_right_op_passes_with_a_shape_for_each_input(chainrule, ops):
    ended = chainrule("check", f"{ops}:Good", "--shape", "3,4", "--shape", "4,2")
    assert ended.code == 0, ended.err
    assert "Gradient check of good(x (3, 4), w (4, 2)): passed." in ended.out
    assert "second order" in ended.out


def test_a_wrong_op_is_named_and_the_exit_code_is_1(chainrule, ops):
    ended = chainrule("check", f"{ops}:Bad", "--dtype", "float32", "--shape", "5", "--order", "1")
    assert ended.code == 1
    assert "1. upstream_ignored in the gradient of x" in ended.out


def test_a_function_is_checked(chainrule, ops):
    ended = chainrule("check", f"{ops}:function", "--shape", "3", "--shape", "3")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("name", "said"),
    [("Net.loss", "loss(x (3,))"), ("Net.penalty", "penalty(w (3,))"),
     ("Net.size", "size(w (3,))"), ("Sized.penalty", "penalty(w (3,))")],
)  # fmt: skip
def test_a_method_is_checked(chainrule, ops, name, said):
    ended = chainrule("check", f"{ops}:{name}", "--shape", "3")
    assert ended.code == 0, ended.err
    assert f"Gradient check of {said}: passed." in ended.out
    assert "made" not in ended.out


def test_an_op_inside_a_class_is_checked(chainrule, ops):
    ended = chainrule("check", f"{ops}:Net.Good", "--shape", "3,4", "--shape", "4,2")
    assert ended.code == 0, ended.err


def test_a_file_is_checked_op_by_op(chainrule, ops):
    ended = chainrule("check", str(ops))
    assert ended.code == 1
    assert "Good" in ended.out
    assert "not checked" in ended.out
    assert "1 op, 1 with a wrong gradient" in ended.out
    assert "left out" in ended.out


def test_a_file_with_an_op_that_nobody_looked_at_does_not_pass(chainrule, tmp_path):
    text = """
        import chainrule as cr

        class Cube(cr.Op):
            def forward(self, x):
                return x**3

        class Pair(cr.Op):
            def forward(self, x, w):
                return x @ w
    """
    path = tmp_path / "pair.py"
    path.write_text(textwrap.dedent(text))
    ended = chainrule("check", str(path))
    assert ended.code == 1
    assert "1 op, 0 with a wrong gradient" in ended.out
    assert "1 op: give @op samples=" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{}:Goood",), "did you mean 'Good'?"),
        (("nowhere.py",), "there is no file nowhere.py."),
        (("{}:function",), "none were given"),
        (("{}:Net.los", "--shape", "3"), "method of Net named 'los'; did you mean 'loss'?"),
        (("{}:Nett.loss", "--shape", "3"), "did you mean 'Net'?"),
        (("{}:function.loss", "--shape", "3"), "function is no class"),
        (("{}:Sized.loss", "--shape", "3"), "loss is a method of a Sized, which is made of arg"),
        (("{}:Sized.loss", "--shape", "3"), "f = Sized(...).loss"),
        (("{}:Broken.loss", "--shape", "3"), "Broken() raises OSError: no data"),
        (("{}:Net.loss.more", "--shape", "3"), "loss is no class"),
        (("{}:Bad", "--shape", "3,x"), "--shape takes lengths such as 3,4"),
        (("{}:Good", "--shape", "3,4", "--shape", "3,4"), "cannot"),
        ((), "Try: chainrule check --help"),
    ],
)
def test_bad_input_is_told_with_the_exit_code_2(chainrule, ops, words, said):
    ended = chainrule("check", *(word.format(ops) for word in words))
    assert ended.code == 2
    assert said in ended.err


def test_a_kink_hidden_in_a_smooth_function_is_found_by_order_4(chainrule, tmp_path):
    path = tmp_path / "squashed.py"
    path.write_text(
        textwrap.dedent("""
        import numpy as np
        import chainrule as cr


        class Squashed(cr.Op):
            def forward(self, x):
                return np.tanh(x)

            def backward(self, upstream, x, out):
                shrunk = np.exp(-2 * np.abs(x))
                return (upstream * 4 * shrunk / (1 + shrunk) ** 2,)
        """),
        encoding="utf-8",
    )
    assert chainrule("check", f"{path}:Squashed", "--shape", "3").code == 0
    ended = chainrule("check", f"{path}:Squashed", "--shape", "3", "--order", "4")
    assert ended.code == 1
    assert "hidden_kink" in ended.out


HIDDEN = """
import numpy as np
import chainrule as cr


class Ramp(cr.Op):
    def forward(self, x):
        return np.logaddexp(x, 0)

    def backward(self, upstream, x, out):
        shrunk = np.exp(-np.abs(x))
        return (upstream * np.where(x >= 0, 1.0, shrunk) / (1 + shrunk),)


ramp = Ramp()


def total(x):
    return np.sum(Ramp()(x))
"""


@pytest.mark.parametrize(
    "words", [":Ramp", ":ramp", "", ":Ramp --shape 3", ":total --shape 3", ":total --shape ()"]
)
def test_orders_3_and_4_look_at_0_however_the_inputs_are_drawn(chainrule, tmp_path, words):
    path = tmp_path / "ramps.py"
    path.write_text(HIDDEN, encoding="utf-8")
    name, *more = words.split(" ")
    ended = chainrule("check", f"{path}{name}", *more, "--order", "4")
    assert ended.code == 1
    assert "hidden_kink" in ended.out

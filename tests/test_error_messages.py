"""Messages say what, where, found, do: the wording is part of the interface."""

import copy
import pickle
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule import errors
from tests.messages import lines, message_of


def test_matmul_says_which_lengths_do_not_meet():
    hidden, weights = cr.tensor(np.ones((32, 100), np.float32)), cr.tensor(np.ones((120, 10)))
    assert message_of(errors.ShapeError, lambda: hidden @ weights) == lines(
        "matmul cannot join these tensors: 100 columns meet 120 rows.",
        "    assert message_of(errors.ShapeError, lambda: hidden @ weights) == lines( HERE",
        "    x         (32, 100)   float32",
        "    w         (120, 10)   float64",
        "Give the second tensor 100 rows, or the first 120 columns.",
    )


def test_matmul_says_where_its_operands_come_from():
    hidden, weights = cr.relu(cr.tensor(np.ones((4, 3)))), cr.parameter(np.ones((5, 2)), name="W")
    assert message_of(errors.ShapeError, lambda: hidden @ weights) == lines(
        "matmul cannot join these tensors: 3 columns meet 5 rows.",
        "    assert message_of(errors.ShapeError, lambda: hidden @ weights) == lines( HERE",
        "    x         (4, 3)      float64  from relu",
        '    w         (5, 2)      float64  parameter "W"',
        "Give the second tensor 3 rows, or the first 5 columns.",
    )


W = cr.parameter(np.ones((5, 2)), name="W")
X = np.ones((4, 3))
JOINED = {
    "matmul": lambda x: x @ W,
    "linear": lambda x: cr.linear(x, W),
    "einsum": lambda x: cr.einsum("ij,jk->ik", x, W),
    "tensordot": lambda x: np.tensordot(x, W, 1),
    "add": lambda x: x + W,
    "where": lambda x: cr.where(x > 0, x, W),
    "concatenate": lambda x: np.concatenate([x, W], 1),
    "squared_error": lambda x: cr.squared_error(x, W),
}
CALLED = {
    "eager": lambda f: f(cr.tensor(X)),
    "an array": lambda f: f(X),
    "grad": lambda f: cr.grad(lambda x: cr.sum(f(x)))(X),
    "grad of grad": lambda f: cr.grad(lambda x: cr.grad(lambda y: cr.sum(f(x * y)))(X).sum())(X),
    "jvp": lambda f: cr.jvp(f, (X,), (X,)),
    "compiled": lambda f: cr.compile(f)(X),
}


@pytest.mark.parametrize("way", CALLED)
@pytest.mark.parametrize("name", JOINED)
def test_every_op_names_the_users_parameter_in_every_reading(name, way):
    found = message_of(errors.ShapeError, lambda: CALLED[way](JOINED[name]))
    assert re.search(r'\(5, 2\) +float64 +parameter "W"', found), found


def test_a_parameter_without_a_name_is_called_one():
    found = message_of(errors.ShapeError, lambda: cr.tensor(X) @ cr.parameter(np.ones((5, 2))))
    assert "    w         (5, 2)      float64  a parameter" in found


def test_matmul_says_which_stacks_do_not_meet():
    found = message_of(
        errors.ShapeError, lambda: cr.tensor(np.ones((2, 3, 4))) @ np.ones((3, 4, 5))
    )
    assert found.startswith("matmul cannot join stacks of (2,) and (3,) matrices.")


def test_linear_speaks_of_features_and_biases():
    x, w = cr.tensor(X), cr.parameter(np.ones((3, 2)), name="W")
    found = message_of(errors.ShapeError, lambda: cr.linear(x, W))
    assert found.startswith("linear cannot join these tensors: 3 features meet 5 rows.")
    assert '    weight    (5, 2)      float64  parameter "W"' in found
    found = message_of(errors.ShapeError, lambda: cr.linear(x, w, np.ones(4)))
    assert found.startswith("linear adds a bias to each of 2 classes, which these do not fit.")
    layer = cr.nn.Linear(3, 2)
    layer.bias.data = layer.bias.data
    layer.bias = cr.parameter(np.ones(4, "f"), name="bias")
    assert "linear adds a bias" in message_of(errors.ShapeError, lambda: layer(X))


@pytest.mark.parametrize("loss", [cr.hinge, lambda out, y: 2 * cr.hinge(out, y)])
def test_float_labels_are_shown_as_the_user_gave_them(loss):
    net, labels = cr.nn.MLP([3, 2]), np.zeros(100)
    options = {"loss": loss, "optimizer": cr.optim.SGD(0.1), "epochs": 1}
    found = message_of(
        errors.IndexRangeError, lambda: cr.fit(net, (np.ones((100, 3), "f"), labels), **options)
    )
    assert "class labels are integers, but these are float64" in found
    assert re.search(r"    (y|labels) +\(100,\) +float64", found), found


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (np.linalg.solve, "an axis of length 4 meets one of length 3"),
        (lambda a, b: a + b, "could not be broadcast together with shapes (3,3) (4,)."),
    ],
)
def test_reasons_are_told_without_numpys_own_words(call, words):
    a, b = cr.tensor(np.eye(3), name="A"), cr.tensor(np.ones(4))
    found = message_of(errors.ShapeError, lambda: call(a, b))
    assert words in found
    assert "gufunc" not in found
    assert re.search(r"\(3, 3\) +float64 +tensor \"A\"", found)


def test_weights_in_the_place_of_the_reduction_are_told_their_name():
    scores, labels = cr.tensor(X), np.zeros(4, int)
    found = message_of(
        errors.ArgumentError, lambda: cr.softmax_cross_entropy(scores, labels, np.ones(4))
    )
    assert "the weights of rows go by name: weights=..." in found


def test_an_elementwise_op_says_which_shapes_do_not_meet():
    x, y = cr.tensor(np.ones(3)), np.ones((2, 4))
    found = message_of(errors.ShapeError, lambda: x + y)
    assert found.startswith("add cannot join these tensors: operands could not be broadcast")
    assert "    x         (3,)        float64" in found
    assert "    y         (2, 4)      float64" in found
    assert found.endswith("each pair must be equal or contain a 1.")


def test_a_loss_of_many_numbers_is_no_start():
    loss = cr.logsumexp(cr.tensor(np.ones((32, 4), np.float32)), axis=1)
    assert message_of(errors.NotScalarError, loss.backward) == lines(
        "backward() starts from one number, but loss holds 32.",
        "    call() HERE",
        "    loss      (32,)       float32  from logsumexp",
        "Take mean(loss) or sum(loss), or pass the upstream gradient: "
        "loss.backward(upstream=ones(32)).",
    )


def test_an_upstream_gradient_has_the_shape_of_its_tensor():
    out = cr.tensor(np.ones((2, 3))) * 2
    found = message_of(errors.ShapeError, lambda: out.backward(upstream=np.ones((2, 1))))
    assert found.startswith("the upstream gradient has shape (2, 1), the tensor (2, 3).")


def test_an_integer_parameter_raises():
    found = message_of(errors.DTypeError, lambda: cr.parameter(np.arange(3), name="w"))
    assert found == lines(
        "a gradient needs floating-point numbers, but w holds int64.",
        '    found = message_of(errors.DTypeError, lambda: cr.parameter(np.arange(3), name="w"))'
        " HERE",
        "    w         (3,)        int64",
        "Give it as floats: array.astype(np.float32).",
    )


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.array([None]), "text"])
def test_a_tensor_holds_numbers(array):
    assert "a tensor holds numbers, but this array holds" in message_of(
        errors.DTypeError, lambda: cr.tensor(array)
    )


def test_an_integer_tensor_cannot_want_a_gradient():
    found = message_of(errors.DTypeError, lambda: cr.tensor([1, 2], wants_gradient=True))
    assert found.startswith("a gradient needs floating-point numbers, but tensor holds int64.")


def test_one_tensor_that_does_not_fit_is_named():
    x = cr.tensor(np.ones((2, 3)))
    found = message_of(errors.ShapeError, lambda: cr.sum(x, axis=5))
    assert found.startswith("sum cannot take this tensor: axis 5 is out of bounds")
    assert "    x         (2, 3)      float64" in found
    message_of(errors.ShapeError, lambda: cr.reshape(x, (4, 4)))
    message_of(errors.ShapeError, lambda: cr.transpose(x, (0, 0)))


def test_gelu_knows_two_forms():
    message_of(errors.ArgumentError, lambda: cr.gelu(np.ones(2), approximate="sigmoid"))


def test_a_gradient_rule_of_the_wrong_shape_names_the_op():
    class Wrong(cr.Op):
        def forward(self, x):
            return x * 2

        def backward(self, upstream, x, out):
            return (upstream.sum(),)

    x = cr.tensor(np.ones(3))
    loss = Wrong()(x).sum()
    found = message_of(errors.BackwardRuleError, loss.backward)
    assert found.startswith(
        "backward of wrong returned a gradient of shape () for x of shape (3,)"
    )


def test_a_rule_with_too_few_gradients_names_the_op():
    class Few(cr.Op):
        def forward(self, x, y):
            return x * y

        def backward(self, upstream, x, y, out):
            return (upstream * y,)

    loss = Few()(cr.tensor(1.0), cr.tensor(2.0))
    found = message_of(errors.BackwardRuleError, loss.backward)
    assert found.startswith("backward of few returned 1 gradients for 2 inputs")


def test_a_rule_that_leaves_the_graph_raises_in_the_second_order():
    class Plain(cr.Op):
        def forward(self, x):
            return np.asarray(x) ** 2

        def backward(self, upstream, x, out):
            return (np.asarray(upstream) * 2 * np.asarray(x),)

    x = cr.tensor(np.array([1.0, 2.0]))
    loss = Plain()(x).sum()
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])
    found = message_of(
        errors.ChainruleError, lambda: loss.backward(create_graph=True)[x].sum().backward()
    )
    assert "plain" in found


def test_unknown_ops_suggest_the_nearest_name():
    found = message_of(
        errors.UnknownNameError, lambda: cr.ops.movement.Reshape and _catalogue()["sofmax"]
    )
    assert "there is no op named 'sofmax'; did you mean 'softmax'?" in found


def _catalogue():
    from chainrule.graph.op.catalogue import CATALOGUE

    return CATALOGUE


def test_a_parameter_keeps_its_shape():
    w = cr.parameter(np.ones(3), name="w")
    found = message_of(errors.ShapeError, lambda: setattr(w, "data", np.ones(4)))
    assert found.startswith("an array of shape (4,) cannot become a parameter of (3,).")


def test_grad_takes_only_its_tensors_shape():
    w = cr.parameter(np.ones(3), name="w")
    message_of(errors.ShapeError, lambda: setattr(w, "grad", np.ones(4)))


def test_the_truth_of_many_numbers_is_an_error():
    with pytest.raises(ValueError, match="ambiguous"):
        bool(cr.tensor(np.ones(3)))


def test_backward_starts_from_tensors():
    found = message_of(errors.ArgumentError, lambda: cr.backward([np.ones(())]))
    assert "backward() starts from a Tensor, but this is a ndarray" in found


def test_every_error_is_also_the_builtin_it_stands_for():
    assert issubclass(errors.ShapeError, ValueError)
    assert issubclass(errors.DTypeError, TypeError)
    assert issubclass(errors.IndexRangeError, IndexError)
    assert issubclass(errors.UnknownNameError, LookupError)


@pytest.mark.parametrize(
    ("call", "said", "do"),
    [
        (lambda x: cr.softmax(x, axes=1), "softmax has no argument 'axes'; it is 'axis'.",
         "Write axis= instead. Its arguments: softmax(x, axis=-1, where=None)."),
        (lambda x: cr.sum(x, dim=1), "sum has no argument 'dim'; it is 'axis'.",
         "Write axis= instead. Its arguments: sum(x, axis=None, keepdims=False)."),
        (lambda x: cr.transpose(x, axis=(1, 0)), "transpose has no argument 'axis'; it is 'axes'.",
         "Write axes= instead. Its arguments: transpose(x, axes=None)."),
        (lambda x: cr.relu(x, inplace=True), "relu has no argument 'inplace'.",
         "Its arguments: relu(x)."),
        (lambda x: cr.relu(x, x), "relu takes 1 argument, not 2 positional ones.",
         "Its arguments: relu(x)."),
        (lambda x: cr.softmax(x, -1, axis=1), "softmax is given 'axis' twice: by position and by "
         "name.", "Its arguments: softmax(x, axis=-1, where=None)."),
        (cr.squared_error, "squared_error needs the argument 'targets'.", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("of", [np.asarray, cr.tensor])
def test_a_wrong_argument_is_named_with_the_right_one(call, said, do, of):
    message = message_of(errors.CallError, lambda: call(of(np.ones((2, 3))))).splitlines()
    assert message[0] == said
    assert do is None or message[-1] == do


@pytest.mark.parametrize(
    ("subscripts", "said"),
    [
        ("ij,jk->ik", "the axis 'j' is 3 long in operand 0 and 4 in operand 1."),
        ("...j,jk->...k", "the axis 'j' is 3 long in operand 0 and 4 in operand 1."),
        ("ij,kl->iz", "the result has an axis 'z', which no operand has."),
        ("ij,kl->iik", "the result has two axes 'i'."),
        ("ijk,kl->il", "'ijk' names 3 axes, and operand 0 has 2."),
        ("i,kl->il", "'i' names 1 axes, and operand 0 has 2."),
        ("i$,kl->il", "'$' names no axis."),
        ("ij,kl->->il", "'-' names no axis."),
    ],
)
@pytest.mark.parametrize("run", [lambda f: f, cr.compile], ids=["eager", "compiled"])
def test_einsum_says_which_letter_does_not_fit(subscripts, said, run):
    x, y = np.ones((2, 3)), np.ones((4, 5))
    einsum = run(lambda x, y: cr.einsum(subscripts, x, y))
    message = message_of(errors.ShapeError, lambda: einsum(x, y)).splitlines()
    assert message[0] == f"einsum cannot read {subscripts!r}: {said}"
    assert "    operand 0 (2, 3)      float64" in message


ARGUMENTS = {errors.UnknownNameError: ("op", "rulu", ["relu"])}
KINDS = [kind for kind in vars(errors).values()
         if isinstance(kind, type) and issubclass(kind, errors.ChainruleError)]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_the_same_once_it_has_been_stored(kind):
    error = kind(*ARGUMENTS.get(kind, ("it failed.",)), do="Mend it.")
    error.add_note("seen in a worker")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))

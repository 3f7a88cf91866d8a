"""A mask is seen or refused: no derivative and no machine code computes with what it hides."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.errors import DataError, DTypeError

HIDDEN = np.ma.masked_array([1.0, 1e6, 3.0], [False, True, False])
PLAIN = np.ones(3)
PLACES = np.ma.masked_array([1, 0, 2], [False, True, False])
ROWS = np.ma.masked_array(np.eye(3), np.eye(3) > 0)
BARE = np.array([0, 1, 0])
LABELS = np.ma.masked_array(BARE, [False, True, False])


def squares(x):
    return (x * x).sum()


DERIVATIVES = {
    "grad": cr.grad(squares),
    "value and grad": cr.value_and_grad(squares),
    "vjp": lambda x: cr.vjp(squares, x),
    "upstream": cr.vjp(lambda y: y * 2, PLAIN)[1],
    "jvp": lambda x: cr.jvp(squares, (x,), (PLAIN,)),
    "tangent": lambda x: cr.jvp(squares, (PLAIN,), (x,)),
    "jacobian": cr.jacobian(lambda y: y * 2),
    "hessian": cr.hessian(squares),
    "hvp": lambda x: cr.hvp(squares, (x,), (PLAIN,)),
    "elementwise": cr.elementwise_grad(lambda y: y * y),
    "backward": lambda x: (cr.parameter(PLAIN) * 2).backward(upstream=x),
    "carry of a scan": lambda x: cr.scan(lambda c, y: (c + y, c), x, np.ones((2, 3))),
    "rows of a scan": lambda x: cr.scan(lambda c, y: (c + y, c), 0.0, x),
    "compiled grad": cr.compile(cr.grad(squares)),
}


@pytest.mark.parametrize("way", DERIVATIVES)
def test_no_derivative_is_taken_by_what_a_mask_hides(way):
    with pytest.raises(DTypeError, match="no masked elements"):
        DERIVATIVES[way](HIDDEN)


def written(way, new):
    """A parameter that changed as a way has it."""
    p = cr.parameter(PLAIN)
    way(p, new)
    return p


def rule_of_ones_own(gradient):
    return cr.custom_gradient(lambda x: (x.sum(), lambda upstream: gradient))


def net():
    return nn.Sequential(nn.Linear(3, 2, seed=0))


def fitted(labels=BARE, **more):
    return cr.fit(net(), (np.eye(3), labels), loss=cr.softmax_cross_entropy,
                  optimizer=cr.optim.SGD(0.1), epochs=1, **more)  # fmt: skip


BORDERS = {
    "tensor": cr.tensor,
    "tensor of a list": lambda x: cr.tensor([[x, PLAIN]]),
    "tensor of a tensor beside it": lambda x: cr.tensor([x, cr.tensor(PLAIN)]),
    "parameter": cr.parameter,
    "parameter of a list": lambda x: cr.parameter([x, PLAIN]),
    "a parameter by its class": cr.Parameter,
    "write": lambda x: written(cr.Parameter.write, x),
    "data": lambda x: written(lambda p, new: setattr(p, "data", new), x),
    "gradient": lambda x: written(lambda p, new: setattr(p, "grad", new), x),
    "operand": lambda x: cr.tensor(PLAIN) * x,
    "list as an operand": lambda x: cr.tensor(PLAIN) * [x, PLAIN],
    "target": lambda x: cr.squared_error(cr.tensor(PLAIN), x),
    "labels": lambda x: cr.softmax_cross_entropy(cr.tensor(np.eye(3)), PLACES),
    "weights of rows": lambda x: cr.softmax_cross_entropy(cr.tensor(np.eye(3)), BARE, weights=x),
    "index": lambda x: cr.tensor(PLAIN)[PLACES],
    "truth values as an index": lambda x: cr.tensor(PLAIN)[x > 0],
    "index among others": lambda x: cr.tensor(np.eye(3))[:, PLACES],
    "index in a list": lambda x: cr.tensor(PLAIN)[[PLACES]],
    "index of a compiled function": lambda x: cr.compile(lambda y: y[PLACES] * 2)(PLAIN),
    "places to take": lambda x: np.take(cr.tensor(PLAIN), PLACES),
    "labels of one-hot rows": lambda x: cr.one_hot(PLACES, 3),
    "repeats": lambda x: np.repeat(cr.tensor(PLAIN), PLACES),
    "shifts": lambda x: cr.roll(cr.tensor(np.eye(3)), PLACES, (0, 1, 0)),
    "percentages": lambda x: np.percentile(cr.tensor(PLAIN), PLACES),
    "shares": lambda x: np.quantile(cr.tensor(PLAIN), PLACES / 2),
    "where": lambda x: np.where(x > 0, cr.tensor(PLAIN), 0),
    "gradient of one's own": lambda x: cr.grad(rule_of_ones_own(x))(PLAIN),
    "another argument": lambda x: cr.grad(lambda y, z: (y * z).sum())(PLAIN, x),
    "closed over": lambda x: cr.grad(lambda y: (y * x).sum())(PLAIN),
    "upstream in a list": lambda x: (cr.parameter(PLAIN[None]) * 2).backward(upstream=[x]),
    "input of a net": lambda x: net()(ROWS),
    "rows of a net": lambda x: net()(list(ROWS)),
    "ids in a list": lambda x: nn.Embedding(3, 2, seed=0)([PLACES]),
    "state of a net": lambda x: nn.Scale(3).load_state(dict.fromkeys(nn.Scale(3).state(), x)),
    "data that initialize": lambda x: nn.initialize_from_data(net(), ROWS),
    "start of a search": lambda x: cr.optim.minimize(cr.value_and_grad(squares), x),
    "gradient of a search": lambda x: cr.optim.minimize(lambda y: (squares(y), x * y), PLAIN),
    "gradient check": lambda x: cr.check(squares, x),
    "audit": lambda x: cr.audit_precision(squares, x),
}


@pytest.mark.parametrize("border", BORDERS)
def test_no_border_takes_what_a_mask_hides(border):
    with pytest.raises(DTypeError, match="no masked elements"):
        BORDERS[border](HIDDEN)


DATA = {
    "targets": lambda: fitted(LABELS),
    "targets with weights by class": lambda: fitted(LABELS, class_weight="balanced"),
    "weights": lambda: fitted(sample_weight=HIDDEN),
    "weights beside those by class": lambda: fitted(sample_weight=HIDDEN, class_weight="balanced"),
    "weights by class": lambda: cr.train.class_weights(LABELS),
    "rows to predict": lambda: cr.predict(net(), ROWS),
}


@pytest.mark.parametrize("kind", DATA)
def test_what_data_hides_is_named(kind):
    with pytest.raises(DataError, match=r"is masked in row (0|1)"):
        DATA[kind]()


def test_a_mask_that_hides_nothing_hinders_no_weights():
    weights = cr.train.class_weights(np.ma.masked_array(BARE, False))
    assert type(weights) is np.ndarray
    assert weights.tolist() == cr.train.class_weights(BARE).tolist()
    fitted(sample_weight=np.ma.masked_array(PLAIN, False), class_weight="balanced")


def test_a_compiled_function_of_a_masked_array_says_what_the_plain_one_says():
    compiled = cr.compile(lambda x: x.sum())
    assert compiled(PLAIN) == 3.0
    assert compiled(HIDDEN) == HIDDEN.sum() == 4.0

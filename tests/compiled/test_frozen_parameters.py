"""A compiled function follows what is frozen and thawed between two of its calls."""

import numpy as np
import pytest

import chainrule as cr

X = np.ones((3, 4), "float32")


def in_a_list(parameters):
    return lambda x: x * sum(p.wants_gradient for p in parameters)


READERS = {
    "a penalty": lambda m: (
        lambda x: (
            sum((p**2).sum() for p in m.parameters().values() if p.wants_gradient) + 0 * x.sum()
        )
    ),
    "getattr": lambda m: lambda x: x * getattr(m.layers[0].weight, "wants_gradient"),  # noqa: B009
    "a list": lambda m: in_a_list(list(m.parameters().values())),
}


@pytest.mark.filterwarnings("ignore::chainrule.errors.RecordingWarning")
@pytest.mark.parametrize("kind", READERS)
def test_what_asks_which_parameters_want_a_gradient_follows(kind):
    model = cr.nn.MLP([4, 8, 2])
    function = READERS[kind](model)
    compiled = cr.compile(function)
    changes = [
        lambda: None,
        model.layers[0].freeze,
        model.freeze,
        lambda: setattr(model.layers[0].weight, "wants_gradient", True),
        lambda: [setattr(p, "wants_gradient", True) for p in model.parameters().values()],
    ]
    for change in changes:
        change()
        for _ in range(2):
            with cr.no_grad():
                expected = np.asarray(function(X))
            np.testing.assert_allclose(compiled(X), expected, rtol=1e-6)


def test_a_thawed_parameter_is_in_the_graph_of_a_tensor():
    w, x = cr.parameter(np.ones(3)), cr.tensor(np.arange(3.0), wants_gradient=False)
    w.wants_gradient = False
    compiled = cr.compile(lambda x: (w * x).sum())
    compiled(x)
    w.wants_gradient = True
    compiled(x).backward()
    np.testing.assert_array_equal(w.grad, np.arange(3.0))

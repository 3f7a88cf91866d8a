"""A step that was planned for one of the last fits is not planned again."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.plan.record import record
from chainrule.spec import Spec
from chainrule.train import fit
from chainrule.train.native import planned as module
from chainrule.train.native.planned import KEPT, LARGEST, planned

SPECS = [Spec((3, 4), np.dtype("f")), Spec((3, 4), np.dtype("f"))]
NUMBERS = np.arange(4, dtype="f")


def flow(function, specs=SPECS, **changes):
    return record(function, specs, **changes)


def step(x, y):
    return [cr.tanh(x * NUMBERS) + y, cr.sum(x, axis=0)]


OTHERS = {
    "another letter": lambda: flow(lambda x, y: [cr.sin(x * NUMBERS) + y, cr.sum(x, axis=0)]),
    "another axis": lambda: flow(lambda x, y: [cr.tanh(x * NUMBERS) + y, cr.sum(x, axis=1)]),
    "another constant": lambda: flow(lambda x, y: [cr.tanh(x * -NUMBERS) + y, cr.sum(x, axis=0)]),
    "another operand": lambda: flow(lambda x, y: [cr.tanh(y * NUMBERS) + x, cr.sum(x, axis=0)]),
    "outputs the other way round": lambda: flow(lambda x, y: step(x, y)[::-1]),
    "one output more": lambda: flow(lambda x, y: [*step(x, y), x]),
    "another type": lambda: flow(step, [Spec((3, 4), np.dtype("d"))] * 2),
    "another shape": lambda: flow(step, [Spec((5, 4), np.dtype("f"))] * 2),
    "another name of an input": lambda: flow(step, labels=("rows",)),
    "an input that is written over": lambda: flow(step, donate={0: 1}),
}


def test_equal_flows_have_one_plan():
    assert planned(flow(step)) is planned(flow(step))


@pytest.mark.parametrize("other", OTHERS)
def test_a_flow_that_differs_in_anything_has_its_own(other):
    one, two = planned(flow(step)), planned(OTHERS[other]())
    assert one is not two
    assert planned(OTHERS[other]()) is two
    assert planned(flow(step)) is one


def test_what_is_the_users_is_not_kept():
    class Own(cr.Op):
        def forward(self, x):
            return np.array([float(each) for each in np.ravel(x)]).reshape(np.shape(x))

        def backward(self, upstream, x, out):
            return (upstream,)

    def reads(size):
        return flow(lambda x, y: [x + np.arange(size, dtype="f")], [Spec((), np.dtype("f"))] * 2)

    def returns(size):
        return flow(lambda x, y: [x, np.arange(size, dtype="f")])

    calls_python = [flow(lambda x, y: [Own()(x), y]) for _ in range(2)]
    assert planned(calls_python[0]) is not planned(calls_python[1])
    for holds in (reads, returns):
        assert planned(holds(LARGEST // 4)) is planned(holds(LARGEST // 4))
        assert planned(holds(LARGEST // 4 + 1)) is not planned(holds(LARGEST // 4 + 1))


def test_few_plans_are_kept():
    first = planned(flow(step))
    for number in range(KEPT):
        planned(flow(lambda x, y, number=number: [x + number, y]))
    assert planned(flow(step)) is not first


def test_the_next_fit_of_a_net_is_the_same_and_plans_nothing(monkeypatch):
    module._made.cache_clear()
    made = []
    monkeypatch.setattr(
        module, "make", lambda flow, make=module.make: made.append(1) or make(flow)
    )
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)).astype("f"), rng.integers(0, 2, 20)
    weights = []
    for seed in (0, 0, 1):
        net = nn.MLP([3, 4, 2])
        fit(net, (x, y), loss=cr.softmax_cross_entropy, optimizer=optim.Adam(), epochs=2,
            batch_size=8, seed=seed)  # fmt: skip
        weights.append([p.value.copy() for p in net.parameters().values()])
        assert len(made) == 2  # for batches of 8, and of the 4 rows that are left
    assert all(map(np.array_equal, weights[0], weights[1]))
    assert not any(map(np.array_equal, weights[0][::2], weights[2][::2]))

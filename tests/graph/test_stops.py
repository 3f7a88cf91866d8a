"""Where a gradient is stopped, the graph remembers of what, and keeps nothing alive for it."""

import gc
import weakref

import numpy as np

import chainrule as cr
from chainrule.graph.nodes.stops import MOST, stopped_by


def test_a_stop_knows_the_leaves_behind_it_after_all_in_between_is_gone():
    w, v = cr.parameter([1.0, 2.0], name="w"), cr.parameter([1.0, 1.0], name="v")
    stopped = cr.stop_gradient(cr.tanh(w * 2) + v)
    gc.collect()
    assert stopped_by(stopped.stopped, w).name == "stop_gradient"
    assert stopped_by(stopped.stopped, v).name == "stop_gradient"
    assert stopped_by(stopped.stopped, cr.parameter([1.0])) is None


def test_a_stop_keeps_neither_what_it_read_nor_the_leaves_alive():
    w = cr.parameter(np.ones(3))
    hidden = w * 2
    stopped = cr.stop_gradient(hidden)
    watched = [weakref.ref(w), weakref.ref(hidden)]
    del w, hidden
    gc.collect()
    assert [each() for each in watched] == [None, None]
    assert stopped.stopped is not None


def test_what_is_made_of_a_stopped_value_remembers_it():
    w = cr.parameter([1.0, 2.0], name="w")
    mask = (w > 1) * 2.0 + 1
    assert not mask.wants_gradient
    assert stopped_by(mask.stopped, w).name == "greater"


def test_a_running_average_of_stopped_values_does_not_grow():
    w = cr.parameter([1.0], name="w")
    average = cr.tensor([0.0], wants_gradient=False)
    for _ in range(5 * MOST):
        average = 0.9 * average + 0.1 * cr.stop_gradient(w * 2)
    assert len(average.stopped) <= MOST
    assert stopped_by(average.stopped, w) is not None


def test_layers_that_each_stop_something_share_what_they_know():
    w = cr.parameter([0.5], name="w")
    x = w
    for _ in range(50):
        x = cr.tanh(x + cr.stop_gradient(cr.floor(x) - x))
    assert x.wants_gradient
    last = cr.stop_gradient(x)
    assert set(last.stopped[0][2]) == {id(w)}


def test_constants_and_plain_results_have_no_stops():
    c = cr.tensor([1.0], wants_gradient=False)
    assert (c * 2).stopped is None
    assert (c > 0).stopped is None
    assert (cr.parameter([1.0]) * 2).stopped is None

"""What must run before what, while groups are joined: as if it were worked out anew each time."""

import random

import pytest

from chainrule.plan.homes import Homes, exits
from chainrule.plan.kernel_groups import group
from chainrule.plan.nodes import node
from chainrule.plan.order import Order
from chainrule.plan.prepare import prepare
from tests.plan.random_flows import Drawer


def order_of(seed):
    flow = Drawer(seed).flow(30)
    nodes = [node(place, step) for place, step in enumerate(prepare(flow))]
    updated = exits(flow, Homes(flow.inputs), set()).updated
    return Order(nodes, [group(each) for each in nodes], updated)


def closed(links):
    """All that is reached through any number of links; a group's way back to itself is none."""
    reached = {each: set(others) for each, others in links.items()}
    for middle in links:
        for each in links:
            if middle in reached[each]:
                reached[each] |= reached[middle]
    return {each: others - {each} for each, others in reached.items()}


def links_of(order):
    groups = list(order.groups)
    return {g: {h for h in groups if h is not g and order.precedes(g, h)} for g in groups}


@pytest.mark.parametrize("seed", range(25))
def test_the_order_among_groups_stays_closed_while_they_are_joined(seed):
    order, rng = order_of(seed), random.Random(seed)
    wanted = links_of(order)
    assert wanted == closed(wanted)
    for _ in range(60):
        if len(order.groups) < 3:
            break
        one, other = rng.sample(list(order.groups), 2)
        if rng.random() < 0.4 and not order.precedes(other, one):
            order.put_before(one, other)
            wanted[one].add(other)
        elif order.apart(one, other):
            order.join(one, other)
            wanted[one] |= wanted.pop(other)
            wanted = {
                each: {one if h is other else h for h in after} - {each}
                for each, after in wanted.items()
            }
        wanted = closed(wanted)
        assert links_of(order) == wanted
        for each, after in wanted.items():
            assert sum(order.bits[h] for h in after) == order.after[each] & ~order.bits[each]


@pytest.mark.parametrize("seed", range(25))
def test_groups_are_apart_unless_a_third_lies_between(seed):
    order = order_of(seed)
    links, rng = links_of(order), random.Random(seed)
    for _ in range(50):
        one, other = rng.sample(list(order.groups), 2)
        between = any(
            (each in links[one] and other in links[each])
            or (each in links[other] and one in links[each])
            for each in links
            if each not in (one, other)
        )
        assert order.apart(one, other) == (not between)

"""Boxes and wires of a picture: nothing overlaps, nothing is random, the main line is straight."""

from itertools import combinations

import numpy as np
import pytest

from chainrule.inspection.layered import Box
from chainrule.inspection.layout import Layout, lay_out
from tests.thorough import parametrize

MANY = 80  # boxes


def box(*inputs: int, width: float = 100.0, ordered: bool = False) -> Box:
    return Box(width, 20, 30, tuple(inputs), 12, ordered)


def random_boxes(seed: int, count: int = MANY) -> list[Box]:
    rng = np.random.default_rng(seed)
    boxes = [box(width=float(rng.uniform(20, 150))) for _ in range(5)]
    for i in range(5, count):
        inputs = rng.integers(max(0, i - 20), i, rng.integers(1, 4))
        boxes.append(box(*map(int, inputs), width=float(rng.uniform(20, 150))))
    return boxes


def rooms(boxes: list[Box], plan: Layout) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of every box."""
    return [
        (x, y - b.above, x + b.width, y + b.below)
        for b, x, y in zip(boxes, plan.lefts, plan.middles, strict=True)
    ]


def pieces(plan: Layout):
    """The source, the target and the two ends of every piece of a wire that may climb."""
    for wire in plan.wires:
        for i in range(1, len(wire.points) - 1, 2):
            yield wire, wire.points[i], wire.points[i + 1]


@parametrize("seed", range(8), few=2)
def test_no_two_boxes_overlap(seed):
    boxes = random_boxes(seed)
    for a, b in combinations(rooms(boxes, lay_out(boxes)), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@parametrize("seed", range(8), few=2)
def test_everything_is_inside_the_picture(seed):
    boxes = random_boxes(seed)
    plan = lay_out(boxes)
    for left, top, right, bottom in rooms(boxes, plan):
        assert left >= 0
        assert top >= -1e-6
        assert right <= plan.width + 1e-6
        assert bottom <= plan.height + 1e-6


@parametrize("seed", range(8), few=2)
def test_wires_run_to_the_right_and_climb_only_between_columns(seed):
    boxes = random_boxes(seed)
    plan = lay_out(boxes)
    spaces = rooms(boxes, plan)
    for _, (x0, _), (x1, _) in pieces(plan):
        assert x0 < x1
        assert not any(left < x1 - 1e-6 and right > x0 + 1e-6 for left, _, right, _ in spaces)


@parametrize("seed", range(8), few=2)
def test_straight_pieces_pass_no_foreign_box(seed):
    boxes = random_boxes(seed)
    plan = lay_out(boxes)
    for wire in plan.wires:
        for i in range(0, len(wire.points), 2):
            (x0, y), (x1, _) = wire.points[i], wire.points[i + 1]
            for j, (left, top, right, bottom) in enumerate(rooms(boxes, plan)):
                if j not in (wire.source, wire.target) and left < x1 and right > x0:
                    assert not top + 1e-6 < y < bottom - 1e-6


def test_every_operand_has_its_wire():
    boxes = [box(), box(), box(0, 1, 0)]
    wires = {(wire.source, wire.target, wire.operand) for wire in lay_out(boxes).wires}
    assert wires == {(0, 2, 0), (1, 2, 1), (0, 2, 2)}


def test_the_same_boxes_are_laid_out_the_same_way():
    assert lay_out(random_boxes(3)) == lay_out(random_boxes(3))


def test_inputs_stand_left_of_their_readers():
    boxes = random_boxes(1)
    plan = lay_out(boxes)
    for i, each in enumerate(boxes):
        for x in each.inputs:
            assert plan.lefts[x] + boxes[x].width <= plan.lefts[i]


def test_the_main_line_of_a_net_is_straight():
    x, w1, b1 = box(), box(), box()
    hidden, relu = box(0, 1, 2), box(3)
    w2, b2 = box(), box()
    scores, labels, loss = box(4, 5, 6), box(), box(7, 8)
    penalty, total = box(1, 5), box(9, 10)
    boxes = [x, w1, b1, hidden, relu, w2, b2, scores, labels, loss, penalty, total]
    middles = lay_out(boxes).middles
    line = [middles[i] for i in (3, 4, 7, 9, 11)]
    assert line == pytest.approx([line[0]] * len(line), abs=0.01)


def test_a_leaf_stands_next_to_its_first_reader():
    boxes = [box(), box(), box(0, 1), box(2), box(), box(3, 4)]
    plan = lay_out(boxes)
    assert plan.lefts[4] > plan.lefts[2]


def test_the_first_operand_of_a_division_enters_above_the_second():
    boxes = [box(), box(), box(0), box(0), box(3, 2), box(4, 2, ordered=True)]
    entering = {w.operand: w.points[-1][1] for w in lay_out(boxes).wires if w.target == 5}
    assert entering[0] < entering[1]


def test_no_boxes_make_an_empty_picture():
    assert lay_out([]) == Layout((), (), (), 0.0, 0.0)


def test_a_tree_has_no_crossing():
    boxes = [box() for _ in range(8)]
    boxes += [box(0, 7), box(1, 6), box(2, 5), box(3, 4), box(8, 9), box(10, 11), box(12, 13)]
    climbing = [
        (a[1], b[1])
        for wire, a, b in pieces(lay_out(boxes))
        if wire.target < 12  # all between the same two columns
    ]
    for (a0, a1), (b0, b1) in combinations(climbing, 2):
        assert (a0 - b0) * (a1 - b1) >= 0

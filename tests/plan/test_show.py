"""What show() prints, and the costs in it."""

import numpy as np

import chainrule as cr
from chainrule.plan.costs import moved_bytes
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.plan.show import show
from chainrule.spec import Spec

F = np.dtype(np.float32)
SHOWN = """\
3 kernels; one run takes 4.48 kFLOP and moves 3.11 kB; 0 inputs updated in place

#  kernel         loops       what it does          reads  writes    FLOP
0  linear + relu  16x8 @ 8x8  matmul, add, maximum  800 B   512 B   2.3 k
1  matmul         16x8 @ 8x8  matmul                768 B   512 B  2.05 k
2  mean           1 x [128]   SUM, multiply         512 B     4 B     129

arena: 1024 bytes; buffers whose lives do not meet share them
buffer     elements  offset  bytes  written by  last read by
     4  128 float32       0    512          #0            #1
     5  128 float32     512    512          #1            #2
"""


def planned():
    def function(x, w, b):
        return [cr.mean(cr.relu(cr.linear(x, w, b)) @ w)]

    return make(record(function, [Spec(s, F) for s in ((16, 8), (8, 8), (8,))]))


def test_a_plan_shows_its_kernels_in_order():
    assert show(planned()) + "\n" == SHOWN


def test_columns_are_aligned():
    lines = show(planned()).splitlines()[2:6]
    assert len({len(line) for line in lines}) == 1
    assert len({line.index("B") for line in lines[1:]}) == 1


def test_a_product_counts_two_for_every_multiplication():
    plan = planned()
    assert plan.kernels[0].flops() == 16 * 8 * (2 * 8 + 2)  # bias and maximum too


def test_a_bias_moves_once_and_not_once_per_row():
    plan = planned()
    assert moved_bytes(plan.kernels[0]) == 4 * (16 * 8 + 8 * 8 + 8 + 16 * 8)


def test_an_empty_plan_can_be_shown():
    plan = make(record(lambda x: [x], [Spec((0, 3), F)]))
    assert "0 kernels" in show(plan)

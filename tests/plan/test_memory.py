"""The arena: buffers share bytes only when they do not live together, or one becomes the other."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.errors import GraphError
from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.make import make
from chainrule.plan.memory import arrange, heirs, lives
from chainrule.plan.plan import Plan
from chainrule.plan.record import record
from chainrule.plan.scalar import Access, Apply, Given, Load, Store
from chainrule.plan.verify import verify
from chainrule.spec import Spec
from tests.plan.random_flows import Drawer

F = "float32"
ARENA = Buffer(100, F, "arena", -1)


def negated(source, target, strides=(1,), offset=0):
    """A kernel that writes one buffer and reads another."""
    body = (Load(Access(source, strides, offset), F), Apply("negative", (0,), F))
    return Pointwise((100,), body, (Store(Access(target, (1,)), 1),))


def chain(*pairs):
    """Kernels from buffer to buffer: 0 is an input, 1 an output, the rest the arena's."""
    count = 1 + max(n for pair in pairs for n in pair)
    buffers = [Buffer(100, F, "input", 0), Buffer(100, F, "output", 0), *[ARENA] * (count - 2)]
    return [negated(*pair) for pair in pairs], buffers


def test_a_buffer_lives_from_the_kernel_that_writes_it_to_the_last_that_reads_it():
    kernels, _ = chain((0, 2), (2, 3), (0, 4), (3, 1))
    found = lives([kernel.traffic for kernel in kernels])
    assert (found[2].first, found[2].last) == (0, 1)
    assert (found[3].first, found[3].last) == (1, 3)


def test_a_chain_of_buffers_is_written_over_itself():
    kernels, buffers = chain((0, 2), (2, 3), (3, 4), (4, 1))
    arranged, size = arrange(kernels, buffers)
    assert size == 448  # one buffer of 400 bytes, to the next cache line
    assert {b.number for b in arranged if b.place == "arena"} == {0}


def test_a_buffer_that_is_read_at_other_elements_keeps_its_bytes():
    kernels, buffers = chain((0, 2), (2, 3), (3, 1))
    kernels[1] = negated(2, 3, strides=(-1,), offset=99)
    _, size = arrange(kernels, buffers)
    assert size == 2 * 448


def test_buffers_that_live_together_lie_apart():
    kernels, buffers = chain((0, 2), (0, 3), (2, 1), (3, 1))
    arranged, size = arrange(kernels, buffers)
    assert size == 2 * 448
    assert arranged[2].number != arranged[3].number


def test_every_place_is_aligned():
    kernels, buffers = chain((0, 2), (0, 3), (2, 1), (3, 1))
    arranged, _ = arrange(kernels, buffers)
    assert all(b.number % ALIGNMENT == 0 for b in arranged)


def test_a_row_hands_bytes_on_from_pass_to_pass():
    at = (10, 1)
    first = Pass(
        (Load(Access(0, at), F), Apply("exp", (0,), F)),
        (Store(Access(2, at), 1),),
        (Reduction("sum", 1, F),),
    )
    second = Pass(
        (Load(Access(2, at), F), Given(0, F), Apply("divide", (0, 1), F)),
        (Store(Access(3, at), 2),),
    )
    kernels = [Row((10,), (10,), (first, second)), negated(3, 1)]
    _, buffers = chain((0, 2), (2, 3), (3, 1))
    arranged, size = arrange(kernels, buffers)
    assert size == 448
    plan = Plan((), (), arranged, tuple(kernels), (), {}, size, ("row", "negative"))
    verify(plan)


@pytest.mark.parametrize("seed", range(40))
def test_random_plans_keep_the_rules(seed):
    verify(make(Drawer(seed).flow(25)))


def planned():
    def function(x, w):
        hidden = np.tanh(x @ w)
        return [hidden @ w, np.exp(hidden) @ w]

    spec = Spec((8, 8), np.dtype(F))
    return make(record(function, [spec, spec]))


def broken(plan, **changes):
    with pytest.raises(GraphError):
        verify(replace(plan, **changes))


def test_the_verifier_finds_buffers_on_top_of_each_other():
    plan = planned()
    verify(plan)
    flat = tuple(replace(b, number=0) if b.place == "arena" else b for b in plan.buffers)
    broken(plan, buffers=flat)


def share_bytes(plan):
    """Whether any two buffers do that must not: each is compared with every other."""
    traffic = [kernel.traffic for kernel in plan.kernels]
    alive = lives(traffic)
    used = [(n, b) for n, b in enumerate(plan.buffers) if b.place == "arena" and n in alive]
    return any(
        a.number < b.number + b.nbytes
        and b.number < a.number + a.nbytes
        and alive[m].first <= alive[n].last
        and alive[n].first <= alive[m].last
        and not (a.number == b.number and heirs(m, n, alive, traffic))
        for i, (m, a) in enumerate(used)
        for n, b in used[:i]
    )


def test_the_verifier_finds_every_buffer_that_was_moved_onto_another():
    found, rng = {True: 0, False: 0}, np.random.default_rng(0)
    for seed in range(40):
        plan = make(Drawer(seed).flow(25))
        arena = [n for n, b in enumerate(plan.buffers) if b.place == "arena" and b.nbytes]
        for n in rng.choice(arena, 20) if arena else ():
            buffers = list(plan.buffers)
            places = (plan.arena_bytes - buffers[n].nbytes) // ALIGNMENT + 1
            buffers[n] = replace(buffers[n], number=ALIGNMENT * int(rng.integers(places)))
            moved = replace(plan, buffers=tuple(buffers))
            wrong = share_bytes(moved)
            found[wrong] += 1
            if wrong:
                broken(moved)
            else:
                verify(moved)
    assert min(found.values()) > 50


def test_the_verifier_finds_an_arena_that_is_too_small():
    plan = planned()
    broken(plan, arena_bytes=plan.arena_bytes - 1)


def test_the_verifier_finds_what_is_read_before_it_is_written():
    plan = planned()
    broken(plan, kernels=plan.kernels[::-1], names=plan.names[::-1])


def test_the_verifier_finds_an_output_that_nobody_writes():
    plan = planned()
    broken(plan, kernels=plan.kernels[:-1], names=plan.names[:-1])


def test_the_verifier_finds_what_leaves_its_buffer():
    plan = planned()
    small = tuple(replace(b, size=b.size - 1) if b.place == "input" else b for b in plan.buffers)
    broken(plan, buffers=small)


def test_a_plan_without_an_arena_runs():
    plan = make(record(lambda x: [x + 1], [Spec((3,), np.dtype(F))]))
    assert plan.arena_bytes == 0
    assert interpret(plan, [np.zeros(3, np.float32)])[0].tolist() == [1.0] * 3

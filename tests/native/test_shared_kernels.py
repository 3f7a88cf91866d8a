"""Kernels that are alike share their machine code: in a plan, between plans, and on disk."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chainrule.native.cache import Cache, Entry, digest
from chainrule.native.engine import compile_plan
from chainrule.native.feeds import Feed
from chainrule.plan.buffers import Buffer
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.scalar import Access, Apply, Literal, Load, Store
from tests.native.small_plans import doubled, plan_of, spec

ROOT = Path(__file__).parents[2]


def times(source, target, factor, count=6):
    """``count`` elements from one access to another, multiplied."""
    body = (
        Load(source, "float32"),
        Literal(factor, "float32"),
        Apply("multiply", (0, 1), "float32"),
    )
    return Pointwise((count,), body, (Store(target, 2),))


def chain(factors, columns=6):
    """Each kernel multiplies what the one before it has written in the arena."""
    kernels = [
        times(Access(n, (1,)), Access(n + 1, (1,)), factor) for n, factor in enumerate(factors)
    ]
    plan = plan_of([spec((columns,))], [spec((columns,))], kernels)
    between = [Buffer(columns, "float32", "arena", 64 * (n % 2)) for n in range(len(factors) - 1)]
    first, last = plan.buffers
    return replace(plan, buffers=(first, *between, last), arena_bytes=128)


def functions(executable):
    """The addresses of the kernels' functions, in the order in which they are called."""
    return executable.program.calls[1::4][:-1].tolist()


def run_on(plan, *inputs):
    outs = [np.zeros(each.shape, each.dtype) for each in plan.outputs]
    compile_plan(plan).run_object()(inputs, outs)
    return outs


def test_kernels_that_are_alike_are_one_function_in_a_plan():
    found = functions(compile_plan(chain([3, 5, 3, 3, 5])))
    assert found[0] == found[2] == found[3] != found[1] == found[4]


def test_a_plan_takes_what_another_one_has_compiled():
    one, other = compile_plan(chain([3, 7])), compile_plan(chain([11, 7, 3]))
    assert functions(other)[1:] == functions(one)[::-1]
    assert other.program.made[1][1] is one.program.made[1][1]


def test_shared_kernels_compute_what_the_interpreter_does(rng):
    plan = chain([3, 0.5, 3, 3, 0.5, 3])
    x = rng.normal(size=6).astype("f")
    np.testing.assert_array_equal(run_on(plan, x)[0], interpret(plan, [x])[0])


def slices(shifts):
    """Parts of a row of 12 elements, each doubled, one after another."""
    kernels = [
        times(Access(0, (1,), shift), Access(1, (1,), 6 * n), 2.0)
        for n, shift in enumerate(shifts)
    ]
    return plan_of([spec((3, 4))], [spec((len(shifts), 6))], kernels)


@pytest.mark.parametrize("shifts", [(0, 6, 3), (6, 0), (5, 1, 5), (2,)])
def test_parts_of_an_array_are_read_by_one_function(rng, shifts):
    plan = slices(shifts)
    x = rng.normal(size=(3, 4)).astype("f")
    wanted = [2 * x.ravel()[shift : shift + 6] for shift in shifts]
    np.testing.assert_array_equal(run_on(plan, x)[0], wanted)
    assert len(set(functions(compile_plan(plan)))) == 1


@pytest.mark.parametrize("shifts", [(0, 6, 3), (6, 0), (5, 1, 5), (2,)])
@pytest.mark.parametrize("ordered", [True, False])
def test_parts_of_a_batch_follow_it_from_round_to_round(rng, shifts, ordered):
    run = compile_plan(slices(shifts)).run_object()
    data, out = rng.normal(size=(15, 4)).astype("f"), np.zeros((5, len(shifts), 6), "f")
    order = rng.permutation(15) if ordered else np.arange(15)
    feeds = [Feed.rows(0, data), Feed.output(0, out)]
    rounds = data[order].reshape(5, 12)
    wanted = 2 * np.stack([rounds[:, shift : shift + 6] for shift in shifts], 1)
    assert run.repeat(5, feeds, order if ordered else None) == 5
    np.testing.assert_array_equal(out, wanted)
    single, alone = data[:3].copy(), np.zeros((len(shifts), 6), "f")
    run([single], [alone])  # a run between two loops is bound elsewhere
    np.testing.assert_array_equal(alone[0], 2 * single.ravel()[shifts[0] : shifts[0] + 6])
    out[:] = 0
    assert run.repeat(5, feeds, order if ordered else None) == 5
    np.testing.assert_array_equal(out, wanted)


PROCESS = """
import sys
from chainrule.native import engine
from tests.native.test_shared_kernels import chain, run_on
import numpy as np
real, written = engine.assemble, []
def assemble(kernels, target):
    written.append(len(kernels))
    return real(kernels, target)
engine.assemble = assemble
for factors in eval(sys.argv[1]):
    (out,) = run_on(chain(factors), np.ones(6, "f"))
    assert (out == np.prod(factors)).all()
print(written)
"""


def written(folder, *plans):
    """How many kernels a new process writes for each of some plans, of those it must compile."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, repr(plans)],
        env=os.environ | {"CHAINRULE_CACHE": str(folder)},
        cwd=ROOT, check=True, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    return done.stdout.strip()


def test_kernels_are_found_on_disk_one_by_one(tmp_path):
    assert written(tmp_path, [3, 5, 3, 7], [5, 3], [7, 11]) == "[3, 1]"
    assert written(tmp_path, [3, 5, 3, 7], [11, 7], [7]) == "[]"
    assert written(tmp_path, [13, 7, 5]) == "[1]"


def test_a_kernel_whose_file_is_gone_is_written_again(tmp_path):
    written(tmp_path, [3, 5], [7])
    for path in tmp_path.iterdir():
        path.unlink()
    assert written(tmp_path, [3, 5], [7]) == "[2, 1]"


def test_kernels_compiled_together_are_one_file_of_many_names(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    keys = [digest(str(n)) for n in range(3)]
    entry = Entry(b"code" * 1000, ("malloc",), (("one", 1), ("two", 20)))
    kept = Cache()
    kept.put(keys[0], entry, *keys[1:])
    assert [kept.get(key) for key in (*keys, digest("other"))] == [entry] * 3 + [None]
    files = list(tmp_path.iterdir())
    assert len(files) == 3
    assert len({path.stat().st_ino for path in files}) == 1


def test_a_disk_without_links_keeps_the_first_name(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "link", refused)
    one, other, entry = digest("one"), digest("other"), Entry(b"code", ())
    kept = Cache()
    kept.put(one, entry, other)
    assert (kept.get(one), kept.get(other), kept.note) == (entry, None, "")
    assert len(list(tmp_path.iterdir())) == 1


def test_plans_of_many_sizes_that_are_dropped_leave_what_another_one_runs(rng):
    kept = compile_plan(chain([17, 19]))
    for n in range(40, 80):
        compile_plan(doubled((n,)))
    other = compile_plan(chain([19, 17]))
    assert sorted(functions(other)) == sorted(functions(kept))
    del kept
    x, out = rng.normal(size=6).astype("f"), np.zeros(6, "f")
    other.run_object()([x], [out])
    np.testing.assert_array_equal(out, interpret(chain([19, 17]), [x])[0])

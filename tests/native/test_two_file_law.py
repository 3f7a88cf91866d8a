"""The law: to add a kind of kernel you write two files. A toy kind is known everywhere."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule
from chainrule.plan.kernel import Kernel
from chainrule.plan.kinds import KINDS

PACKAGE = Path(chainrule.__file__).parent

TOUCHED_AND_INTERPRETED = '''
"""Turn: each row from its end to its beginning."""

from dataclasses import dataclass
from math import prod

from chainrule.plan.alone import Alone, X


@dataclass(frozen=True)
class Turn(Alone[X]):
    """The target has the source's shape."""

    source: X
    target: X

    def compute(self, see):
        return see(self.source)[..., ::-1]

    def flops(self):
        return 3 * prod(self.target.shape)

    def what(self):
        return "rows turned round"
'''
EMITTED = '''
"""Turn: element by element."""

from chainrule.native.frame import Point
from chainrule.native.ir import integer


def emit(kernel, function):
    b, frame = function.builder, function.frame
    with b.nest(kernel.target.shape) as each:
        *outer, last = each.indices
        mirrored = b.binary("sub", integer(kernel.target.shape[-1] - 1), last)
        found = Point(frame, [*outer, mirrored]).load(kernel.source.access, kernel.source.dtype)
        Point(frame, each.indices).store(kernel.target.access, found, kernel.target.dtype)
    return 1
'''
PROGRAM = """
import numpy as np

from chainrule.native.engine import compile_plan
from chainrule.plan.check_flow import check_flow
from chainrule.plan.evaluate import evaluate
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.turn import Turn
from chainrule.plan.make import make
from chainrule.plan.simplify import simplify
from chainrule.plan.steps import Array, Flow, Map, Number

x, doubled, before, turned, again, after, z = (Array((3, 5), "float32") for _ in range(7))
flow = Flow(
    (x,),
    (z.ref(),),
    (
        Map("multiply", (x.ref(), Number(2.0, "float32")), doubled),
        Map("tanh", (doubled.ref(),), before),
        Turn(before.ref(), turned.ref()),
        Turn(before.ref(), again.ref()),  # the same once more
        Map("subtract", (turned.ref(), x.ref()), after),
        Map("multiply", (after.ref(), again.ref()), z),
    ),
)
check_flow(flow)
given = np.random.default_rng(1).normal(size=(3, 5)).astype("float32")
plan = make(flow)
assert len(simplify(flow).steps) == 5  # one of two equal ones
assert [type(kernel).__name__ for kernel in plan.kernels] == ["Pointwise", "Turn", "Pointwise"]
assert plan.kernels[1].flops() == 45
assert "rows turned round" in plan.show() and "3x5" in plan.show()

mirrored = np.tanh(2 * given)[:, ::-1]
want = (mirrored - given) * mirrored
out = np.zeros((3, 5), "float32")
compile_plan(plan).run_object()([given], [out])
for found in (*evaluate(flow, [given]), *interpret(plan, [given]), out):
    np.testing.assert_allclose(found, want, rtol=1e-5)
"""

# Who else may name a kind, and why.
EXCEPTIONS = {
    "plan/lower/": "a rule says which kind its op is recorded as",
    "plan/recorder.py": "every rule may ask for a check of bounds",
    "plan/writing.py": "groups of fused steps become Pointwise, Row or Matmul",
    "plan/copy_kernels.py": "what fills or moves an array is Pointwise",
    "plan/passes.py": "writes the passes of a Row",
    "native/axes.py": "part of the emitters of Pointwise and Row",
    "native/row_layout.py": "part of the emitter of Row",
    "native/row_passes.py": "part of the emitter of Row",
    "native/reducers.py": "part of the emitter of Row",
    "native/matmul/": "the emitter of Matmul",
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package, to which files are added."""
    place = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, place / "chainrule", ignore=shutil.ignore_patterns("__pycache__"))
    (place / "chainrule" / "plan" / "kinds" / "turn.py").write_text(TOUCHED_AND_INTERPRETED)
    return place


def ran(place, program):
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=environment, cwd=place, capture_output=True, text=True, check=False
    )


def test_a_kind_without_an_emitter_fails_when_native_is_imported(copied):
    emits = copied / "chainrule" / "native" / "kinds" / "turn.py"
    emits.unlink(missing_ok=True)
    assert ran(copied, "import chainrule.plan.make").returncode == 0
    found = ran(copied, "import chainrule.native.engine")
    assert "ImportError: plan/kinds/turn.py is a kind of kernel that nobody emits" in found.stderr
    emits.write_text('"""Nothing yet."""\n')
    assert "with a function emit" in ran(copied, "import chainrule.native.engine").stderr


def test_a_kind_of_two_files_is_planned_interpreted_emitted_and_shown(copied):
    (copied / "chainrule" / "native" / "kinds" / "turn.py").write_text(EMITTED)
    found = ran(copied, PROGRAM)
    assert (found.stderr, found.returncode) == ("", 0)


def test_every_kind_says_all_that_is_asked_of_it():
    for name, kind in KINDS.items():
        assert kind.__doc__
        for asked in ("reads", "writes", "run", "loops", "what"):
            assert getattr(kind, asked) is not getattr(Kernel, asked), (name, asked)
    files = {path.stem for path in (PACKAGE / "native" / "kinds").glob("*.py")} - {"__init__"}
    assert files == set(KINDS)


def test_nobody_else_names_a_kind():
    found = {}
    for floor in ("plan", "native"):
        for path in sorted((PACKAGE / floor).rglob("*.py")):
            name = path.relative_to(PACKAGE).as_posix()
            if not name.startswith((f"{floor}/kinds/", *EXCEPTIONS)):
                found[name] = named(ast.parse(path.read_text(encoding="utf-8")))
    assert {name: kinds for name, kinds in found.items() if kinds} == {}


def test_every_exception_is_needed():
    for name in EXCEPTIONS:
        path = PACKAGE / name
        files = path.glob("*.py") if path.is_dir() else [path]
        assert any(named(ast.parse(file.read_text(encoding="utf-8"))) for file in files), name


def named(tree):
    """The files of kinds that a module imports from, and kinds it names by their strings."""
    kinds = {kind.__name__ for kind in KINDS.values()}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            ("chainrule.plan.kinds.", "chainrule.native.kinds.")
        ):
            found.add(node.module)
        elif isinstance(node, ast.Constant) and node.value in kinds:
            found.add(node.value)
    return found

"""No gradient is lost in silence: every public function of NumPy and SciPy, and other libraries.

What is given wants a gradient. The answer is in its graph, or carries no gradient by its nature (a
count, a truth value, a shape; the exceptions are listed here with their reasons), or there is an
error or a GradientLostWarning: never an array of floats without a word.
"""

import importlib
import types

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import chainrule as cr
from tests.graph.foreign_calls import MATRIX, PATTERNS, VECTOR, identity, judge

STEPS = "a step function: its derivative is 0 wherever it has one"
SHAPES = "only the shape and the type of t are read"
DTYPE = "t stands for the type of the elements, and only that is read"
SWITCH = "t stands for a switch, and only its truth value is read"
BY_NATURE = {
    "around": STEPS, "ceil": STEPS, "fix": STEPS, "floor": STEPS, "floor_divide": STEPS,
    "rint": STEPS, "round": STEPS, "sign": STEPS, "trunc": STEPS,
    "empty_like": SHAPES, "full_like": SHAPES, "ones_like": SHAPES, "zeros_like": SHAPES,
}  # fmt: skip
AS_OPTION = {
    "array": DTYPE, "asanyarray": DTYPE, "asarray": DTYPE, "asarray_chkfinite": DTYPE,
    "ascontiguousarray": DTYPE, "asfortranarray": DTYPE, "asmatrix": DTYPE, "matrix": DTYPE,
    "empty": DTYPE, "frombuffer": DTYPE, "fromiter": DTYPE, "full": DTYPE, "hadamard": DTYPE,
    "identity": DTYPE, "ones": DTYPE, "require": DTYPE, "tri": DTYPE, "zeros": DTYPE,
    "solve": SWITCH, "solve_circulant": SWITCH, "sqrtm": SWITCH,
    "bmat": "t stands for the names in a text, and there is no text",
    "real_if_close": "t stands for a tolerance, with which nothing is compared",
}  # fmt: skip
# The patterns in which t stands after something else, where an option may be.
AT_THE_END = {"(2, t)", "(array, t)", "(2, 3, t)", "(2, 0.5, 0.5, t)"}
# One answer for each argument: that of a number beside t has no gradient.
EACH_ITS_OWN = {"atleast_1d", "atleast_2d", "atleast_3d"}
BESIDE = AT_THE_END | {"(t, 2)", "(t0, 2)", "(t, t, 2)", "(m, 0, 1)"}
IN_ONE_PATTERN = {
    ("legendre_p", "(m, 0, 1)"): "it reads its last two arguments, and drops the first",
    ("norm", "(m, 0, 1)"): "of order 0, it counts the elements that are not 0",
}
FILES_AND_SETTINGS = {
    "fromfile", "fromregex", "genfromtxt", "get_include", "info", "load", "loadtxt", "memmap",
    "printoptions", "save", "savetxt", "savez", "savez_compressed", "set_printoptions",
    "setbufsize", "seterr", "seterrcall", "show_config", "show_runtime", "test",
}  # fmt: skip
CLASSES = {"matrix", "poly1d", "vectorize"}  # called as functions are
MODULES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.fft": np.fft,
    "scipy.special": scipy.special,
    "scipy.linalg": scipy.linalg,
}
MODES = ["eager", "grad", "jvp", "hvp"]
REACHED = 0.7  # of the functions take one of the patterns; the others want orders or files


def every_public_function(module):
    for name in sorted(set(dir(module)) - FILES_AND_SETTINGS):
        function = getattr(module, name)
        if name.startswith("_") or isinstance(function, types.ModuleType):
            continue
        if callable(function) and (not isinstance(function, type) or name in CLASSES):
            yield name, function


def in_mode(mode, look):
    """Let a function look at a vector and a matrix of this mode."""

    def seen(t, m):
        look(t, m)
        return t.sum() + m.sum()

    if mode == "eager":
        look(cr.tensor(VECTOR), cr.tensor(MATRIX))
    elif mode == "grad":
        cr.grad(seen, argnums=(0, 1))(VECTOR, MATRIX)
    elif mode == "jvp":
        cr.jvp(seen, (VECTOR, MATRIX), (VECTOR, MATRIX))
    else:
        cr.hvp(seen, (VECTOR, MATRIX), (VECTOR, MATRIX))


def verdicts_on(module, mode):
    """What became of every function with every pattern, by name."""
    verdicts = {}

    def look(t, m):
        for name, function in every_public_function(module):
            calls = ((pattern, args(t, m)) for pattern, args in PATTERNS.items())
            verdicts[name] = [judge(function, args, pattern, (t, m)) for pattern, args in calls]

    in_mode(mode, look)
    return verdicts


def excuse(name, pattern):
    """The reason why this answer carries no gradient, or None."""
    if name in EACH_ITS_OWN and pattern in BESIDE:
        return "the answer for the number beside t"
    as_option = AS_OPTION.get(name) if pattern in AT_THE_END else None
    return as_option or BY_NATURE.get(name) or IN_ONE_PATTERN.get((name, pattern))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("module", MODULES)
def test_no_function_of_an_array_library_loses_a_gradient_in_silence(module, mode):
    verdicts = verdicts_on(MODULES[module], mode)
    lost = [
        (name, v)
        for name, found in verdicts.items()
        for v in found
        if v.kind == "LOST" and not excuse(name, v.pattern)
    ]
    assert not lost
    reached = [name for name, found in verdicts.items() if any(v.kind != "failed" for v in found)]
    assert len(reached) > REACHED * len(verdicts)


def test_every_excuse_is_needed():
    lost = {
        (name, v.pattern)
        for module in (np, np.linalg, scipy.special, scipy.linalg)
        for mode in ("eager", "jvp")
        for name, found in verdicts_on(module, mode).items()
        for v in found
        if v.kind == "LOST"
    }
    assert {name for name, _ in lost} >= set(BY_NATURE) | set(AS_OPTION)
    assert lost >= set(IN_ONE_PATTERN)


def other_calls():
    """By group, and loaded once: these libraries take seconds to import."""
    for needed in ("pandas", "matplotlib", "sklearn"):
        pytest.importorskip(needed)
    return importlib.import_module("tests.graph.other_libraries")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "group", ["PYTHON", "NUMPY", "SCIPY", "TABLES", "PICTURES", "LEARNING", "COPIES"]
)
def test_no_call_of_another_library_loses_a_gradient_in_silence(group, mode):
    verdicts = {}

    def look(t, m):
        for name, call in getattr(other_calls(), group).items():
            verdicts[name] = judge(call, (t, m), name, (t, m))

    in_mode(mode, look)
    lost = {name: v.what for name, v in verdicts.items() if v.kind == "LOST"}
    assert set(lost) <= set(BY_NATURE), lost
    if mode != "eager":  # inside of a derivative a number is an error
        assert not [name for name, v in verdicts.items() if v.kind == "warned"]


def test_the_judge_knows_a_loss_when_it_sees_one():
    t = cr.tensor(VECTOR)
    kinds = {
        "LOST": [
            lambda: t.data * 2,
            lambda: [t, {"a": t.item if t.size == 1 else t.data.sum()}],
            lambda: cr.stop_gradient(t),
            lambda: cr.tensor(t.data),
        ],
        "graph": [lambda: t * 2, lambda: {"a": [t, 1]}, lambda: identity(t)],
        "no gradient": [t.argmax, lambda: t > 0, lambda: t.shape, lambda: None],
        "warned": [lambda: float(t[0])],
        "refused": [lambda: np.asarray(t)],
        "failed": [lambda: 1 / 0],
    }
    for kind, calls in kinds.items():
        assert [judge(call, (), "", (t,)).kind for call in calls] == [kind] * len(calls)

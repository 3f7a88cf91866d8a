"""Letters of floats: NumPy's results at special values, the same bits at every width."""

import numpy as np
import pytest
from scipy import special

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.native.letters import LETTERS
from chainrule.plan.letters import CYCLES
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.plan.scalar import Apply
from chainrule.spec import fields_of, spec_of
from chainrule.testing import case_of
from tests.native.every_case import integers
from tests.native.letter_code import WIDTHS, compiled, of_floats
from tests.plan.recordings import recorded
from tests.plan.test_lower import masks_of_keys
from tests.thorough import crossed

INF, NAN = np.inf, np.nan
EXACT_1 = [
    "negative",
    "sqrt",
    "abs",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "rint",
]
EXACT_2 = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "copysign",
    "fmod",
]
CURVES = ["exp", "expm1", "tanh", "log", "log1p", "erf", "erfc", "sin", "cos"]
QUESTIONS_1 = ["isnan", "isfinite", "logical_not"]
QUESTIONS_2 = [
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "equal",
    "not_equal",
    "logical_and",
    "logical_or",
]
SPECIAL = [0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1e-40, -1e-40, INF, -INF, NAN, 1e30, -1e30, 3, -2.5]
FLOATS = ("float32", "float64")


def values(dtype):
    rng = np.random.default_rng(4)
    return np.concatenate([SPECIAL, rng.normal(size=23) * 3]).astype(dtype)


def pairs(dtype):
    return [each.ravel() for each in np.meshgrid(values(dtype), values(dtype))]


def reference(letter):
    return getattr(special, letter) if letter in ("erf", "erfc") else getattr(np, letter)


def same(got, want):
    """Equal, NaN beside NaN, and 0 told from -0."""
    np.testing.assert_array_equal(got, want)
    if want.dtype.kind == "f":
        numbers = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(want[numbers]))


def test_the_letters_of_the_catalogue_s_recordings_are_those_that_can_be_written():
    emitted = {letter for letter in letters_of_recordings() if ":" not in letter}
    assert emitted == set(LETTERS)


def test_only_letters_have_a_cost():
    assert set(CYCLES) - {"copy"} <= set(LETTERS)


def letters_of_recordings():
    """The letters of all kernels that the ops come to, on floats and on whole numbers."""
    for name in CATALOGUE.names():
        floats = case_of(CATALOGUE[name], 1)
        for case in (floats, *(question.case for question in integers(name))):
            flow, _ = recorded(case.op, case.operands, masks_of_keys(case))
            for kernel in make(flow).kernels:
                yield from letters_of(kernel)


def letters_of(part):
    """Every letter in a kernel."""
    if isinstance(part, Apply):
        yield part.letter
    inside = [getattr(part, name) for name in fields_of(type(part))]
    parts = part if isinstance(part, tuple) else inside
    for each in parts:
        yield from letters_of(each)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("letter", EXACT_1 + QUESTIONS_1)
def test_exact_letters_of_one_operand_are_those_of_numpy(letter, dtype):
    x = values(dtype)
    with np.errstate(all="ignore"):
        want = reference(letter)(x)
    for lanes in (1, 3, 8):
        same(compiled(letter, (dtype,), want.dtype.name, lanes)(x), want)


@crossed("dtype, letter", FLOATS, EXACT_2 + QUESTIONS_2)
def test_exact_letters_of_two_operands_are_those_of_numpy(letter, dtype):
    x, y = pairs(dtype)
    with np.errstate(all="ignore"):
        want = reference(letter)(x, y)
    for lanes in (1, 3, 8):
        same(compiled(letter, (dtype, dtype), want.dtype.name, lanes)(x, y), want)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "name", ["ceil", "trunc", "rint", "floor", "fmax", "fmin", "copysign", "fmod"]
)
def test_ops_of_rounding_and_of_choice_are_letters_with_numpy_s_bits(name, dtype):
    op = getattr(np, name)
    operands = pairs(dtype) if op.nin == 2 else [values(dtype)]
    flow = record(lambda *xs: [op(*xs)], [spec_of(x) for x in operands])
    assert [step.letter for step in flow.steps] == [name]
    with np.errstate(invalid="ignore"):  # what is left of infinity
        same(cr.compile(op)(*operands), op(*operands))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("letter", CURVES)
def test_special_values_of_curves_are_those_of_numpy(letter, dtype):
    x = np.array([0, -0.0, INF, -INF, NAN, -1, 1e30, -1e30, 1e-40, -1e-40], dtype)
    with np.errstate(all="ignore"):
        want = reference(letter)(x)
    got = of_floats(letter, dtype)(x)
    ordinary = np.isfinite(want) & (want != 0)
    same(got[~ordinary], want[~ordinary])
    np.testing.assert_allclose(got, want, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_left_of_a_division_is_exact_next_to_whole_numbers_and_far_out(dtype):
    rng, bits = np.random.default_rng(1), 23 if dtype == "float32" else 52
    y = np.concatenate([rng.normal(size=4000), 2.0 ** rng.uniform(-30, 30, 4000)]).astype(dtype)
    steps = np.floor(2.0 ** rng.uniform(0, bits + 8, y.size))
    x = (steps * y).astype(dtype)
    for near in (x, np.nextafter(x, np.array(0, dtype)), np.nextafter(x, np.array(INF, dtype))):
        for left in (near, -near):
            same(of_floats("fmod", dtype, inputs=2)(left, y), np.fmod(left, y))
    tiny = (np.finfo(dtype).smallest_subnormal * rng.integers(1, 99, 500)).astype(dtype)
    some = [each.ravel() for each in np.meshgrid(tiny[:40], tiny)]
    same(of_floats("fmod", dtype, inputs=2)(*some), np.fmod(*some))


@pytest.mark.parametrize("dtype", FLOATS)
def test_powers_have_numpy_s_special_values(dtype):
    x, y = pairs(dtype)
    with np.errstate(all="ignore"):
        want = np.power(x, y)
    got = of_floats("power", dtype, inputs=2)(x, y)
    np.testing.assert_allclose(got, want, rtol=4 * np.finfo(dtype).eps)
    numbers = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(want[numbers]))


@crossed("dtype, letter", FLOATS, [*CURVES, "power", "maximum"])
def test_scalars_and_vectors_of_every_width_give_the_same_bits(letter, dtype):
    x, y = pairs(dtype)
    operands = (x, y) if letter in ("power", "maximum") else (x,)
    scalar, *vectors = (
        of_floats(letter, dtype, lanes, inputs=len(operands))(*operands) for lanes in WIDTHS
    )
    numbers = ~np.isnan(scalar)
    for vector in vectors:
        np.testing.assert_array_equal(np.isnan(vector), ~numbers)
        assert vector[numbers].tobytes() == scalar[numbers].tobytes()


@pytest.mark.parametrize("letter", ["maximum", "minimum"])
def test_a_literal_bound_answers_as_a_bound_in_memory(letter):
    x = values("float32")
    for bound in (0.0, 1.0, NAN):
        want = reference(letter)(x, np.float32(bound))
        same(of_floats(letter, "float32", bounds=(bound,))(x), want)


@pytest.mark.parametrize("dtype", FLOATS)
def test_where_is_that_of_numpy(dtype):
    x, y = pairs(dtype)
    chosen = compiled("where", ("bool", dtype, dtype), dtype, 8)(x > 1, x, y)
    same(chosen, np.where(x > 1, x, y))
    by_number = compiled("where", (dtype, dtype, dtype), dtype, 8)(x, x, y)
    same(by_number, np.where(x, x, y))


@pytest.mark.parametrize("letter", ["sin", "cos"])
def test_angles_next_to_multiples_of_pi_and_far_out_keep_their_digits(letter):
    x = np.concatenate([np.arange(1, 4000) * np.pi / 2, 10.0 ** np.arange(6, 300, 7)])
    want = reference(letter)(x.astype(np.longdouble)).astype(float)
    np.testing.assert_allclose(of_floats(letter, "float64", 4)(x), want, rtol=1e-15)
    single = np.float32(x[x < 1e38])
    want = reference(letter)(single.astype(float))
    np.testing.assert_allclose(of_floats(letter, "float32")(single), want, rtol=1e-7)

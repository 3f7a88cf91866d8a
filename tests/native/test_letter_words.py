"""Words that native code gets from C: addresses, and calls lane by lane."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import special

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Word
from chainrule.native.letters import resolve, symbol_of
from tests.native.letter_code import compiled

LIBM = {"atan2": np.arctan2, "hypot": np.hypot, "tan": np.tan, "cbrt": np.cbrt, "log2": np.log2}
SCIPY = ["gammaln", "psi", "betaln", "logit", "erfinv", "xlogy", "j0", "i1", "ndtr"]
TWO = ("atan2", "hypot", "betaln", "xlogy")


def words():
    """The words that name a C function, as the letters that stand in a plan."""
    ops = [CATALOGUE.ops[name] for name in CATALOGUE.names()]
    return [
        ("scipy:" if op.scipy == op.c else "c:") + op.c
        for op in ops
        if issubclass(op, Word) and op.c
    ]


def test_every_word_with_a_c_function_has_an_address():
    from_libm = {"exp2", "cbrt"}  # in both libraries
    found = {word: resolve(word) for word in words()}
    assert len(found) > 25
    assert [word for word, address in found.items() if not address] == []
    assert all(resolve("c:" + name) for name in from_libm)


def test_a_function_that_does_not_exist_has_no_address():
    assert resolve("c:no_such_function") is None
    assert resolve("scipy:no_such_function") is None
    assert resolve("llvm.fma.f32") is None
    assert resolve(symbol_of("c:tan")) == resolve("c:tan")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*LIBM, *SCIPY])
def test_words_are_those_of_numpy_and_scipy(name, dtype):
    letter = ("c:" if name in LIBM else "scipy:") + name
    count = 2 if name in TWO else 1
    x = np.random.default_rng(3).uniform(0.1, 0.9, (count, 9)).astype(dtype)
    want = (LIBM.get(name) or getattr(special, name))(*x.astype(float))
    for lanes in (1, 4):
        got = compiled(letter, (dtype,) * count, dtype, lanes)(*x)
        np.testing.assert_allclose(got, want, rtol=2 * np.finfo(dtype).eps)


def test_scipy_is_imported_only_for_its_own_functions():
    program = (
        "import sys; from chainrule.native.letters import resolve\n"
        "assert resolve('c:atan2') and 'scipy' not in sys.modules\n"
        "assert resolve('scipy:psi') and 'scipy' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

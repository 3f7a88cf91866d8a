"""The mutation run kills what is wrong, lets live what is right, and leaves this process alone."""

import ast
from dataclasses import replace

from numpy.testing import assert_allclose

import chainrule as cr
from tests.mutation.killing import outcome
from tests.mutation.mutants import mutants_of, sample


def mutant_of(path, function, before, after):
    return next(
        m for m in mutants_of(path) if (m.function, m.before, m.after) == (function, before, after)
    )


def test_a_wrong_rule_is_killed_by_the_checks_of_its_op():
    wrong = mutant_of("ops/letters/arithmetic.py", "Square.local_gradients", "2 * x", "x")
    assert outcome(wrong).startswith("square 0")
    assert_allclose(cr.grad(cr.square)(3.0), 6.0)


def test_a_wrong_walk_is_killed():
    wrong = mutant_of("graph/nodes/walk.py", "_add", "before + gradient", "gradient")
    assert outcome(wrong).startswith("graph")
    assert_allclose(cr.grad(lambda x: x * x + x)(3.0), 7.0)


def test_mutants_are_drawn_by_a_seed_and_compile():
    first, second = sample(20, 3), sample(20, 3)
    assert first == second
    assert len(set(first)) == 20
    for mutant in first:
        compile(mutant.tree(), mutant.path, "exec")
        assert ast.dump(mutant.tree()) != ast.dump(replace(mutant, option=0).tree()) or (
            mutant.option == 0
        )

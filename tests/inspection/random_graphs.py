"""Graphs of the fuzzer with one number at their end, to which every result adds its part."""

import numpy as np

import chainrule as cr
from chainrule.testing.fuzz import generate


def random_graph(campaign, number):
    """The leaves and the loss, which is None where no gradient starts; and what was drawn from."""
    rng, program = np.random.default_rng(number), generate(campaign, number)
    leaves = [cr.tensor(x) for x in program.leaves]
    values = program.run(leaves)
    ends = [values[r.place] if r.part is None else values[r.place][r.part] for r in program.ends]
    return leaves, summed(ends, rng), rng


def summed(outs, rng):
    """One number of several results, each entry with a weight of its own."""
    floats = [out for out in outs if getattr(out, "wants_gradient", False)]
    terms = [(out * rng.normal(size=out.shape)).sum() for out in floats if out.dtype.kind == "f"]
    return sum(terms[1:], terms[0]) if terms else None

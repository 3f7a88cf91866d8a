"""Ops made of two functions, as short as a fault can be written."""

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right


def op(name, forward, backward):
    """A function that makes the op afresh; it bears the op's name."""

    def make():
        body = {"forward": forward, "backward": backward, "__module__": __name__}
        return type(name, (cr.Op,), body)()

    make.__name__ = name
    return make


def bug(kind, name, forward, backward, *inputs, at=(0,), also=""):
    return Bug(op(name, forward, backward), inputs, kind, at, also)


def right(name, forward, backward, *inputs):
    return Right(op(name, forward, backward), inputs)

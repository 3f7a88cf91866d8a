"""A second corpus of seeded faults: its kinds were decided, too, before the doctor saw it."""

from tests.doctor.blind import contracts, rules, twins

BUGS = [*rules.BUGS, *contracts.BUGS]
RIGHT = twins.RIGHT

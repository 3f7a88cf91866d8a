"""A second set of seeded faults, written without a look at the doctor or at the first set."""

from tests.doctor.unseen import form, layers, losses, products

_PARTS = (products, losses, layers, form)

BUGS = [bug for part in _PARTS for bug in part.BUGS]
RIGHT = [right for part in _PARTS for right in part.RIGHT]

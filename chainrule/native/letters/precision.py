"""Precision: the bits of float32 and float64, and the numbers that both kinds of formula need.

Imports lanes. Exponentials, logarithms and error functions ask for it by their operand.
"""

from dataclasses import dataclass

from chainrule.native.letters.lanes import Lanes


@dataclass(frozen=True)
class Precision:
    """A format of floats.

    Attributes
    ----------
    mantissa : int
        Bits behind the point.
    bias : int
        Exponent field of 1.0.
    ln2_high, ln2_low : float
        ln 2 in two parts, the first so short that its products with exponents are exact.
    """

    mantissa: int
    bias: int
    ln2_high: float
    ln2_low: float

    @property
    def one(self) -> int:
        """The bits of 1.0."""
        return self.bias << self.mantissa

    @property
    def fraction(self) -> int:
        """The mask of the mantissa."""
        return (1 << self.mantissa) - 1

    @property
    def rounder(self) -> float:
        """Added to a number and subtracted again, it leaves the nearest integer.

        In between, the lowest bits of the sum are that integer.
        """
        return 1.5 * 2.0**self.mantissa


# ln 2 split by Cephes (expf.c, 355 / 512 and the rest) and by fdlibm (e_log.c, 32 bits).
SINGLE = Precision(23, 127, 0.693359375, -2.12194440054690583e-4)
DOUBLE = Precision(52, 1023, 6.93147180369123816490e-01, 1.90821492927058770002e-10)


def precision_of(x: Lanes) -> Precision:
    """The format of these floats."""
    return SINGLE if x.value.scalar == "float" else DOUBLE

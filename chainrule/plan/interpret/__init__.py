"""The interpreter: a plan run by NumPy, what native code is compared with."""

from chainrule.plan.interpret.run import interpret

__all__ = ["interpret"]

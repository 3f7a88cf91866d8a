"""The closed alphabet: about three dozen letters that every reader must speak."""

from chainrule.ops.letters import arithmetic, logic, logistic, powers, transcendental

__all__ = ["arithmetic", "logic", "logistic", "powers", "transcendental"]

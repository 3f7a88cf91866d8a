"""Lowering: how each op of the catalogue becomes steps. One rule per op or family, by idea."""

from chainrule.plan.lower.dispatch import lower

__all__ = ["lower"]

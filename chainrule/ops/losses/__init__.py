"""Losses: how far scores are from the truth, as one number."""

from chainrule.ops.losses import classification, regression

__all__ = ["classification", "regression"]

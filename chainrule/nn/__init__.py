"""Nets: modules with named parameters, layers, initialization, regularization and a summary."""

from chainrule.nn.activations import (
    ELU,
    GELU,
    Activation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    activation,
)
from chainrule.nn.containers import MLP, Sequential
from chainrule.nn.dropout import Dropout
from chainrule.nn.embedding import Embedding
from chainrule.nn.initialization import INITIALIZERS
from chainrule.nn.linear import Linear
from chainrule.nn.module import Module
from chainrule.nn.normalization import BatchNorm, LayerNorm
from chainrule.nn.regularization import (
    L1,
    L2,
    ElasticNet,
    LossTerms,
    MaxNorm,
    bound_terms,
    objective,
    project,
    regularization_terms,
)
from chainrule.nn.run import Run
from chainrule.nn.summary import Row, Summary

__all__ = [
    "Activation",
    "BatchNorm",
    "Dropout",
    "ELU",
    "ElasticNet",
    "Embedding",
    "GELU",
    "INITIALIZERS",
    "Identity",
    "L1",
    "L2",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LossTerms",
    "MLP",
    "MaxNorm",
    "Module",
    "ReLU",
    "Row",
    "Run",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Summary",
    "Tanh",
    "activation",
    "bound_terms",
    "objective",
    "project",
    "regularization_terms",
]

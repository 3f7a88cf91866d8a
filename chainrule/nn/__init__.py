"""Nets: modules with named parameters, layers, initialization, regularization and a summary.

activations.py     the elementwise functions between two layers, by class or by name
containers.py      layers in a row, and the n-layer fully connected net
dropout.py         in training a random share of the units is silent
embedding.py       a table with one row of features per id
ensemble.py        nets of one kind, trained side by side, that answer together
from_data.py       first weights for which every layer's outputs are as wide as the others'
initialization.py  the first values of weights, chosen so that no layer's scores grow or fade
learnable.py       a factor per feature; an activation with a strength per unit
linear.py          the score function X W + b
listening.py       a stand-in for a net, whose modules tell when they compute
max_norm.py        a bound on the length of each unit's weights
member_paths.py    named parameters and buffers, and where they stand in a net
model_card.py      a model as a notebook shows it
module.py          a net or a part of one, called like a function
normalization.py   LayerNorm by row, BatchNorm by column with running statistics
op_layer.py        the op of a layer, made of the layer's attributes as they are now
penalties_by_name.py  parameters whose names fit a pattern have a penalty of their own
periodic.py        each number as a few smooth waves of itself, with learned frequencies
regularization.py  a preference for small weights, as nodes of the graph beside the data loss
run.py             one forward pass of a net, evaluating or training
scheduled_dropout.py  dropout that fades by a schedule, inside the compiled step
state_check.py     whether a mapping of arrays fits a net, before anything is changed
substitute.py      a copy of a net with other tensors in the places of its parameters
summary.py         what a net is made of and what one evaluation costs, as a table
"""

from chainrule.nn.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Identity,
    LeakyReLU,
    Mish,
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
from chainrule.nn.ensemble import Ensemble
from chainrule.nn.from_data import initialize_from_data
from chainrule.nn.initialization import INITIALIZERS
from chainrule.nn.learnable import LearnableActivation, Scale
from chainrule.nn.linear import Linear
from chainrule.nn.module import Module
from chainrule.nn.normalization import BatchNorm, LayerNorm
from chainrule.nn.periodic import PeriodicEmbedding
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
from chainrule.nn.scheduled_dropout import ScheduledDropout
from chainrule.nn.summary import Row, Summary

__all__ = [
    "Activation",
    "BatchNorm",
    "Dropout",
    "ELU",
    "ElasticNet",
    "Embedding",
    "Ensemble",
    "GELU",
    "INITIALIZERS",
    "Identity",
    "L1",
    "L2",
    "LayerNorm",
    "LeakyReLU",
    "LearnableActivation",
    "Linear",
    "LossTerms",
    "MLP",
    "MaxNorm",
    "Mish",
    "Module",
    "PeriodicEmbedding",
    "ReLU",
    "Row",
    "Run",
    "SELU",
    "Scale",
    "ScheduledDropout",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Summary",
    "Tanh",
    "activation",
    "bound_terms",
    "initialize_from_data",
    "objective",
    "project",
    "regularization_terms",
]

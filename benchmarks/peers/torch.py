"""PyTorch as users write it: Sequential, hand-sliced batches, its optimisers; and compiled."""

import functools

import numpy as np
import torch
from torch import nn

from benchmarks.cases import NORM_EPSILON, Case, data
from benchmarks.peers import Task

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def epoch(case: Case, compiled: bool = False, **optimizer: bool) -> Task:
    """A loop over the batches of tensors that lie in memory: no DataLoader, no copies."""
    given = data(case)
    model = net(case, given.layers)
    kind = torch.optim.Adam if case.optimizer == "adam" else torch.optim.SGD
    steps = kind(model.parameters(), case.rate, **optimizer)
    measure = nn.CrossEntropyLoss() if case.outputs > 1 else nn.MSELoss()

    def loss_of(x, y):
        return measure(model(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)
    x, y = torch.from_numpy(given.x), torch.from_numpy(given.y)

    def call():
        losses = []
        for start in range(0, case.rows * case.batches, case.rows):
            batch = slice(start, start + case.rows)
            steps.zero_grad(set_to_none=True)
            loss = loss_of(x[batch], y[batch])
            loss.backward()
            steps.step()
            losses.append(loss.detach())
        return losses

    return Task(call, lambda losses: float(np.mean([v.item() for v in losses])), case.batches)


def net(case, layers):
    """Sequential with the first weights that all peers share."""
    parts = []
    for i, (weight, bias) in enumerate(layers):
        linear = nn.Linear(*weight.shape, dtype=getattr(torch, case.dtype))
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias))
        parts.append(linear)
        if i == len(layers) - 1:
            break
        if case.norm:
            parts.append(nn.LayerNorm(len(bias), NORM_EPSILON, dtype=linear.weight.dtype))
        parts.append(ACTIVATIONS[case.activation]())
        if case.dropout:
            parts.append(nn.Dropout(case.dropout))
    return nn.Sequential(*parts)


FORMS = {
    "epoch": epoch,
    "foreach": functools.partial(epoch, foreach=True),
    "fused": functools.partial(epoch, fused=True),
    "compiled": functools.partial(epoch, compiled=True, fused=True),
}

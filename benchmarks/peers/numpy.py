"""NumPy written by hand, in place: no graph, no allocation. And the best rate of its products."""

import numpy as np

from benchmarks.cases import BETA1, BETA2, EPSILON, Case, data
from benchmarks.peers import Task
from benchmarks.products import best_product


def epoch(case: Case) -> Task:
    """ReLU nets with SGD or Adam."""
    if case.activation != "relu" or case.norm or case.dropout:
        raise NotImplementedError("only ReLU nets are written by hand")
    given = data(case)
    step = _Step(case, given.layers)
    batches = [slice(i * case.rows, (i + 1) * case.rows) for i in range(case.batches)]

    def call():
        return [step(given.x[batch], given.y[batch]) for batch in batches]

    return Task(call, np.mean, case.batches)


class _Step:
    """Forward, loss, backward, update, all into arrays that are there already."""

    def __init__(self, case, layers):
        rows, dtype = case.rows, case.dtype
        self.case, self.last, self.count = case, len(layers) - 1, 0
        self.weights, self.biases = [w for w, _ in layers], [b for _, b in layers]
        self.outs = [np.empty((rows, w.shape[1]), dtype) for w in self.weights]
        self.upstream = [np.empty_like(out) for out in self.outs]
        self.dw = [np.empty_like(w) for w in self.weights]
        self.db = [np.empty_like(b) for b in self.biases]
        self.every, self.share = np.arange(rows), self.outs[0].dtype.type(1 / rows)
        update = _adam if case.optimizer == "adam" else _sgd
        pairs = zip(self.weights + self.biases, self.dw + self.db, strict=True)
        self.updates = [update(p, g, case.rate) for p, g in pairs]

    def __call__(self, x, y):
        below = x
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            below = np.dot(below, w, out=self.outs[i])
            below += b
            if i < self.last:
                np.maximum(below, 0, out=below)
        value = self._loss(y)
        for i in range(self.last, -1, -1):
            upstream = self.upstream[i]
            np.dot((self.outs[i - 1] if i else x).T, upstream, out=self.dw[i])
            np.add.reduce(upstream, 0, out=self.db[i])
            if i:
                downstream = np.dot(upstream, self.weights[i].T, out=self.upstream[i - 1])
                downstream *= self.outs[i - 1] > 0
        self.count += 1
        for update in self.updates:
            update(self.count)
        return value

    def _loss(self, y):
        scores, upstream = self.outs[-1], self.upstream[-1]
        if self.case.outputs == 1:
            np.subtract(scores, y, out=upstream)
            value = np.vdot(upstream, upstream) * self.share
            upstream *= 2 * self.share
            return value
        scores -= scores.max(1, keepdims=True)
        labels = scores[self.every, y]
        np.exp(scores, out=upstream)
        totals = upstream.sum(1, keepdims=True)
        value = np.log(totals).mean() - labels.mean()
        upstream /= totals
        upstream[self.every, y] -= 1
        upstream *= self.share
        return value


def _sgd(parameter, gradient, rate):
    def update(_):
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameter, gradient, out=parameter)

    return update


def _adam(parameter, gradient, rate):
    mean, square, spare = (np.zeros_like(parameter) for _ in range(3))

    def update(count):
        np.multiply(mean, BETA1, out=mean)
        np.multiply(gradient, 1 - BETA1, out=spare)
        np.add(mean, spare, out=mean)
        np.multiply(square, BETA2, out=square)
        np.multiply(gradient, gradient, out=gradient)
        np.multiply(gradient, 1 - BETA2, out=gradient)
        np.add(square, gradient, out=square)
        root = (1 - BETA2**count) ** 0.5
        np.sqrt(square, out=spare)
        np.add(spare, EPSILON * root, out=spare)
        np.divide(mean, spare, out=spare)
        np.multiply(spare, rate * root / (1 - BETA1**count), out=spare)
        np.subtract(parameter, spare, out=parameter)

    return update


def product(_: Case) -> Task:
    """Its matrix product, of the size that suits it best; by the floating-point operation."""
    call, flops = best_product(np.dot)
    return Task(call, lambda out: float(np.abs(out).mean()), flops)


FORMS = {"epoch": epoch, "product": product}

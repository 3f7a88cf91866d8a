"""chainrule: the compiled step, alone and in whole epochs, its predictions and its memory."""

import itertools
import time

import numpy as np

import chainrule as cr
from benchmarks import residency, whole_fits
from benchmarks.cases import NORM_EPSILON, Case, data, recurrence
from benchmarks.equation import points, residual
from benchmarks.peers import Task
from benchmarks.products import best_product

MANY_STEPS = 100_000

ACTIVATIONS = {
    "relu": cr.nn.ReLU,
    "gelu": cr.nn.GELU,
    "silu": cr.nn.SiLU,
    "elu": cr.nn.ELU,
    "selu": cr.nn.SELU,
    "tanh": cr.nn.Tanh,
    "sigmoid": cr.nn.Sigmoid,
}


def epoch(case: Case) -> Task:
    """One native call for all batches."""
    given, made = data(case), program(case)
    return Task(lambda: made.epoch(given.x, given.y, batch_size=case.rows), np.mean, case.batches)


def step(case: Case) -> Task:
    """One call from Python per batch, the batches sliced beforehand as JAX's are."""
    made, batches = program(case), _batches(case)
    return Task(lambda: [made.step(x, y) for x, y in batches], np.mean, case.batches)


def each(case: Case) -> Task:
    """The same, each step timed alone: for the longest of them."""
    made, batches = program(case), itertools.cycle(_batches(case))
    return Task(lambda: made.step(*next(batches)), float)


def _batches(case):
    given = data(case)
    starts = range(0, case.rows * case.batches, case.rows)
    return [(given.x[i : i + case.rows], given.y[i : i + case.rows]) for i in starts]


def predict(case: Case) -> Task:
    """Scores of one batch."""
    x, made = data(case).x[: case.rows], program(case)
    return Task(lambda: made.predict(x), lambda out: float(np.abs(out).mean()))


def first(case: Case) -> Task:
    """Record, plan, compile and run the first step of a fresh process; its value is seconds."""
    import llvmlite.binding  # noqa: F401  imports are timed apart

    import chainrule.train  # noqa: F401  which ``import chainrule`` leaves for later

    given = data(case)

    def call():
        started = time.perf_counter()
        program(case, given).step(given.x[: case.rows], given.y[: case.rows])
        return time.perf_counter() - started

    return Task(call, float)


def recurrent(case: Case) -> Task:
    """The gradient of a recurrent layer, its steps a loop in Python; its value is seconds."""
    return _first_call(case, _unrolled)


def recurrent_scan(case: Case) -> Task:
    """The same by cr.scan."""
    return _first_call(case, _scanned)


def gradient(case: Case) -> Task:
    """The gradient of a recurrent layer, its steps a loop in Python."""
    return _gradient(case, _unrolled)


def gradient_scan(case: Case) -> Task:
    """The same by cr.scan."""
    return _gradient(case, _scanned)


def _unrolled(w, u, xs, h):
    for x in xs:
        h = np.tanh(h @ w + x @ u)
    return (h * h).mean()


def _scanned(w, u, xs, h):
    h, _ = cr.scan(lambda h, x: (np.tanh(h @ w + x @ u), None), h, xs)
    return (h * h).mean()


def _first_call(case, loss):
    import llvmlite.binding  # noqa: F401  imports are timed apart

    import chainrule.loops  # noqa: F401  which ``import chainrule`` leaves for later

    arrays = *recurrence(case), np.zeros((case.rows, case.hidden[0]), case.dtype)

    def call():
        started = time.perf_counter()
        cr.compile(cr.grad(loss, argnums=(0, 1)))(*arrays)
        return time.perf_counter() - started

    return Task(call, float)


def _gradient(case, loss):
    arrays = *recurrence(case), np.zeros((case.rows, case.hidden[0]), case.dtype)
    compiled = cr.compile(cr.value_and_grad(loss, argnums=(0, 1)))
    return Task(lambda: compiled(*arrays), lambda found: float(found[0]))


def fit(case: Case) -> Task:
    """A whole fit of a fresh process; its value is seconds."""
    _imported()
    return whole_fits.fit(case, _fitted)


def search(case: Case) -> Task:
    """Fits of all shapes in all folds; its value is seconds."""
    _imported()
    return whole_fits.search(case, _fitted)


def _imported():
    return cr.fit, cr.nn, cr.optim  # which is timed apart


def _fitted(case, x, y):
    parts = []
    for m, n in itertools.pairwise(case.sizes):
        parts += [cr.nn.Linear(m, n), ACTIVATIONS[case.activation]()]
    cr.fit(
        cr.nn.Sequential(*parts[:-1]),
        (x, y),
        loss=cr.softmax_cross_entropy,
        optimizer=cr.optim.Adam(case.rate),
        batch_size=case.rows,
        epochs=case.batches,
    )


def equation(case: Case) -> Task:
    """A loss with derivatives inside, and its gradient."""
    compiled, arrays = cr.compile(cr.value_and_grad(residual(cr, cr.grad))), points(case)
    return Task(lambda: compiled(*arrays)[0], float)


def equation_first(case: Case) -> Task:
    """Record, plan, compile and run it in a fresh process; its value is seconds."""
    import llvmlite.binding  # noqa: F401  imports are timed apart

    arrays = points(case)

    def call():
        started = time.perf_counter()
        cr.compile(cr.value_and_grad(residual(cr, cr.grad)))(*arrays)
        return time.perf_counter() - started

    return Task(call, float)


def product(_: Case) -> Task:
    """Our own matrix product, of the size that suits it best; by the floating-point operation."""
    call, flops = best_product(cr.compile(lambda x, w: x @ w))
    return Task(call, lambda out: float(np.abs(out).mean()), flops)


def arena(case: Case) -> Task:
    """Bytes that the plan of a step works in."""
    x, y = _batches(case)[0]
    return Task(lambda: program(case).plan(x, y).arena_bytes, float)


def state(case: Case) -> Task:
    """Bytes of the parameters and the optimiser's memory."""
    parameters = sum(array.nbytes for layer in data(case).layers for array in layer)
    return Task(lambda: parameters * (3 if case.optimizer == "adam" else 1), float)


def peak(case: Case) -> Task:
    """Most bytes during an epoch beyond parameters, the optimiser's memory and the data."""
    warm, given = program(case), data(case)
    warm.epoch(given.x, given.y, batch_size=case.rows)  # stays, so that nothing of it is reused
    given = data(case)
    parameters = sum(array.nbytes for layer in given.layers for array in layer)
    of_adam = 2 * parameters if case.optimizer == "adam" else 0

    def call():
        made, before = program(case, given), residency.resident()
        residency.forget_peak()
        made.epoch(given.x, given.y, batch_size=case.rows)
        return residency.peak() - before - of_adam, warm

    return Task(call, lambda found: float(found[0]))


def growth(case: Case) -> Task:
    """Bytes by which the process grows over many steps."""
    once = epoch(case)

    def call():
        once.call()
        before = residency.resident()
        for _ in range(MANY_STEPS // case.batches):
            once.call()
        return residency.resident() - before

    return Task(call, float)


def program(case, given=None):
    """The net with the first weights that all peers share, and its compiled step."""
    given = given or data(case)
    model = net(case, given.layers)
    loss = cr.softmax_cross_entropy if case.outputs > 1 else cr.squared_error
    optimizer = {"sgd": cr.optim.SGD, "adam": cr.optim.Adam}[case.optimizer](case.rate)
    return cr.train.Program(model, loss, optimizer)


def net(case, layers):
    """Sequential of the layers that the case names."""
    parts = []
    for i, (weight, bias) in enumerate(layers):
        linear = cr.nn.Linear(*weight.shape, dtype=case.dtype)
        linear.weight.data, linear.bias.data = weight, bias
        parts.append(linear)
        if i == len(layers) - 1:
            break
        if case.norm:
            parts.append(cr.nn.LayerNorm(len(bias), NORM_EPSILON, dtype=case.dtype))
        parts.append(ACTIVATIONS[case.activation]())
        if case.dropout:
            parts.append(cr.nn.Dropout(case.dropout))
    return cr.nn.Sequential(*parts)


FORMS = {
    "epoch": epoch,
    "step": step,
    "each": each,
    "predict": predict,
    "first": first,
    "recurrent": recurrent,
    "recurrent by scan": recurrent_scan,
    "gradient": gradient,
    "gradient by scan": gradient_scan,
    "equation": equation,
    "equation first": equation_first,
    "fit": fit,
    "search": search,
    "product": product,
    "arena": arena,
    "state": state,
    "peak": peak,
    "growth": growth,
}

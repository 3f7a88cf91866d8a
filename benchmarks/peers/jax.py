"""JAX: a jitted call per step, and its fastest form, lax.scan over the batches of an epoch."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import BETA1, BETA2, EPSILON, NORM_EPSILON, Case, data, recurrence
from benchmarks.equation import points, residual
from benchmarks.peers import Task

ACTIVATIONS = {
    "relu": jax.nn.relu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "silu": jax.nn.silu,
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
}


def scan(case: Case) -> Task:
    """One call for all batches; the state is donated, the data is batched and on the device."""
    state, batches, step = _parts(case)
    epoch = jax.jit(lambda state, batches: jax.lax.scan(step, state, batches), donate_argnums=0)
    box = [state]

    def call():
        box[0], losses = epoch(box[0], batches)
        return jax.block_until_ready(losses)

    return Task(call, lambda losses: float(jnp.mean(losses)), case.batches)


def step(case: Case) -> Task:
    """One jitted call per batch, the state donated, the batches sliced beforehand."""
    state, (xs, ys), body = _parts(case)
    compiled = jax.jit(lambda state, x, y: body(state, (x, y)), donate_argnums=0)
    box, batches = [state], list(zip(list(xs), list(ys), strict=True))

    def call():
        losses = []
        for x, y in batches:
            box[0], value = compiled(box[0], x, y)
            losses.append(value.block_until_ready())
        return losses

    return Task(call, lambda losses: float(np.mean([float(v) for v in losses])), case.batches)


def predict(case: Case) -> Task:
    """The jitted forward pass on one batch."""
    given = data(case)
    layers = jax.tree.map(jnp.asarray, given.layers)
    compiled = jax.jit(lambda layers, x: _scores(case, _parameters(case, layers), x, None))
    x = given.x[: case.rows]  # from NumPy and back, as a caller has it
    return Task(lambda: np.asarray(compiled(layers, x)), lambda out: float(np.abs(out).mean()))


def first(case: Case) -> Task:
    """Trace, compile and run the first jitted step of a fresh process; its value is seconds."""
    given = data(case)
    jnp.zeros(1).block_until_ready()  # starting its backend belongs to the import

    def call():
        started = time.perf_counter()
        state, (xs, ys), body = _parts(case, given)
        _, value = jax.jit(body, donate_argnums=0)(state, (xs[0], ys[0]))
        float(value)
        return time.perf_counter() - started

    return Task(call, float)


def recurrent(case: Case) -> Task:
    """The gradient of a recurrent layer, its steps a lax.scan; its value is seconds."""
    loss, (w, u, xs) = _recurrence(case), recurrence(case)
    jnp.zeros(1).block_until_ready()

    def call():
        started = time.perf_counter()
        jax.block_until_ready(jax.jit(jax.grad(loss, argnums=(0, 1)))(w, u, xs))
        return time.perf_counter() - started

    return Task(call, float)


def gradient(case: Case) -> Task:
    """The gradient of a recurrent layer, its steps a lax.scan."""
    arrays = recurrence(case)
    compiled = jax.jit(jax.value_and_grad(_recurrence(case), argnums=(0, 1)))
    return Task(lambda: jax.block_until_ready(compiled(*arrays)), lambda found: float(found[0]))


def _recurrence(case):
    def loss(w, u, xs):
        def one(h, x):
            return jnp.tanh(h @ w + x @ u), None

        h, _ = jax.lax.scan(one, jnp.zeros((case.rows, len(w)), case.dtype), xs)
        return (h * h).mean()

    return loss


def equation(case: Case) -> Task:
    """A loss with derivatives inside, and its gradient; the arrays are on the device."""
    compiled = jax.jit(jax.value_and_grad(residual(jnp, jax.grad)))
    arrays = jax.tree.map(jnp.asarray, points(case))
    return Task(lambda: jax.block_until_ready(compiled(*arrays))[0], float)


def equation_first(case: Case) -> Task:
    """Trace, compile and run it in a fresh process; its value is seconds."""
    arrays = points(case)
    jnp.zeros(1).block_until_ready()

    def call():
        started = time.perf_counter()
        compiled = jax.jit(jax.value_and_grad(residual(jnp, jax.grad)))
        jax.block_until_ready(compiled(*arrays))
        return time.perf_counter() - started

    return Task(call, float)


def _parts(case, given=None):
    """The first state, the batches and the step."""
    given = given or data(case)
    parameters = jax.tree.map(jnp.array, _parameters(case, given.layers))
    memory = ()  # what the update remembers: carried only where it is needed
    if case.optimizer == "adam":
        memory = tuple(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
    is_counted = case.optimizer == "adam" or case.dropout
    state = parameters, memory, jnp.zeros((), jnp.int32) if is_counted else None
    shape = case.batches, case.rows
    count = case.batches * case.rows
    xs = jnp.asarray(given.x[:count].reshape(*shape, -1))
    ys = given.y[:count].reshape(*shape, -1)
    ys = jnp.asarray(ys[..., 0].astype(np.int32) if case.outputs > 1 else ys)
    return state, (xs, ys), _step(case)


def _parameters(case, layers):
    """Weights and biases; with LayerNorm its scale and shift before each activation."""
    if not case.norm:
        return [tuple(layer) for layer in layers]
    hidden = [(w, b, b + 1, b) for w, b in layers[:-1]]
    return [*hidden, tuple(layers[-1])]


def _step(case):
    update = _adam if case.optimizer == "adam" else _sgd

    def loss(parameters, x, y, key):
        scores = _scores(case, parameters, x, key)
        if case.outputs == 1:
            return ((scores - y) ** 2).mean()
        picked = jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], 1)
        return -jnp.mean(picked)

    def body(state, batch):
        parameters, memory, count = state
        key = jax.random.fold_in(jax.random.key(0), count) if case.dropout else None
        value, gradient = jax.value_and_grad(loss)(parameters, *batch, key)
        count = None if count is None else count + 1
        return (*update(case.rate, parameters, gradient, memory, count), count), value

    return body


def _scores(case, parameters, x, key):
    for i, (w, b, *norm) in enumerate(parameters[:-1]):
        x = x @ w + b
        if norm:
            centred = x - x.mean(1, keepdims=True)
            variance = (centred * centred).mean(1, keepdims=True)
            x = centred * jax.lax.rsqrt(variance + NORM_EPSILON) * norm[0] + norm[1]
        x = ACTIVATIONS[case.activation](x)
        if case.dropout and key is not None:
            keep = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - case.dropout, x.shape)
            x = jnp.where(keep, x / (1 - case.dropout), 0)
    return x @ parameters[-1][0] + parameters[-1][1]


def _sgd(rate, parameters, gradient, memory, _):
    return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), memory


def _adam(rate, parameters, gradient, memory, count):
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, memory[0], gradient)
    square = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, memory[1], gradient)
    dtype = jax.tree.leaves(parameters)[0].dtype
    exponent = count.astype(dtype)
    root = jnp.sqrt(1 - jnp.asarray(BETA2, dtype) ** exponent)
    pace = rate * root / (1 - jnp.asarray(BETA1, dtype) ** exponent)

    def move(p, m, s):
        return p - pace * m / (jnp.sqrt(s) + EPSILON * root)

    return jax.tree.map(move, parameters, mean, square), (mean, square)


FORMS = {
    "scan": scan,
    "step": step,
    "predict": predict,
    "first": first,
    "recurrent": recurrent,
    "recurrent by scan": recurrent,
    "gradient": gradient,
    "equation": equation,
    "equation first": equation_first,
}

"""Eight threads differentiate at once and get the bits of a serial run; switches do not leak."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import chainrule as cr

THREADS, REPEATS = 8, 20


def work(seed):
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(16, 5)), rng.integers(0, 3, 16)
    w1, w2 = cr.parameter(rng.normal(size=(5, 7))), cr.parameter(rng.normal(size=(7, 3)))
    for _ in range(REPEATS):
        loss = cr.softmax_cross_entropy(cr.gelu(x @ w1) @ w2, labels)
        loss.backward()
        w1.data -= 0.1 * w1.grad
        w2.data -= 0.1 * w2.grad
    second = cr.grad(lambda v: cr.grad(lambda u: cr.sum(cr.tanh(u) ** 3))(v).sum())(x)
    return w1.data.tobytes() + w2.data.tobytes() + second.tobytes()


def test_eight_threads_at_once_give_the_bits_of_a_serial_run():
    serial = [work(seed) for seed in range(THREADS)]
    start = threading.Barrier(THREADS)

    def together(seed):
        start.wait()
        return work(seed)

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(together, range(THREADS))) == serial


def test_threads_may_walk_one_shared_graph():
    x = cr.tensor(np.ones(4))
    loss = (cr.tanh(x) ** 2).sum()
    loss.backward()
    expected = x.grad.copy()
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda _: loss.backward(create_graph=True)[x].data, range(50)))
    for each in found:
        np.testing.assert_array_equal(each, expected)


def test_no_grad_in_one_thread_does_not_reach_another():
    inside, checked = threading.Event(), threading.Event()

    def quiet():
        with cr.no_grad():
            inside.set()
            assert checked.wait(10)
            return (cr.tensor(1.0) * 2).wants_gradient

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(quiet)
        assert inside.wait(10)
        assert (cr.tensor(1.0) * 2).wants_gradient
        checked.set()
        assert future.result() is False

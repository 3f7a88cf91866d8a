"""One eager training step (forward, loss, backward, plain SGD) against PyTorch and plain NumPy.

    python benchmarks/eager_step.py                  numpy and chainrule
    python benchmarks/eager_step.py --peers numpy,torch,chainrule --rounds 60

Every peer runs in a process of its own, pinned to one CPU and one thread, without the environment
variables that slow OpenBLAS. The parent lets them run in turns, a few steps each, so that a noisy
machine hits all of them alike; the table shows medians over the turns and ratios of the medians.
The losses after 20 steps from the same weights are compared before any time is printed.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import time

import numpy as np

# name: features, hidden units, outputs (1 = regression), rows in a batch
CASES = {
    "moons": (2, [16, 16], 1, 32),
    "digits": (64, [64], 10, 32),
    "small": (16, [32, 32], 8, 64),
    "mnist-1": (784, [128], 10, 128),
    "mnist-2": (784, [256, 128], 10, 128),
    "wide": (784, [1024, 1024], 10, 256),
}
RATE = 0.01
CHECK_STEPS = 20
TURN_SECONDS = 0.02  # about how long one turn of a peer takes
SLOWS_OPENBLAS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Time the peers and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--peers", default="numpy,chainrule")
    options.add_argument("--cases", default=",".join(CASES))
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--cpu", type=int, default=0)
    options.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.worker:
        work(*given.worker, cpu=given.cpu)
        return
    peers = given.peers.split(",")
    print("| net | " + " | ".join(f"{p} (us)" for p in peers) + " | " + " | ".join(ratios(peers)))
    print("|---" * (len(peers) + len(ratios(peers)) + 1) + "|")
    for case in given.cases.split(","):
        print(row(case, peers, given.rounds, given.cpu), flush=True)


def ratios(peers: list[str]) -> list[str]:
    """The headings of the ratio columns."""
    return [f"chainrule / {peer}" for peer in peers if peer != "chainrule"]


def row(case: str, peers: list[str], rounds: int, cpu: int) -> str:
    """One line of the table."""
    workers = {peer: Worker(peer, case, cpu) for peer in peers}
    losses = {peer: worker.ask(f"loss {CHECK_STEPS}") for peer, worker in workers.items()}
    if not np.allclose(list(losses.values()), losses[peers[0]], rtol=1e-3):
        sys.exit(f"{case}: the peers do not compute the same: {losses}")
    steps = {p: max(int(TURN_SECONDS / w.ask("time 20")), 1) for p, w in workers.items()}
    times: dict[str, list[float]] = {peer: [] for peer in peers}
    for _ in range(rounds):
        for peer, worker in workers.items():
            times[peer].append(worker.ask(f"time {steps[peer]}"))
    for worker in workers.values():
        worker.close()
    median = {peer: statistics.median(t) for peer, t in times.items()}
    cells = [case, *(f"{median[peer] * 1e6:.1f}" for peer in peers)]
    cells += [f"{median['chainrule'] / median[p]:.2f}" for p in peers if p != "chainrule"]
    return "| " + " | ".join(cells) + " |"


class Worker:
    """A process that runs steps of one peer when asked."""

    def __init__(self, peer: str, case: str, cpu: int) -> None:
        clean = {k: v for k, v in os.environ.items() if k not in SLOWS_OPENBLAS}
        clean |= dict.fromkeys(ONE_THREAD, "1")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", peer, case, "--cpu", str(cpu)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean,
        )

    def ask(self, question: str) -> float:
        """Send one line, read one number."""
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        self.process.stdin.close()
        self.process.wait()


def work(peer: str, case: str, cpu: int) -> None:
    """Answer "loss n" with the loss after n steps, "time n" with the seconds of one step."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cpu})
    step = PEERS[peer](*CASES[case])
    for line in sys.stdin:
        question, count = line.split()
        started = time.perf_counter()
        for _ in range(int(count)):
            loss = step()
        seconds = (time.perf_counter() - started) / int(count)
        print(float(loss()) if question == "loss" else seconds, flush=True)


def data(features: int, hidden: list[int], outputs: int, rows: int):
    """Weights, inputs and targets: the same for every peer."""
    random = np.random.default_rng(0)
    sizes = [features, *hidden, outputs]
    layers = [
        (random.standard_normal((m, n)).astype("f") * 0.1, np.zeros(n, "f"))
        for m, n in itertools.pairwise(sizes)
    ]
    x = random.standard_normal((rows, features)).astype("f")
    if outputs > 1:
        return layers, x, random.integers(0, outputs, rows)
    return layers, x, random.standard_normal((rows, 1)).astype("f")


def chainrule_step(*case):
    """A module, a loss, backward() and an optimiser: what a user writes."""
    import chainrule as cr

    layers, x, y = data(*case)
    sizes = [case[0], *case[1], case[2]]
    model = cr.nn.MLP(sizes, activation="relu")
    parameters = model.parameters()
    for p, array in zip(parameters.values(), [a for layer in layers for a in layer], strict=True):
        p.data = array
    optimizer = cr.optim.SGD(RATE)
    x, y = cr.tensor(x, wants_gradient=False), cr.tensor(y, wants_gradient=False)
    criterion = cr.softmax_cross_entropy if case[2] > 1 else cr.squared_error

    def step():
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step(parameters)
        return loss.item

    return step


def torch_step(*case):
    """PyTorch eager: Sequential, loss, backward(), torch.optim.SGD."""
    import torch

    torch.set_num_threads(1)
    layers, x, y = data(*case)
    parts = []
    for weight, bias in layers:
        linear = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias))
        parts += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*parts[:-1])
    criterion = torch.nn.CrossEntropyLoss() if case[2] > 1 else torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item

    return step


def numpy_step(*case):
    """The same step by hand, in place: no graph, no allocation."""
    layers, x, y = data(*case)
    rows, last = case[3], len(layers) - 1
    weights, biases = [w for w, _ in layers], [b for _, b in layers]
    outs = [x] + [np.empty((rows, w.shape[1]), "f") for w in weights]
    grads = [np.empty_like(out) for out in outs]
    dw, db = [np.empty_like(w) for w in weights], [np.empty_like(b) for b in biases]
    every, rate, share = np.arange(rows), np.float32(RATE), np.float32(1 / rows)

    def step():
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            z = np.dot(outs[i], w, out=outs[i + 1])
            z += b
            if i < last:
                np.maximum(z, 0, out=z)
        g, z = grads[-1], outs[-1]
        if case[2] > 1:
            z -= z.max(1, keepdims=True)
            labels = z[every, y]
            np.exp(z, out=g)
            totals = g.sum(1, keepdims=True)
            value = np.log(totals).mean() - labels.mean()
            g /= totals
            g[every, y] -= 1
            g *= share
        else:
            np.subtract(z, y, out=g)
            value = np.mean(g * g)
            g *= 2 * share
        for i in range(last, -1, -1):
            np.dot(outs[i].T, grads[i + 1], out=dw[i])
            np.add.reduce(grads[i + 1], 0, out=db[i])
            if i:
                below = np.dot(grads[i + 1], weights[i].T, out=grads[i])
                below *= outs[i] > 0
            dw[i] *= rate
            weights[i] -= dw[i]
            db[i] *= rate
            biases[i] -= db[i]
        return value.item

    return step


PEERS = {"chainrule": chainrule_step, "numpy": numpy_step, "torch": torch_step}

if __name__ == "__main__":
    main()

"""fashion-mnist in PyTorch eager, as `chainrule train` does it: a process that prints its figures.

    python -m benchmarks.whole_run EPOCHS BATCH HIDDEN THREADS

Imports torch and NumPy. The section `training` runs it. It prints JSON: the seconds of the loop
(training steps and validation) and the accuracy on the test rows.
"""

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

FILES = Path("/usr/share/datasets/fashion-mnist")
HEADER = {"images": 16, "labels": 8}  # bytes before the numbers of an IDX file
VALIDATION, RATE, L2 = 0.1, 3e-3, 1e-3  # as the command has them by default


def main(epochs: int, batch: int, hidden: int, threads: int) -> None:
    """Train and print."""
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    x, y = rows("train", "images").reshape(-1, 784), rows("train", "labels")
    x_test, y_test = rows("t10k", "images").reshape(-1, 784), rows("t10k", "labels")
    order = torch.randperm(len(x))
    held = int(VALIDATION * len(x))
    watched, taught = order[:held], order[held:]
    mean, deviation = x[taught].mean(), x[taught].std()
    x, x_test = (x - mean) / deviation, (x_test - mean) / deviation
    x_taught, y_taught = x[taught], y[taught]
    x_watched, y_watched = x[watched], y[watched]

    model = torch.nn.Sequential(
        torch.nn.Linear(784, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 10)
    )
    weights = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim == 1]
    measure = torch.nn.CrossEntropyLoss()
    # L2 belongs to the loss here, as weight_decay of Adam does: not decoupled, no biases.
    groups = [{"params": weights, "weight_decay": L2}, {"params": biases}]
    optimizer = torch.optim.Adam(groups, RATE, fused=True)
    steps = epochs * -(-len(x_taught) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    started = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(x_taught))
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            optimizer.zero_grad(set_to_none=True)
            measure(model(x_taught[chosen]), y_taught[chosen]).backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            measure(model(x_watched), y_watched).item()
    loop = time.perf_counter() - started
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(json.dumps({"loop": loop, "accuracy": accuracy}))


def rows(part: str, kind: str) -> torch.Tensor:
    """Pixels as float32, labels as int64."""
    name = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte.gz"
    with gzip.open(FILES / name) as file:
        numbers = np.frombuffer(file.read()[HEADER[kind] :], np.uint8)
    return torch.from_numpy(numbers.astype(np.float32 if kind == "images" else np.int64))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

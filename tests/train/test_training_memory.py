"""Training keeps nothing behind: memory after many steps, with the garbage collector off."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROGRAM = """
import gc, resource, numpy as np, chainrule as cr
from chainrule import nn, optim
from chainrule.train import fit

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

rng = np.random.default_rng(0)
x, y = rng.normal(size=(4000, 8)), rng.integers(0, 3, 4000)
model = nn.MLP([8, 16, 3], {options})
arguments = dict(loss=cr.softmax_cross_entropy, optimizer=optim.{optimizer}, batch_size=4,
    regularization=nn.L2(1e-4))
fit(model, (x, y), epochs=1, **arguments)
gc.collect()
gc.disable()
before = resident()
fit(model, (x, y), epochs=10, **arguments)
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize(
    ("options", "optimizer"), [("", "Adam()"), ("dropout=0.1, normalization='batch'", "SGD()")]
)
def test_10000_steps_grow_the_process_by_less_than_2_mib(options, optimizer):
    code = textwrap.dedent(PROGRAM).format(options=options, optimizer=optimizer)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2 * 2**20

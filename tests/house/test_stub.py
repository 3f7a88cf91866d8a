"""The stub lists every op and is current, so that editors and pyright see what exists."""

import pathlib
import subprocess
import sys

HOUSE = pathlib.Path(__file__).parents[2]


def test_the_stub_is_current():
    made = [sys.executable, str(HOUSE / "scripts" / "make_stub"), "--check"]
    result = subprocess.run(made, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_pyright_sees_ops_through_the_stub(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy as np\n"
        "import chainrule as cr\n"
        "reveal_type(cr.relu(cr.tensor(1.0)))\n"
        "reveal_type(cr.relu(np.ones(3)))\n"
        "reveal_type(cr.softmax_cross_entropy(cr.tensor(np.ones((2, 3))), np.array([0, 1])))\n"
        "cr.reluu(1.0)\n"
    )
    seen = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HOUSE,
    ).stdout
    assert seen.count('is "Tensor"') == 2
    assert '"ndarray[' in seen or '"NDArray[' in seen
    assert '"reluu" is not a known attribute' in seen

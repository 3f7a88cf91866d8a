"""The polynomials of the letters are those that scripts/fit_letters makes."""

import pathlib
import subprocess
import sys

from chainrule.native.letters import exponentials, gauss

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "fit_letters"


def printed():
    """Name to coefficients."""
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True)
    fits, name = {}, ""
    for line in run.stdout.splitlines():
        if line.startswith(" "):
            fits[name].append(float(line.strip(" ,")))
        else:
            name = line.split(":")[0]
            fits[name] = []
    return fits


def test_the_polynomials_are_those_of_the_script():
    held = {
        "EXP_SINGLE": exponentials.EXP_SINGLE,
        "EXP_DOUBLE": exponentials.EXP_DOUBLE,
        "GROWTH_SINGLE": exponentials.GROWTH_SINGLE,
        "GROWTH_DOUBLE": exponentials.GROWTH_DOUBLE,
        "FIT_SINGLE.centre": gauss.FIT_SINGLE.centre,
        "FIT_DOUBLE.centre": gauss.FIT_DOUBLE.centre,
        "FIT_SINGLE.tail": gauss.FIT_SINGLE.tail,
        "FIT_DOUBLE.tail": gauss.FIT_DOUBLE.tail,
    }
    assert {name: tuple(fit) for name, fit in printed().items()} == held

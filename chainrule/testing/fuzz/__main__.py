"""The command ``python -m chainrule.testing.fuzz``: a campaign, and its report on the terminal.

Imports campaign, and the name of the cache of compiled plans. Ends with 1 where a mismatch was
found or an op was never used.
"""

import argparse
import os
import sys
import time

from chainrule.native.cache import VARIABLE as CACHE
from chainrule.testing.fuzz.campaign import run


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m chainrule.testing.fuzz")
    parser.add_argument("--graphs", type=int, default=2000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="program i is a function of (seed, i)")
    parser.add_argument("--first", type=int, default=0, help="number of the first program")
    parser.add_argument(
        "--dtype",
        choices=("float64", "both"),
        default="both",
        help="both: every program is run in float32 as well",
    )
    parser.add_argument(
        "--compiled",
        action="store_true",
        help="every program is recorded, and its plan run by NumPy and as machine code",
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    os.environ[CACHE] = ""  # no program comes again
    start = time.perf_counter()

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            rate = done / (time.perf_counter() - start)
            sys.stderr.write(f"\r{done:,} graphs, {rate:.0f} a second ")

    campaign = run(
        given.graphs,
        given.seed,
        given.first,
        given.dtype == "both",
        given.jobs,
        compiled=given.compiled,
        progress=progress,
    )
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{campaign}\n{seconds:.1f} s, {given.graphs / seconds:.0f} graphs a second\n"
    )
    return 1 if campaign.findings or (campaign.unused and given.graphs >= 2000) else 0


if __name__ == "__main__":
    sys.exit(main())

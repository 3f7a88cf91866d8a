"""python -m tests.mutation --mutants 300 --seed 0: how many wrong rules the suite catches."""

import argparse
import sys
import time

from tests.mutation.killing import UNJUDGED, outcome
from tests.mutation.mutants import sample


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="0/1", help="k/n: every n-th mutant, from the k-th on")
    parser.add_argument("--quick", action="store_true", help="checks and graphs alone, no pytest")
    given = parser.parse_args()
    first, step = map(int, given.part.split("/"))
    chosen = sample(given.mutants, given.seed)[first::step]
    survivors, start = [], time.perf_counter()
    for done, mutant in enumerate(chosen, start=1):
        killer = outcome(mutant, rest=not given.quick)
        if killer == UNJUDGED:
            raise SystemExit(f"the tests of {mutant} did not run: nothing is known of it.")
        seconds = time.perf_counter() - start
        say(f"{done:4} {seconds:6.0f} s  {killer or 'survived':<50} {mutant}")
        if not killer:
            survivors.append(mutant)
    say(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants killed; the survivors:")
    for mutant in survivors:
        say(str(mutant))
    return 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

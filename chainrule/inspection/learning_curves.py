"""What the curves of a training say, in a sentence, and what to do about it.

Imports NumPy. The report says it beside the curves.
"""

from collections.abc import Sequence

import numpy as np

FEWEST = 5  # epochs; fewer have no shape
END = 0.2  # share of the epochs that is looked at to see whether a curve still falls
FALLING = 0.03  # share of a loss that it loses in that time if it still falls
RISEN = 0.05  # share of its lowest value by which a loss has risen if it rises
APART = 0.3  # share of the validation loss that the training loss lies below it
PLAIN = "One line is one part of the data."


def read_curves(training: Sequence[float], validation: Sequence[float] = ()) -> str:
    """Read the losses of the epochs.

    Examples
    --------
    >>> print(read_curves([1.0, 0.8, 0.6, 0.5, 0.4, 0.3], [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]))
    Both losses still fall at the end: train longer (--epochs), or with a larger --learning-rate.
    """
    seen, watched = np.asarray(training, float), np.asarray(validation, float)
    if len(seen) < FEWEST or not np.isfinite(seen).all():
        return PLAIN
    if not len(watched) or not np.isfinite(watched).all():
        if _falls(seen):
            return "The loss still falls at the end: train longer (--epochs)."
        return "The loss has levelled out. Watch a validation part to see whether it helps."
    best = int(watched.argmin())
    if watched[-1] > (1 + RISEN) * watched[best] and seen[-1] < seen[best]:
        return (
            f"From epoch {best + 1} on the validation loss rises while the training loss falls: "
            "from there the net learns its training rows by heart. More rows help, or a stronger "
            "--l2, a --dropout, fewer hidden units."
        )
    if _falls(seen) and _falls(watched):
        return (
            "Both losses still fall at the end: train longer (--epochs), or with a larger "
            "--learning-rate."
        )
    if watched[-1] - seen[-1] > APART * watched[-1]:
        return (
            "The validation loss has levelled out above the training loss: what lies between is "
            "learned by heart. More rows help, or a stronger --l2, a --dropout."
        )
    return (
        "Both losses have levelled out close together: the net has learned what it can hold. "
        "A wider one may learn more (--hidden), or columns that say more."
    )


def _falls(losses: np.ndarray) -> bool:
    before = losses[-1 - max(int(END * len(losses)), 1)]
    return bool(before - losses[-1] > FALLING * abs(before))

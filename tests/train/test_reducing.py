"""ReduceOnPlateau: when it reduces the rate, how far, and that a fit in parts does the same."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import ArgumentError
from chainrule.train import ReduceOnPlateau, fit

from .test_early_stopping import scripted

MODES = pytest.mark.parametrize("compiled", [False, True])
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(40, 5)), RNG.integers(0, 2, 40)


def run(reducing, parts=(12,), compiled=True, rate=0.4, **options):
    model, history = nn.MLP([5, 4, 2]), None
    for epochs in parts:
        history = fit(
            model, (X, LABELS), loss=cr.softmax_cross_entropy, optimizer=optim.SGD(rate),
            epochs=epochs, batch_size=16, compiled=compiled, callbacks=[reducing()],
            after=history, **options,
        )  # fmt: skip
    return model, history


def test_the_rate_falls_after_the_patience_and_the_cooldown():
    flat = [1.0] * 12
    reducing = ReduceOnPlateau(0.5, patience=2, monitor="loss")
    rates = [0.1] * 3 + [0.05] * 2 + [0.025] * 2 + [0.0125] * 2 + [0.00625] * 2 + [0.003125]
    assert scripted(reducing, loss=flat)["rate"] == rates
    reducing = ReduceOnPlateau(0.5, patience=2, monitor="loss", cooldown=3)
    assert scripted(reducing, loss=flat)["rate"] == [0.1] * 3 + [0.05] * 5 + [0.025] * 4
    reducing = ReduceOnPlateau(0.5, patience=2, monitor="loss", min_rate=0.03)
    assert scripted(reducing, loss=flat)["rate"] == [0.1] * 3 + [0.05] * 2 + [0.03] * 7


def test_an_improvement_starts_the_patience_anew():
    losses = [3, 2, 2, 1, 1, 1, 0.5]
    assert set(scripted(ReduceOnPlateau(patience=3, monitor="loss"), loss=losses)["rate"]) == {0.1}
    rates = scripted(ReduceOnPlateau(patience=3, monitor="loss", mode="max"), loss=losses)["rate"]
    assert rates == pytest.approx([0.1] * 4 + [0.01] * 3)


def test_torch_reduces_at_the_same_epochs():
    torch = pytest.importorskip("torch")
    losses = (np.round(RNG.normal(size=60), 1) * 0.05 + 1 / np.arange(1, 61)).tolist()
    one = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        one, factor=0.5, patience=2, threshold=0.01, threshold_mode="abs", cooldown=2
    )
    rates = []
    for loss in losses:
        rates.append(one.param_groups[0]["lr"])
        theirs.step(loss)
    reducing = ReduceOnPlateau(0.5, 3, 0.01, "loss", cooldown=2)
    assert scripted(reducing, loss=losses)["rate"] == pytest.approx(rates)


def scikit_learns_adaptive(losses, rate, tol, n_iter_no_change):
    """The rates of the epochs of its "adaptive"; its own code."""
    best, count, rates = np.inf, 0, []
    for loss in losses:
        rates.append(rate)
        count = count + 1 if loss > best - tol else 0
        best = min(best, loss)
        if count > n_iter_no_change:
            if rate <= 1e-6:
                break
            rate, count = rate / 5.0, 0
    return rates


@pytest.mark.parametrize("seed", range(4))
def test_adaptive_is_scikit_learns(seed):
    noisy = np.random.default_rng(seed).normal(size=80) * 0.05 + 1 / np.arange(1, 81)
    reducing = ReduceOnPlateau(0.2, 3, 1e-4, "loss", against="best", stop_at=1e-6)
    history = scripted(reducing, loss=noisy.tolist())
    expected = scikit_learns_adaptive(noisy.tolist(), 0.1, 1e-4, 2)
    assert history["rate"] == pytest.approx(expected, rel=1e-12)
    assert history.stopped == "plateau"


@MODES
@pytest.mark.parametrize("parts", [(6, 6), (1, 11), (3, 3, 3, 3)])
def test_a_fit_in_parts_reduces_as_one(parts, compiled):
    def reducing():
        return ReduceOnPlateau(0.3, patience=1, minimum_change=0.01, cooldown=1)

    model, history = run(reducing, compiled=compiled)
    other, going_on = run(reducing, parts, compiled)
    assert len(set(history["rate"])) > 2
    assert history["rate"] == going_on["rate"]
    for name, array in model.state().items():
        np.testing.assert_array_equal(array, other.state()[name])


def test_compiled_steps_take_the_reduced_rate():
    one, other = (run(lambda: ReduceOnPlateau(0.3, 1, 0.01), compiled=c) for c in (False, True))
    assert one[1]["rate"] == other[1]["rate"]
    np.testing.assert_allclose(one[1]["loss"], other[1]["loss"], rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReduceOnPlateau(1.0), "ReduceOnPlateau was given factor=1.0."),
        (lambda: ReduceOnPlateau(patience=0), "ReduceOnPlateau was given patience=0."),
        (lambda: ReduceOnPlateau(min_rate=-1), "ReduceOnPlateau was given min_rate=-1."),
        (
            lambda: run(ReduceOnPlateau, schedule=optim.Cosine()),
            "changes optimizer.rate, which a fit with a schedule does not read.",
        ),
        (
            lambda: run(lambda: ReduceOnPlateau(monitor="validation_loss")),
            "ReduceOnPlateau monitors validation_loss, but this fit has no validation rows.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert message in caught.value.short()

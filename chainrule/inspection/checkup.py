"""Checkup: the lecture's sanity checks of a net, its data and its loss, as one report.

Imports the checks, layer_health and ratios. Users call ``cr.checkup``; the report of a run shows
the part that it has figures for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.inspection.checkup_page import page_of
from chainrule.inspection.layer_health import CHUNK, LayerCheckup, Observation, observe
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.inspection.sanity.check import ALARMS, Check, known
from chainrule.inspection.sanity.curves import curve_checks, ratios_in, tried_ratios
from chainrule.inspection.sanity.few_rows import overfit_check
from chainrule.inspection.sanity.first_loss import loss_checks
from chainrule.inspection.sanity.given_data import data_checks
from chainrule.inspection.sanity.looked_at import Subject, indices, subject_of
from chainrule.inspection.sanity.penalty_share import Term, penalty_check, terms_of
from chainrule.inspection.sanity.second_opinion import Opinion, opinion_of
from chainrule.inspection.sanity.signal import norms_of, signal_checks
from chainrule.inspection.sanity.unit_roles import unit_checks
from chainrule.nn import Module
from chainrule.spec import is_dict
from chainrule.train.history import History

__all__ = ["Checkup", "LayerCheckup", "Observation", "checkup", "observe"]

VERSION = 1  # of the schema
SOUND = "The units and the sizes of the updates look sound."  # no word about the result
TOLD = ("dead_units", "saturated", "update_ratio")  # of which layers and ratios speak themselves


@dataclass(frozen=True)
class Checkup:
    """The health of a net; print it for a table, what is wrong, and what to try.

    Parameters
    ----------
    rows : int
        How many were looked at: all of them.
    layers : tuple of LayerCheckup
    ratios : tuple of Ratio
        The update:weight ratios of training, read against 1e-3.
    checks : tuple of Check
        Every question with its answer, in the order of the report.
    terms : tuple of Term
        What each term of the loss is worth, and its share of the gradient.
    signal : tuple of (str, float)
        Layer by layer from the inputs on: the norm of the gradient at its scores.
    loss : float or None
        Of all rows, without regularization.
    """

    rows: int
    layers: tuple[LayerCheckup, ...]
    ratios: tuple[Ratio, ...] = field(default=())
    checks: tuple[Check, ...] = field(default=())
    terms: tuple[Term, ...] = field(default=())
    signal: tuple[tuple[str, float], ...] = field(default=())
    loss: float | None = None

    @property
    def findings(self) -> tuple[Check, ...]:
        """The checks that found something wrong."""
        return tuple(check for check in self.checks if check.state == "alarm")

    @property
    def alarms(self) -> tuple[str, ...]:
        """Their names; empty for a healthy net."""
        return tuple(check.name for check in self.findings)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, one sentence per finding; empty if all is well."""
        if self.loss is not None:
            return tuple(check.sentence for check in self.findings)
        found = [x.advice for x in (*self.layers, *self.ratios)]
        rest = [check.sentence for check in self.findings if check.name not in TOLD]
        return tuple(sentence for sentence in (*found, *rest) if sentence)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, as checkup.schema.json says."""
        layers = [
            {
                **{name: known(x) for name, x in vars(layer).items()},
                "dead": list(layer.dead),
                "dying": list(layer.dying),
                "saturated": list(layer.saturated),
            }
            for layer in self.layers
        ]
        return {
            "version": VERSION,
            "rows": self.rows,
            "loss": None if self.loss is None else known(self.loss),
            "alarms": list(self.alarms),
            "checks": [check.to_dict() for check in self.checks],
            "layers": layers,
            "ratios": [
                {
                    "name": ratio.name,
                    "typical": known(ratio.typical),
                    "last": known(ratio.last),
                    "verdict": ratio.verdict,
                }
                for ratio in self.ratios
            ],
            "terms": [term.to_dict() for term in self.terms],
            "signal": [{"name": name, "gradient_norm": known(norm)} for name, norm in self.signal],
        }

    def __str__(self) -> str:
        lines = [f"{self.rows:,} rows"]
        if self.loss is not None:
            lines[0] += f", loss {self.loss:.4g}"
        lines += [_line_of_layer(layer) for layer in self.layers]
        for ratio in self.ratios:
            lines.append(f"{ratio.name:<23} update:weight {ratio.typical:.1e}, {ratio.verdict}")
        if len(self.terms) > 1:
            lines += [
                f"{term.name:<23} loss {term.value:.4g}, {term.share:.0%} of the gradient"
                for term in self.terms
            ]
        if self.loss is None:
            return "\n".join(lines + list(self.advice or (SOUND,)))
        for check in self.checks:
            if check.state != "alarm":
                lines.append(f"{check.state:<9} {check.name:<20} {check.evidence}")
        for check in self.findings:
            place = f"{check.place}: " if check.place else ""
            lines += [
                f"ALARM     {check.name:<20} {place}{check.evidence}",
                f"{'':<10}likely: {check.cause}",
                f"{'':<10}try:    {check.suggestion}",
            ]
        return "\n".join([*lines, _verdict(self)])

    def _repr_html_(self) -> str:
        """For notebooks."""
        return page_of(self.to_dict(), _verdict(self))


def _line_of_layer(layer: LayerCheckup) -> str:
    troubled = f"{len(layer.dead)} dead"
    if layer.bounded:
        troubled = f"{len(layer.saturated)} saturated"
    return (
        f"{layer.name:<12} {layer.activation:<10} {layer.units:>5} units, {troubled}, "
        f"mean {layer.mean:.3g}, spread {layer.spread:.3g}, {layer.active:.0%} active"
    )


def _verdict(found: Checkup) -> str:
    """What may be said in one line: no more than what was looked at."""
    if found.alarms:
        return f"{len(found.alarms)} of {len(found.checks)} checks found something: " + ", ".join(
            found.alarms
        )
    asked = sum(check.state == "fine" for check in found.checks)
    rest = len(found.checks) - asked
    return f"No alarm in {asked} checks" + (f"; {rest} were left out." if rest else ".")


def checkup(
    model: Module,
    data: Any,
    loss: Any = None,
    *,
    validation: Any = None,
    history: History | Mapping[str, Sequence[float]] | None = None,
    regularization: Any = None,
    optimizer: Any = None,
    ratios: Mapping[str, Sequence[float]] | None = None,
    chunk: int = CHUNK,
) -> Checkup:
    """Ask a net, its data and its loss what a good teacher would ask first.

    The net is copied: nothing about it changes, nor about the optimiser or the arrays.

    Parameters
    ----------
    model : Module
        Before training or after it.
    data : (array, array), or array
        X and y, as :func:`chainrule.fit` takes them: all rows, for a unit that is silent on one
        batch may be awake on the next. X alone tells about the units.
    loss : callable, or a dict or tuple of them
        As for :func:`chainrule.fit`. Of several outputs, what compares one with a constant
        answer is left out.
    validation : (array, array), optional
        Rows that training has not seen: they tell whether the net is overfitted.
    history : History, or mapping of its columns, optional
        Of the training: update:weight ratios, and curves.
    regularization : optional
        As for :func:`chainrule.fit`; that of single layers is known.
    optimizer : Optimizer, optional
        Where there is no history, a copy of it makes ten steps with a copy of the net.
    ratios : mapping of str to sequence of float, optional
        Update:weight ratio per parameter, one per epoch; those of the history by default.
    chunk : int, default 1024
        Rows evaluated together: memory for speed.

    Returns
    -------
    Checkup
        ``alarms`` is a tuple of names, empty for a healthy net; ``findings`` says of each what
        was found, where, the likely cause, and one thing to try.

    Raises
    ------
    ChainruleError
        For data that :func:`chainrule.fit` would refuse: no rows, NaN, a loss that does not fit
        the targets; and for labels that are all of one class.

    Notes
    -----
    What is asked: dead, dying and saturated units, units that are copies of another one, and
    symmetric weights; the scale of the inputs; whether the layers bend at all; gradients that
    fade or burst; the loss against ln C and against a constant answer; the share of the penalty;
    whether a copy can learn 20 rows by heart; update:weight ratios; the balance of the classes
    and labels that look wrong; overfitting and underfitting. docs/checkup.md has the figure
    behind each alarm, and where it comes from.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> net[0].bias.data = np.array([9, 9, -99])
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> print(checkup(net, x).advice[0])
    layers.1: 1 of 3 units are dead: no gradient reaches them.
    Lower the learning rate, or choose leaky_relu.
    >>> net = nn.MLP([2, 16, 2])
    >>> y = (x[:, 0] > x[:, 1]).astype(int)
    >>> checkup(net, (x, y), cr.softmax_cross_entropy).alarms
    ()
    """
    curves: Mapping[str, Sequence[float]] = {}
    best = None
    if isinstance(history, History):
        curves, best = history.to_dict(), history.best_epoch
    elif is_dict(history):
        curves = history
    elif history is not None:
        raise ArgumentError(
            f"history= takes what fit returned, or its columns, but this is {history!r:.60}.",
            do="Pass history = cr.fit(...), or history.to_dict().",
        )
    subject = subject_of(
        model, data, loss, validation, regularization, optimizer, curves, best, chunk
    )
    read = ratios_in(curves) if ratios is None else read_ratios(ratios)
    with np.errstate(all="ignore"):  # what is not finite is told by the figures
        return _asked(subject, read or tried_ratios(subject))


def _asked(subject: Subject, ratios: tuple[Ratio, ...]) -> Checkup:
    """All questions, asked of one subject."""
    terms, opinion, units = terms_of(subject), _opinion(subject), unit_checks(subject)
    symmetric = any(each.name == "symmetric" and each.state == "alarm" for each in units)
    losses = loss_checks(subject)
    astray = any(each.name == "worse_than_constant" and each.state == "alarm" for each in losses)
    checks = [
        *data_checks(subject, opinion),
        *units,
        *signal_checks(subject, symmetric),
        *losses,
        penalty_check(subject, terms),
        overfit_check(subject),
        *curve_checks(subject, ratios, opinion, astray),
    ]
    checks.sort(key=lambda check: ALARMS.index(check.name))
    signal = tuple(norms_of(subject))
    loss = None if subject.loss is None else subject.data_loss
    layers = subject.observed.layers
    return Checkup(subject.rows.count, layers, ratios, tuple(checks), terms, signal, loss)


def _opinion(subject: Subject) -> Opinion | None:
    """Of plain learners, where the inputs are numbers and the targets are of one kind."""
    x = subject.inputs
    if x is None or subject.loss is None or not subject.single or indices(subject):
        return None
    y, facts = subject.targets, subject.facts
    if subject.classes:
        labelled = facts.ignored is None
        return opinion_of(x, y, subject.classes) if labelled else None
    if facts.targets == "shares":
        one = y.reshape(len(y), -1)
        whole = one.shape[1] == 1 and bool(((one == 0) | (one == 1)).all())
        return opinion_of(x, one[:, 0].astype("int64"), 2) if whole else None
    plain = facts.targets == "numbers" and not facts.link and y.dtype.kind == "f"
    return opinion_of(x, y, 0) if plain else None

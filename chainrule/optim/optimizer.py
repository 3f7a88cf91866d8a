"""Optimizer: what all optimisers share; a rule for one parameter becomes a step for all of them.

Imports tensors, storage and the groups beside it. One optimiser per file stands on it; users and
the training loop call ``step``.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.nodes.node import next_serial
from chainrule.graph.nodes.storage import aligned
from chainrule.optim.arguments import not_negative, positive
from chainrule.optim.by_group import RATE, checked_groups, group_of
from chainrule.optim.chosen import (
    LASTING,
    Parameters,
    fresh,
    lasting,
    members,
    named,
    thawed,
)
from chainrule.optim.groups import Group, Rule, Slot, grouped
from chainrule.optim.other_names import Misnamed
from chainrule.tensors import Parameter

Array = np.ndarray[Any, np.dtype[Any]]
SHOWN = 6  # names in an error


class Optimizer:
    """Changes parameters so that the loss falls.

    A subclass writes ``update``, its rule, as a pure function of arrays or tensors, and names the
    arrays that the rule remembers in ``memory``.

    Parameters
    ----------
    rate : float
        Learning rate: how far one step goes.
    groups : mapping of str, optional
        Settings of their own for the parameters whose names fit a pattern, such as
        ``{"*.bias": 0.1}``: a number, or ``"rate"`` among several settings, is what the rate of
        each step is multiplied by, so that a schedule moves all groups together. The first
        pattern that fits counts.

    Attributes
    ----------
    steps : int
        How many steps have been made.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> net = cr.nn.Linear(2, 1)
    >>> optimizer = cr.optim.AdamW(0.01, groups={"bias": {"rate": 0.1, "weight_decay": 0}})
    >>> net(np.ones((1, 2))).sum().backward()
    >>> optimizer.step(net.parameters())
    >>> net.bias.data.round(4)
    array([-0.001], dtype=float32)
    """

    name: ClassVar[str] = ""
    memory: tuple[str, ...] = ()  # names of the state arrays, each of the parameter's shape
    settings: ClassVar[tuple[str, ...]] = ("rate",)  # attributes that repr shows
    by_group: ClassVar[tuple[str, ...]] = (RATE,)  # settings that a group may have of its own
    elementwise: ClassVar[bool] = True  # each element is updated without a look at the others
    # Attributes that steps change, or that are inputs of a recorded step: no settings of the rule.
    bookkeeping: ClassVar[frozenset[str]] = frozenset(
        {"rate", "steps", "_slots", "_saved", "_identities", "_given", "_chosen", "_groups"}
        | {"_where", "claims"}
    )
    needs_closure: ClassVar[bool] = False  # computes the loss several times in one step
    lr: ClassVar[Misnamed] = Misnamed("rate")
    learning_rate: ClassVar[Misnamed] = Misnamed("rate")

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "update" in vars(cls) and "_apply" not in vars(cls):
            cls._apply = Optimizer._apply  # a faster way that is inherited knows another rule

    def __init__(self, rate: float, groups: Mapping[str, Any] | None = None) -> None:
        self.rate = positive(type(self).__name__, "rate", rate)
        self.groups = checked_groups(type(self).__name__, groups, self.by_group)
        self.steps = 0
        self._slots: dict[Parameter, Slot] = {}
        self._saved: dict[str, dict[str, Array]] = {}  # loaded, and not yet met again
        self._identities: tuple[int, ...] = ()
        self._given: Any = None  # whose slots stand in _chosen, if somebody asked for them
        self._chosen: tuple[Slot, ...] = ()
        self._groups: tuple[Group, ...] = ()
        self._where = f"{type(self).__name__}.step()"
        self.claims: dict[int, int] = {}  # which thread of a process trains with it just now

    def init(self, array: Array) -> tuple[Array, ...]:
        """The rule's state before the first step: zeros like the parameter."""
        zeros = np.broadcast_to(array.dtype.type(0), array.shape)  # which take no memory
        return tuple(aligned(zeros) for _ in self.memory)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """The rule: new parameter and new state, from the old ones.

        A pure function written with ops: it reads arrays and tensors alike.

        Parameters
        ----------
        parameter, gradient : array or tensor
            Of one shape.
        state : tuple of array or tensor
            What ``init`` or the last ``update`` returned.
        rate : float, or a tensor of the parameter's dtype
            Learning rate of this step.
        step : int, or a tensor of the parameter's dtype
            1 at the first update of this parameter.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def rule_of(self, name: str) -> tuple[Rule, float]:
        """The rule for the parameter of this name, and what its rate is multiplied by."""
        return self._rule(group_of(self.groups, name) if self.groups else None)

    def _rule(self, group: str | None) -> tuple[Rule, float]:
        own = self.groups.get(group or "", {})
        settings = {name: value for name, value in own.items() if name != RATE}
        rule = self
        if settings:
            rule = object.__new__(type(self))
            rule.__dict__.update(self.__dict__ | settings)
        return rule.update, own.get(RATE, 1.0)

    def _add_memory(self, name: str) -> None:
        """The rule's: one more array is remembered about every parameter, from now on."""
        if name not in self.memory:
            self.memory = (*self.memory, name)
            self._identities, self._given = (), None  # every parameter is given one

    def step(
        self, parameters: Parameters, missing: str = "raise", rate: float | None = None
    ) -> None:
        """Update every parameter once, in place, from the gradient that ``backward()`` left.

        Parameters
        ----------
        parameters : mapping of str to Parameter, or iterable of Parameter
            Those that want no gradient (``module.freeze()``) stay as they are, and so does what
            is remembered about them.
        missing : {"raise", "skip"}, default "raise"
            What to do about a parameter without a fresh gradient: since the last step nothing
            has flowed into it. "raise", because it usually is a forgotten ``backward()``.
        rate : float, optional
            Learning rate of this step. Default: the optimiser's own.

        Raises
        ------
        NoGradientError
            If a parameter has no fresh gradient, or all are frozen; nothing has been changed then.
        """
        self._choose(parameters, missing)
        used = self.rate if rate is None else not_negative(self.name, "rate", rate)
        with np.errstate(all="ignore"):  # a gradient of 1e30 squares to inf, and the step is 0
            self._apply(used)
        self.made(1, self._where)

    def slots(self, parameters: Parameters) -> tuple[Slot, ...]:
        """What is remembered about these parameters, for whoever applies the rule himself.

        The arrays are the optimiser's own; :meth:`made` counts the steps. The same mapping is
        looked at once.
        """
        if parameters is not self._given:
            pairs = named(parameters)
            if tuple(id(p) for _, p in pairs) != self._identities:
                self._arrange(pairs)
            self._given = parameters
        return self._chosen

    def made(self, steps: int, where: str) -> None:
        """Note that the parameters of the last :meth:`slots` have been updated so often."""
        serial = next_serial()
        for slot in self._chosen:
            slot.steps += steps
            p = slot.parameter
            p.changed, p.changed_where, p.spent = serial, where, p.gradient  # touched and spent
        self.steps += steps

    def state(self) -> dict[str, Array]:
        """Everything that a later run needs to go on in the same bits, as arrays by name.

        Parameters are told apart by their names; of two with one name, the later one counts.
        """
        arrays: dict[str, Array] = {"steps": np.asarray(self.steps)}
        for slot in self._slots.values():
            arrays |= {f"{slot.name}/{key}": x for key, x in self._memory_of(slot).items()}
        for owner, saved in self._saved.items():
            arrays.update({f"{owner}/{name}": array.copy() for name, array in saved.items()})
        return arrays

    def load_state(self, arrays: Mapping[str, Any]) -> None:
        """Go on from what ``state()`` returned; parameters are told apart by their names.

        Raises
        ------
        ArgumentError
            If these arrays were not left by an optimiser of this kind.
        """
        saved: dict[str, dict[str, Array]] = {}
        for key, array in arrays.items():
            owner, _, name = key.rpartition("/")
            saved.setdefault(owner, {})[name] = np.array(array)
        own = saved.pop("", {})
        expected = {*self.memory, "steps"}
        strange = next((owner for owner, found in saved.items() if set(found) != expected), None)
        if strange is not None or set(own) != {"steps"}:
            found = sorted(own if strange is None else saved[strange])
            raise ArgumentError(
                f"these arrays are not the state of {type(self).__name__}.",
                found=[f"{strange or 'the whole'}: {', '.join(found) or 'nothing'}"],
                do=f"It keeps {', '.join(sorted(expected))} for each parameter, and one steps.",
            )
        self.steps = int(own["steps"])
        self._slots, self._saved, self._identities, self._given = {}, saved, (), None

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: groups are arranged anew, for the copied parameters."""
        return self.__dict__ | {
            "_identities": (), "_given": None, "_chosen": (), "_groups": (), "claims": {},
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy made apart from its net, the parameters are known by their names alone."""
        self.__dict__.update(state)
        names = [slot.name for slot in self._slots.values()]
        for slot in self._slots.values():
            alone = names.count(slot.name) == 1
            self._saved[slot.name] = self._memory_of(slot) if alone else {}

    def __copy__(self) -> "Optimizer":
        """A copy for the same parameters, with a memory of its own."""
        return copy.deepcopy(self, {id(p): p for p in self._slots})

    def _memory_of(self, slot: Slot) -> dict[str, Array]:
        shape = slot.parameter.shape
        arrays = {
            name: array.reshape(shape).copy()
            for name, array in zip(self.memory, slot.state, strict=True)
        }
        return arrays | {"steps": np.asarray(slot.steps)}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        groups = f", groups={self.groups!r}" if self.groups else ""
        return f"{type(self).__name__}({shown}{groups})"

    def _apply(self, rate: float) -> None:
        """Update the chosen parameters; an optimiser with a faster way overrides this."""
        for group in self._groups:
            rule, factor = self._rule(group.name)
            group.step(rule, rate * factor)

    def _choose(self, parameters: Parameters, missing: str) -> None:
        """Find the parameters to update; a step on the same ones as before costs nothing here."""
        if type(parameters) not in LASTING:
            parameters = lasting(parameters)
        owners = members(parameters)
        if missing != "raise" and missing != "skip":
            raise ArgumentError(
                f"step() was given missing={missing!r}.", do='Choose "raise" or "skip".'
            )
        for p in owners:
            gradient = getattr(p, "gradient", None)
            if gradient is None or gradient is getattr(p, "spent", None) or not p.wants_gradient:
                pairs = thawed(named(parameters), self._where)
                pairs = fresh(pairs, missing, type(self).__name__)
                if tuple(id(p) for _, p in pairs) != self._identities:
                    self._arrange(pairs)
                return
        if tuple(map(id, owners)) != self._identities:
            self._arrange(named(parameters))

    def _arrange(self, pairs: Sequence[tuple[str, Parameter]]) -> None:
        """Give every parameter its slot, and put those that are updated alike into groups."""
        self._given = None
        if self._saved:
            self._meet(pairs)
        for name, p in pairs:
            slot = self._slots.get(p)
            if slot is None:
                self._slots[p] = self._slot(name, p)
            elif len(slot.state) < len(self.memory):  # the rule has come to remember more
                fresh_state = tuple(array.ravel() for array in self.init(p.value))
                slot.state = (*slot.state, *fresh_state[len(slot.state) :])
        self._identities = tuple(id(p) for _, p in pairs)
        self._chosen = tuple(self._slots[p] for p in dict.fromkeys(p for _, p in pairs))
        if self.elementwise:
            self._groups = grouped(self._chosen, lambda name: group_of(self.groups, name))
        else:
            self._groups = ()

    def _meet(self, pairs: Sequence[tuple[str, Parameter]]) -> None:
        """Raise where a memory that was loaded or copied would be left behind unseen."""
        for _, p in pairs:
            if p in self._slots:  # copied together with its net
                self._saved.pop(self._slots[p].name, None)
        given = [name for name, p in pairs if p not in self._slots]
        unknown = [name for name in given if not self._saved.get(name)]
        left = [name for name in self._saved if name not in given]
        clash = any(name in self._saved for name in unknown)
        if unknown and (left or clash):
            raise ArgumentError(
                f"this {type(self).__name__} was loaded or copied with the memory of other "
                "parameters, and would start anew for these.",
                found=[
                    f"remembers  {', '.join([*self._saved][:SHOWN])}",
                    f"is given   {', '.join(unknown[:SHOWN])}",
                ],
                do="Copy net and optimiser together, copy.deepcopy((model, optimizer)), give it "
                f"the net that it knows, or make a new {type(self).__name__}.",
            )

    def _slot(self, name: str, p: Parameter) -> Slot:
        saved = self._saved.pop(name, None)
        if saved is not None:  # the copy of its old parameter has no owner
            self._slots = {q: slot for q, slot in self._slots.items() if slot.name != name}
        else:
            return Slot(name, p, tuple(array.ravel() for array in self.init(p.value)), 0)
        for kind in self.memory:
            if saved[kind].shape != p.shape:
                raise ShapeError(
                    f"the saved {kind} of {name} does not fit the parameter.",
                    found=[describe(kind, saved[kind], "saved"), describe(name, p, p.origin)],
                    do="Load the state of an optimiser that trained the same net.",
                )
        state = tuple(
            aligned(saved[kind].astype(p.dtype, copy=False)).ravel() for kind in self.memory
        )
        return Slot(name, p, state, int(saved["steps"]))

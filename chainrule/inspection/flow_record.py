"""The flow of a graph as data: every number that goes forward and back, node by node.

Imports amount. observed.py fills it; texts, pictures, the ledger and the page read it. The JSON
that ``to_dict`` gives has its schema in flow.schema.json beside this file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chainrule.errors import UnknownNameError
from chainrule.inspection.amount import Amount

Kind = Literal["op", "parameter", "data", "constant", "several", "module"]
NAMES_TOLD = 20  # by the message about a name that nobody has
VERSION = 1  # of the schema; a change that a reader must know of raises it


@dataclass(frozen=True)
class Local:
    """How a result moves with one input: the local Jacobian, which is hardly ever stored.

    Attributes
    ----------
    structure : str
        "Identity", "Diagonal", "Kronecker" ...; "" where any entry may differ from 0.
    outputs, inputs : tuple of int
        The shapes between which it lies.
    nbytes : int
        What its array would take.
    slopes : Amount or None
        One slope for each element of the result, where it is diagonal (after broadcasting).
    matrix : Amount or None
        All of it, outputs first, where it is small.
    """

    structure: str
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    nbytes: int
    slopes: Amount | None = None
    matrix: Amount | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "structure": self.structure,
            "outputs": list(self.outputs),
            "inputs": list(self.inputs),
            "bytes": self.nbytes,
            "slopes": _dict(self.slopes),
            "matrix": _dict(self.matrix),
        }


@dataclass(frozen=True)
class FlowInput:
    """One input of an op, and the gradient that the op sends to it.

    Attributes
    ----------
    name : str
        What the op calls it: "x", "scores".
    node : int or None
        The id of the node; None for an optional input that was left out.
    local : Local or None
    sends : Amount or None
        Upstream times local: what flows to this input from here. None where nothing does.
    why : str
        Why nothing does, or "".
    """

    name: str
    node: int | None
    local: Local | None = None
    sends: Amount | None = None
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "node": self.node,
            "local": None if self.local is None else self.local.to_dict(),
            "sends": _dict(self.sends),
            "why": self.why,
        }


@dataclass(frozen=True)
class Kept:
    """What a node keeps alive until its graph is let go.

    Attributes
    ----------
    nbytes : int
        Of its value; 0 where that is a view of another node's memory.
    gradient_bytes : int
        Of the gradient that ``backward()`` left at it.
    shares : int or None
        The node whose memory the value shares.
    readers : tuple of (int, str)
        The nodes whose backward rules read the value, and for what.
    why : str
        All of it in a sentence.
    """

    nbytes: int
    gradient_bytes: int = 0
    shares: int | None = None
    readers: tuple[tuple[int, str], ...] = ()
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "bytes": self.nbytes,
            "gradient_bytes": self.gradient_bytes,
            "shares": self.shares,
            "readers": [{"node": node, "for": why} for node, why in self.readers],
            "why": self.why,
        }


@dataclass(frozen=True)
class FlowNode:
    """One node: what made it, what it is, what comes back to it and what it hands on.

    Attributes
    ----------
    id : int
        Its place among the nodes, in the order of creation.
    name : str
        The user's, or c1, x1, n1 ... for those that have none; unique in a graph.
    named : bool
        Whether the name is the user's.
    kind : {"op", "parameter", "data", "constant", "several", "module"}
        "several": all results of an op that returns more than one, each a node behind it;
        "module": all that a module did, in a picture that folds it.
    op, call, symbol : str
        The op's name, its call with the names of the inputs, the sign it goes by; "" of a leaf.
    settings : mapping of str to str
        The op's attributes, as Python writes them.
    role, role_says : str
        The gate's role in the backward pass, and that in a sentence.
    module : str
        The path of the module that made it, "" where none is known.
    shape : tuple of int
    dtype : str
    value, upstream : Amount or None
    wants_gradient : bool
    is_end : bool
        Whether the walk starts here.
    inputs : tuple of FlowInput
    readers : tuple of int
        The nodes that read it, once for each time.
    kept : Kept
    """

    id: int
    name: str
    named: bool
    kind: Kind
    op: str
    call: str
    symbol: str
    settings: Mapping[str, str]
    role: str
    role_says: str
    module: str
    shape: tuple[int, ...]
    dtype: str
    value: Amount | None
    upstream: Amount | None
    wants_gradient: bool
    is_end: bool
    inputs: tuple[FlowInput, ...]
    readers: tuple[int, ...]
    kept: Kept

    @property
    def call_in_full(self) -> str:
        """The call with the op's attributes behind the inputs: ``sum(x, axis=0)``."""
        settings = ", ".join(f"{key}={value}" for key, value in self.settings.items())
        inside = ", ".join(filter(None, (self.call[len(self.op) + 1 : -1], settings)))
        return f"{self.op}({inside})"

    @property
    def fork(self) -> bool:
        """Whether several gradients come back here and are added: it is read more than once."""
        return self.wants_gradient and len(self.readers) > 1

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "named": self.named,
            "kind": self.kind,
            "op": self.op,
            "call": self.call,
            "symbol": self.symbol,
            "settings": dict(self.settings),
            "role": self.role,
            "role_says": self.role_says,
            "module": self.module,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "value": _dict(self.value),
            "upstream": _dict(self.upstream),
            "wants_gradient": self.wants_gradient,
            "is_end": self.is_end,
            "fork": self.fork,
            "inputs": [x.to_dict() for x in self.inputs],
            "readers": list(self.readers),
            "kept": self.kept.to_dict(),
        }


@dataclass(frozen=True)
class FlowModule:
    """A module whose call made some of the nodes: its path ("" of the net itself), its repr."""

    path: str
    kind: str

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"path": self.path, "kind": self.kind}


@dataclass(frozen=True)
class FlowData:
    """All nodes behind some ends, oldest first, with everything that flows through them.

    Attributes
    ----------
    nodes : tuple of FlowNode
    modules : tuple of FlowModule
        Those that were called, in the order of their first call.
    notes : tuple of str
        What the numbers are to be read with: why there are no gradients, what has changed.
    """

    nodes: tuple[FlowNode, ...]
    modules: tuple[FlowModule, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, which: int | str) -> FlowNode:
        """A node by its id, or by its name.

        Raises
        ------
        UnknownNameError
            If no node goes by that name.
        """
        if isinstance(which, int):
            return self.nodes[which]
        for node in self.nodes:
            if node.name == which:
                return node
        known = [node.name for node in self.nodes[:NAMES_TOLD]]
        raise UnknownNameError("node", which, known)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, as flow.schema.json says; ``["nodes"]`` is in the order of creation."""
        return {
            "version": VERSION,
            "nodes": [node.to_dict() for node in self.nodes],
            "ends": [node.id for node in self.nodes if node.is_end],
            "modules": [module.to_dict() for module in self.modules],
            "notes": list(self.notes),
        }


Schemas = Literal["checkup", "flow", "ledger", "ops", "templates"]


def schema(of: Schemas = "flow") -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what ``to_dict`` of one of these returns."""
    return json.loads(Path(__file__).with_name(f"{of}.schema.json").read_text(encoding="utf-8"))


def _dict(amount: Amount | None) -> dict[str, Any] | None:
    return None if amount is None else amount.to_dict()

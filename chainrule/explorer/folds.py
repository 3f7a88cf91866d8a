"""Which ops are spelled out and which modules are one box, each turned by itself.

Imports the inspection. graph_cards.py draws with it. What can be turned has a key that stays the
same however the rest is folded: "o7" is the op of the seventh node of the graph as it was
computed, "o7.2" the second gate of its formula, "mlayers.0" a module.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from chainrule.graph.nodes.node import Node
from chainrule.inspection.flow_record import FlowData, FlowNode
from chainrule.inspection.given_graph import Given
from chainrule.inspection.unfolding import LEVELS, modules_folded, one_level, opens
from chainrule.spec import is_list

FOLDS = ("ops", "gates", "modules")
MOST_TURNED = 200
LONGEST_KEY = 200  # characters


@dataclass(frozen=True)
class Folding:
    """How a graph is folded: in general, and what is turned the other way.

    Parameters
    ----------
    mode : {"ops", "gates", "modules"}
        As it was written; every op spelled out; every innermost module one box.
    turned : frozenset of str
        Keys of the ops and modules that are the other way.
    """

    mode: str = "ops"
    turned: frozenset[str] = frozenset()

    @classmethod
    def asked(cls, question: Mapping[str, Any]) -> "Folding | None":
        """What a question asks for; None where it is no folding."""
        mode, turned = question.get("fold", "ops"), question.get("turned", [])
        if mode not in FOLDS or not is_list(turned) or len(turned) > MOST_TURNED:
            return None
        if not all(isinstance(key, str) and len(key) <= LONGEST_KEY for key in turned):
            return None
        return cls(mode, frozenset(turned))

    def opens(self, place: str) -> bool:
        """Whether an op is spelled out."""
        return (self.mode == "gates") != (f"o{place}" in self.turned)

    def folds(self, path: str, is_innermost: bool) -> bool:
        """Whether a module is one box."""
        return (self.mode == "modules" and is_innermost) != (f"m{path}" in self.turned)


@dataclass(frozen=True)
class Opened:
    """A graph with its ops spelled out as asked.

    Attributes
    ----------
    given : Given
    places : mapping of Node to str
        The place of each node, under which it is known.
    formulas : mapping of str to str
        The op that stood at a place and is spelled out now.
    """

    given: Given
    places: Mapping[Node, str]
    formulas: Mapping[str, str]


def opened(given: Given, folding: Folding) -> Opened:
    """Spell out ops, and gates of their formulas, as far as it is asked for."""
    places = {node: str(i) for i, node in enumerate(given.graph.nodes)}
    formulas: dict[str, str] = {}
    for _ in range(LEVELS):
        before = places
        finer = one_level(given, lambda node, at=before: folding.opens(at[node]))
        if finer.given is given:
            break
        given = finer.given
        places = dict[Node, str]()
        for node, other in finer.became.items():
            if node not in finer.spelled and isinstance(other, Node):
                places.setdefault(other, before[node])
        for node, (first, last) in finer.spelled.items():
            formulas[before[node]] = "" if node.op is None else node.op.name
            gates = [gate for gate in given.graph.nodes if first < gate.serial < last]
            places |= {gate: f"{before[node]}.{i}" for i, gate in enumerate(gates)}
    return Opened(given, places, formulas)


def boxed(flow: FlowData, folding: Folding) -> tuple[FlowData, tuple[int, ...]]:
    """The flow with modules as boxes as asked, and the id that each of its nodes had."""
    if folding.mode != "modules" and not any(key.startswith("m") for key in folding.turned):
        return flow, tuple(range(len(flow)))
    containers = _containers(flow)
    return modules_folded(flow, lambda path: _box(path, containers, folding))


def _box(path: str, containers: frozenset[str], folding: Folding) -> str:
    """The outermost module around a path that is one box; "" for none."""
    around = (each for each in _around(path) if folding.folds(each, each not in containers))
    return next(around, "")


def _around(path: str) -> Iterator[str]:
    """The modules around a node, the outermost first."""
    return accumulate(path.split("."), lambda path, name: f"{path}.{name}") if path else iter(())


def _containers(flow: FlowData) -> frozenset[str]:
    """The modules that hold others."""
    paths = {node.module for node in flow.nodes} | {module.path for module in flow.modules}
    return frozenset(outer for path in paths for outer in _around(path) if outer != path)


def turns(
    flow: FlowData,
    whole: FlowData,
    origin: Sequence[int],
    nodes: Sequence[Node],
    found: Opened,
    folding: Folding,
) -> dict[str, list[dict[str, str]]]:
    """What can be folded or unfolded at each node of a drawn flow, the nearest first.

    Parameters
    ----------
    flow, whole : FlowData
        As it is drawn, and before modules became boxes.
    origin : sequence of int
        The id in the second one of each node of the first one.
    nodes : sequence of Node
        Behind the second one.
    found : Opened
    folding : Folding

    Returns
    -------
    dict of str to list
        By the id of a node: keys, each with what turning it does.
    """
    containers = _containers(whole)
    every: dict[str, list[dict[str, str]]] = {}
    for node, at in zip(flow.nodes, origin, strict=True):
        if node.kind == "module":
            box = _box(whole.nodes[at].module, containers, folding)
            here = [{"key": f"m{box}", "does": f"Unfold {box}"}]
        elif node.op:
            here = [*_of_op(node, nodes[at], found), *_of_modules(node)]
        else:
            continue
        if here:
            every[str(node.id)] = here
    return every


def _of_op(drawn: FlowNode, node: Node, found: Opened) -> Iterator[dict[str, str]]:
    place = found.places[node]
    if node.op is not None and opens(node.op):
        yield {"key": f"o{place}", "does": f"Unfold {drawn.op} into its gates"}
    while "." in place:
        place = place.rpartition(".")[0]
        yield {"key": f"o{place}", "does": f"Fold back into {found.formulas[place]}"}


def _of_modules(drawn: FlowNode) -> Iterator[dict[str, str]]:
    for path in reversed([*_around(drawn.module)]):
        yield {"key": f"m{path}", "does": f"Fold {path} into one box"}

"""Names: what a kernel is called in show(), after the ops whose steps it holds.

Imports groups, letters and the catalogue. Fusion names every kernel.
"""

from collections.abc import Mapping

from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.families import Letter, Structured
from chainrule.plan.groups import Group
from chainrule.plan.letters import DEAR
from chainrule.plan.steps import Array, Map, Step

MOST = 3  # words; the rest is left out
INPUT = "input"  # the label of an input that was given no name


def name_of(group: Group, updated: Mapping[Array, Array]) -> str:
    """The ops of a group, each once, and what it updates: "linear + relu".

    Letters, sums and the like are named only where there is no op of a higher kind.
    """
    labels = dict.fromkeys(
        out.label or _kind(node.step) for node in group.nodes for out in node.outs
    ) or [_kind(group.nodes[0].step)]
    telling = [label for label in labels if not _is_plain(label)]
    words = telling or list(labels)
    if len(words) > MOST:
        words = [*words[:MOST], "..."]
    targets = [updated[array].label for array in updated if array in group.made]
    if targets:
        name = "an input" if set(targets) <= {INPUT, ""} else " and ".join(targets)
        words = [" + ".join(words[:1]), f"update of {name}"]
    return " + ".join(words)


def _kind(step: Step) -> str:
    return step.letter if isinstance(step, Map) else type(step).__name__.lower()


def _is_plain(label: str) -> bool:
    """Whether an op says little about what a kernel is for: a sum, a cast, a product."""
    if label not in CATALOGUE or label in DEAR:  # tanh is an activation
        return False
    return issubclass(CATALOGUE[label], Letter | Structured)

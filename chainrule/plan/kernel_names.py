"""Names: what a kernel is called in show(), after the ops whose steps it holds.

Imports groups, letters and the catalogue. Fusion names every kernel.
"""

from collections.abc import Sequence

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Letter, Structured
from chainrule.plan.alone import Alone
from chainrule.plan.kernel_groups import Group
from chainrule.plan.letters import is_function
from chainrule.plan.steps import Array, Map, Step

MOST = 3  # words; the rest is left out
INPUT = "input"  # the label of an input that was given no name


def name_of(group: Group, targets: Sequence[Array]) -> str:
    """The ops of a group, each once, and the inputs that it writes over: "linear + relu".

    Letters, sums and the like are named only where there is no op of a higher kind.
    """
    labels = dict.fromkeys(
        out.label or _kind(node.step) for node in group.nodes for out in node.outs
    ) or [_kind(group.nodes[0].step)]
    telling = [label for label in labels if not _is_plain(label)]
    words = telling or list(labels)
    if len(words) > MOST:
        words = [*words[:MOST], "..."]
    if targets:
        owners = [target.label for target in targets]
        name = "an input" if set(owners) <= {INPUT, ""} else " and ".join(owners)
        words = [" + ".join(words[:1]), f"update of {name}"]
    return " + ".join(words)


def _kind(step: Step) -> str:
    if isinstance(step, Map):
        return step.letter
    title = step.title if isinstance(step, Alone) else ""
    return title or type(step).__name__.lower()


def _is_plain(label: str) -> bool:
    """Whether an op says little about what a kernel is for: a sum, a cast, a product."""
    if label not in CATALOGUE or is_function(label):  # tanh is an activation
        return False
    return issubclass(CATALOGUE[label], Letter | Structured)

"""A flow as text: one line per node, or all that is known of each.

Imports the records. Names that are too long are shortened, so that columns stay columns.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from chainrule.inspection.amount import IN_A_LINE, Amount
from chainrule.inspection.flow_record import FlowData, FlowInput, FlowNode
from chainrule.inspection.svg import shortened, squeezed
from chainrule.jacobians.sizes import size_text

LONGEST_NAME = 24  # characters
LONGEST_CALL = 44
INDENT = "    "
WIDTH = 14  # of the words in front of what is told of a node


def table(flow: FlowData) -> str:
    """One line for each node: name, shape, type, call, value, gradient, role.

    A fork, where gradients meet and are added, says so behind the role.
    """
    firsts, short = _names(flow, LONGEST_NAME), _names(flow, LONGEST_NAME // 2)
    rows = [_row(node, firsts[node.id], short) for node in flow.nodes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def story(flow: FlowData) -> str:
    """Everything that is known of each node, oldest first, and the notes."""
    short = _names(flow, LONGEST_NAME // 2)
    paragraphs = ["\n".join(_paragraph(node, flow, short)) for node in flow.nodes]
    return "\n".join([*paragraphs, *flow.notes])


def fork_says(node: FlowNode) -> str:
    """Of a fork, how many gradients are added there."""
    return f"fork: {len(node.readers)} gradients are added" if node.fork else ""


def one_line(text: str) -> str:
    """A name as one line: control characters are shown, not obeyed."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Names, each with at most so many characters, or as many as tell it from all others.

    Of a path, such as "layers.0.weight", the end is kept: "0.weight".
    """
    ends = Counter(end for name in set(names) for end in _ends(name))
    found: list[str] = []
    for name in names:
        fitting = [end for end in _ends(name) if len(end) <= most and ends[end] == 1]
        found.append(name if len(name) <= most else next(iter(fitting), squeezed(name, most)))
    first = dict(zip(reversed(found), reversed(names), strict=True))
    alike = {short for short, name in zip(found, names, strict=True) if first[short] != name}
    return [name if short in alike else short for short, name in zip(found, names, strict=True)]


def _ends(path: str) -> list[str]:
    """A path, and what is left of it from each of its dots on."""
    parts = path.split(".")
    return [".".join(parts[i:]) for i in range(len(parts)) if parts[i]]


def shape_text(node: FlowNode) -> str:
    """The shape as Python writes it."""
    return "several" if node.kind == "several" else str(node.shape)


def local_text(x: FlowInput) -> str:
    """The local gradient of one input in a line, or ""."""
    local = x.local
    if local is None:
        return ""
    if local.slopes is not None:
        return str(local.slopes)
    if local.matrix is not None and local.matrix.size == 1:
        return str(local.matrix).strip("[]")
    if local.matrix is not None and not local.structure:
        return str(local.matrix)
    known = local.structure or "any entry may differ from 0"
    size = f"{known}, {local.outputs} by {local.inputs}: {size_text(local.nbytes)} as an array"
    return f"{size}; {local.matrix}" if local.matrix is not None else size


def _names(flow: FlowData, most: int) -> list[str]:
    return told_apart([one_line(node.name) for node in flow.nodes], most)


def _row(node: FlowNode, name: str, short: Sequence[str]) -> tuple[str, ...]:
    says = [part for part in (node.role, fork_says(node)) if part]
    return (
        name,
        shape_text(node),
        node.dtype,
        shortened(_call(node, short), LONGEST_CALL),
        _brief("value", node.value),
        _brief("grad", node.upstream) + _part_zero(node.upstream),
        ", ".join(says),
    )


def _brief(word: str, amount: Amount | None) -> str:
    return "" if amount is None else f"{word} {amount.brief()}"


def _part_zero(gradient: Amount | None) -> str:
    """How much of a gradient is 0, where that is a part of it and not seen."""
    if gradient is None or gradient.size <= IN_A_LINE or not 0 < gradient.zeros < gradient.size:
        return ""
    return f", {gradient.zeros:,} of {gradient.size:,} are 0"


def _call(node: FlowNode, short: Sequence[str]) -> str:
    """The call with shortened names, so that its end is seen as well."""
    if not node.op:
        return ""
    given = ("None" if x.node is None else short[x.node] for x in node.inputs)
    return f"{node.op}({', '.join(given)})"


def _paragraph(node: FlowNode, flow: FlowData, short: Sequence[str]) -> Iterable[str]:
    name = one_line(node.name)
    call = f" = {_call(node, short)}" if node.op else f", a {node.kind}"
    where = f", in {one_line(node.module)}" if node.module else ""
    yield f"{name}{call}   {shape_text(node)} {node.dtype}{where}".rstrip()
    if node.op:
        yield _told("role", f"{node.role}: {node.role_says}" if node.role else node.role_says)
    if node.value is not None:
        yield _told("value", str(node.value))
    if node.upstream is not None:
        yield _told("upstream" if node.op else "gradient", str(node.upstream))
    if node.fork:
        yield _told("fork", f"read {len(node.readers)} times: {_sum(node, flow)}")
    for x in node.inputs:
        yield from _wire(x, short)
    size = size_text(node.kept.nbytes)
    if node.kept.gradient_bytes:
        size += f" and {size_text(node.kept.gradient_bytes)} of gradient"
    yield _told("kept", ": ".join(filter(None, (size, node.kept.why))))


def _wire(x: FlowInput, short: Sequence[str]) -> Iterable[str]:
    if x.node is None:
        return
    word = f"to {short[x.node]}"
    parts = [f"local {local_text(x)}"] if local_text(x) else []
    parts += [f"sends {x.sends}"] if x.sends is not None else []
    if parts or x.why:
        yield _told(word, "; ".join(parts) or x.why)


def _sum(node: FlowNode, flow: FlowData) -> str:
    """The gradients that meet at a fork, as a sum."""
    terms: Sequence[Amount | None] = [
        x.sends
        for reader in dict.fromkeys(node.readers)
        for x in flow.nodes[reader].inputs
        if x.node == node.id
    ]
    known = [str(term) for term in terms if term is not None]
    if len(known) < 2 or node.upstream is None or any(t and t.size != 1 for t in terms):
        return "the gradients that come back are added"
    return f"{' + '.join(f'({t})' if t[0] == '-' else t for t in known)} = {node.upstream}"


def _told(word: str, text: str) -> str:
    return f"{INDENT}{word:<{WIDTH}} {text}"

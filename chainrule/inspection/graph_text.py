"""A graph in the languages of other drawing programs: Mermaid and DOT.

Imports the records. draw gives both; whatever a name holds is text there.
"""

from collections.abc import Sequence

from chainrule.inspection.flow_record import FlowData, FlowNode
from chainrule.inspection.flow_text import one_line
from chainrule.inspection.svg import squeezed

LONGEST_NAME = 40  # characters
PLAIN = frozenset(" .,:_-+/()=")


def mermaid(flow: FlowData, title: str = "") -> str:
    """A Mermaid flowchart: modules are subgraphs, gradients stand on the arrows."""
    lines = [f"---\ntitle: {_in_mermaid(title)}\n---"] if title else []
    lines.append("flowchart LR")
    for indent, opened, node in _nested(flow):
        pad = "  " * (indent + 1)
        if node is not None:
            left, right = ("([", "])") if not node.op else ("[", "]")
            text = "<br/>".join(map(_in_mermaid, _lines(node)))
            lines.append(f'{pad}n{node.id}{left}"{text}"{right}')
        elif opened:
            number, label = opened
            lines.append(f'{pad}subgraph m{number}["{_in_mermaid(label)}"]')
        else:
            lines.append(f"{pad}end")
    for source, target, sends in _arrows(flow):
        label = f'|"{_in_mermaid(sends)}"|' if sends else ""
        lines.append(f"  n{source} -->{label} n{target}")
    return "\n".join(lines) + "\n"


def dot(flow: FlowData, title: str = "") -> str:
    """A digraph for graphviz: modules are clusters, gradients stand on the arrows."""
    lines = ["digraph {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines.append('  edge [fontname="sans-serif", fontcolor="#c62828"];')
    if title:
        lines.append(f"  label={_in_dot(title)}; labelloc=t;")
    for indent, opened, node in _nested(flow):
        pad = "  " * (indent + 1)
        if node is not None:
            style = "" if node.op else ", style=rounded"
            lines.append(f"{pad}n{node.id} [label={_in_dot(*_lines(node))}{style}];")
        elif opened:
            number, label = opened
            lines.append(f"{pad}subgraph cluster_{number} {{ label={_in_dot(label)};")
        else:
            lines.append(f"{pad}}}")
    for source, target, sends in _arrows(flow):
        label = f" [label={_in_dot(sends)}]" if sends else ""
        lines.append(f"  n{source} -> n{target}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(node: FlowNode) -> list[str]:
    """What stands in the box of a node."""
    name = squeezed(one_line(node.name), LONGEST_NAME)
    first = name if not node.op else f"{name} = {node.op}" if node.named else node.op
    lines = [first] + ([node.role] if node.role else [])
    lines += [str(node.shape)] if node.shape else []
    if node.value is not None:
        lines.append(f"value {node.value.brief()}")
    if node.upstream is not None:
        lines.append(f"gradient {node.upstream.brief()}")
    return lines


def _arrows(flow: FlowData) -> list[tuple[int, int, str]]:
    return [
        (x.node, node.id, "" if x.sends is None else x.sends.brief())
        for node in flow.nodes
        for x in node.inputs
        if x.node is not None
    ]


Step = tuple[int, tuple[int, str] | None, FlowNode | None]


def _nested(flow: FlowData) -> list[Step]:
    """All nodes, those of a module between its beginning and its end; modules within modules."""
    kinds = {module.path: module.kind for module in flow.modules}
    members: dict[str, list[FlowNode]] = {}
    for node in flow.nodes:
        members.setdefault(node.module, []).append(node)
    paths = list(members)
    numbers: dict[str, int] = {}

    def of(path: str, depth: int) -> list[Step]:
        steps: list[Step] = [(depth, None, node) for node in members.get(path, [])]
        for child in _children(path, paths):
            numbers[child] = len(numbers)
            label = f"{child}: {kinds[child]}" if child in kinds else child
            steps.append((depth, (numbers[child], label), None))
            steps += of(child, depth + 1)
            steps.append((depth, None, None))
        return steps

    return of("", 0)


def _children(path: str, paths: Sequence[str]) -> list[str]:
    """The modules directly in a module that made nodes, or hold some that did."""
    start = f"{path}." if path else ""
    within = [p for p in paths if p and p != path and p.startswith(start)]
    return [p for p in within if not any(p.startswith(f"{other}.") for other in within)]


def _in_mermaid(text: str) -> str:
    """Text as entity codes, but for letters, digits and harmless signs."""
    return "".join(c if c.isalnum() or c in PLAIN else f"#{ord(c)};" for c in one_line(text))


def _in_dot(*lines: str) -> str:
    """A quoted string of lines."""
    parts = (one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(parts) + '"'

"""A flow as a table for notebooks: one row per node, and all there is to tell when it is opened.

Imports the records, their texts and svg. Every text is escaped; there is no script and no id.
"""

from chainrule.inspection.flow_record import FlowData, FlowNode
from chainrule.inspection.flow_text import fork_says, local_text, one_line, shape_text
from chainrule.inspection.svg import element, escaped, squeezed
from chainrule.jacobians.sizes import size_text
from chainrule.markup import card

LONGEST_NAME = 40  # characters
MOST_ROWS = 200  # a longer table is slow to open; its end is shown
HEADINGS = ("node", "op", "shape", "value", "upstream gradient", "flows to its inputs", "kept")


def table_html(flow: FlowData) -> str:
    """All nodes, or of a long graph the last 200."""
    shown = flow.nodes[-MOST_ROWS:]
    notes = list(flow.notes)
    if len(shown) < len(flow.nodes):
        notes.append(f"{len(flow.nodes) - len(shown)} earlier nodes are not shown.")
    head = element("tr", *(element("th", word, scope="col") for word in HEADINGS))
    body = element("tbody", *(_row(node, flow) for node in shown))
    table = element("table", element("thead", head), body)
    return card(f"Flow of {len(flow)} nodes", table, *(element("p", escaped(n)) for n in notes))


def _row(node: FlowNode, flow: FlowData) -> str:
    role = element("span", escaped(node.role), class_="role", title=node.role_says)
    fork = element("span", escaped(fork_says(node)), class_="role") if node.fork else ""
    return element(
        "tr",
        element("th", _name(node.name), fork, scope="row", title=one_line(node.name)),
        element("td", escaped(node.op or node.kind), role if node.role else ""),
        element("td", escaped(shape_text(node)), " ", escaped(node.dtype)),
        element("td", escaped("" if node.value is None else node.value), class_="value"),
        element("td", escaped("" if node.upstream is None else node.upstream), class_="gradient"),
        element("td", *_wires(node, flow)),
        element("td", escaped(size_text(node.kept.nbytes)), title=one_line(node.kept.why)),
    )


def _wires(node: FlowNode, flow: FlowData) -> list[str]:
    """What goes to each input: its name, the local gradient, and what is sent."""
    lines: list[str] = []
    for x in node.inputs:
        if x.node is None:
            continue
        told = f"local {local_text(x)}" if x.local is not None else ""
        sends = "" if x.sends is None else element("span", escaped(x.sends), class_="gradient")
        name = _name(flow.nodes[x.node].name)
        lines.append(element("div", name, ": ", sends or escaped(x.why), title=told))
    return lines


def _name(name: str) -> str:
    return escaped(squeezed(one_line(name), LONGEST_NAME))

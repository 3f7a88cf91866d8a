"""Looking at a net: its graph, its health, what its units look for, and the report of a run.

amount.py      arrays as people read them, in full or in a few numbers
charts.py      curves, residuals, the size of updates and of gradients
checkup.py     the lecture's sanity checks of a net, its data and its loss
checkup_page.py  a checkup as HTML
confusion.py   a coloured cell for each pair of truth and answer
drawing.py     a graph as a picture, in SVG, Mermaid or DOT: cr.draw
figures.py     a figure becomes one inline SVG, the same bytes every time
flow.py        every number of a graph, forward and back: cr.flow and cr.show
flow_html.py   a flow as a table for notebooks
flow_record.py a flow as data, for JSON and every reader
flow_text.py   a flow as text, one line per node or all of it
given_graph.py what a user gives to be looked at becomes a graph
graph_text.py  a graph in the languages of other drawing programs
heights.py     least squares, with the order and distances kept
images.py      an array of colours becomes a PNG inside the page
kept.py        what a graph keeps for its backward pass, and for whom
layer_health.py  how activations behave over a whole data set, unit by unit
layered.py     which box stands in which, and in what order
layout.py      where the boxes of a picture stand and how its wires run
learning_curves.py  what the curves of a training say
ledger.py      what a graph keeps in memory, for whom and until when: cr.ledger
local_look.py  how one op moves with one of its inputs
module_boxes.py modules as boxes behind the nodes that they made
observed.py    the numbers of a flow, from the engine's own watched walk
pages.py       a template beside this file, and values, become a page
picture.py     values above the wires, upstream gradients below
ratios.py      update:weight ratios, read against 1e-3
result.py      what a net came to on each part of the data, read against a constant answer
sanity/        the checks of a checkup, each of which asks one question
run_report.py  one HTML file that needs nothing else
sketch.py      what a picture of a graph says at each node
svg.py         elements with everything escaped, and how wide a text will be
table_result.py  what is worth a look in the figures of estimators
template_list.py  the templates of a layer, as text and as HTML
templates.py   what a unit looks for, as a picture or as signed bars
unit_templates.py  the templates of a net: its units, the rows that wake them, who listens
unfolding.py   ops spelled out in a picture, and modules folded into one node
"""

from chainrule.inspection.checkup import Checkup, LayerCheckup, checkup
from chainrule.inspection.drawing import Drawing, draw
from chainrule.inspection.flow import Flow, flow, show
from chainrule.inspection.flow_record import schema
from chainrule.inspection.ledger import Ledger, ledger
from chainrule.inspection.picture import graph_svg
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.inspection.result import Part, read_result
from chainrule.inspection.run_report import ReportData, render_report
from chainrule.inspection.sanity.check import Check
from chainrule.inspection.template_list import Templates
from chainrule.inspection.templates import Template
from chainrule.inspection.unit_templates import templates

__all__ = [
    "Check",
    "Checkup",
    "Drawing",
    "Flow",
    "LayerCheckup",
    "Ledger",
    "Part",
    "Ratio",
    "ReportData",
    "Template",
    "Templates",
    "checkup",
    "draw",
    "flow",
    "graph_svg",
    "ledger",
    "read_ratios",
    "read_result",
    "render_report",
    "schema",
    "show",
    "templates",
]

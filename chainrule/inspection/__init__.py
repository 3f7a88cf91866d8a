"""Looking at a net: its graph, its health, what its units look for, and the report of a run.

amount.py      arrays as people read them, in full or in a few numbers
as_far.py      the graph of a function that failed on its way, as far as it had come
asking.py      what why is asked about: the loss and the tensor, in each way that comes naturally
behind.py      what is closed behind the place where a gradient ends
chains.py      from one entry of a parameter to the loss, along the paths that carry most
charts.py      curves, residuals, the size of updates and of gradients
checkup.py     the lecture's sanity checks of a net, its data and its loss
checkup_page.py  a checkup as HTML
confusion.py   a coloured cell for each pair of truth and answer
dead_units.py  where a unit is silent, and where its silence is a factor of 0
dominating.py  the largest terms of a sum over the paths of a graph, and what all others add
drawing.py     a graph as a picture, in SVG, Mermaid or DOT: cr.draw
explanation.py  what explain answers: products along paths, sums at forks
explanation_pages.py  an explanation as LaTeX and as HTML
figures.py     a figure becomes one inline SVG, the same bytes every time
flow.py        every number of a graph, forward and back: cr.flow and cr.show
flow_html.py   a flow as a table for notebooks
flow_record.py a flow as data, for JSON and every reader
flow_text.py   a flow as text, one line per node or all of it
forking.py     what each reader of a tensor adds to the gradient of one entry behind it
gate_words.py  names of entries, calls as formulas, and the role of a gate
given_graph.py what a user gives to be looked at becomes a graph
graph_text.py  a graph in the languages of other drawing programs
heights.py     least squares, with the order and distances kept
images.py      an array of colours becomes a PNG inside the page
influence.py   which entries an entry influences, and which influence it
json_schema.py  the parts of a JSON schema, and numbers that JSON lacks
kept.py        what a graph keeps for its backward pass, and for whom
layer_health.py  how activations behave over a whole data set, unit by unit
layered.py     which box stands in which, and in what order
layout.py      where the boxes of a picture stand and how its wires run
learning_curves.py  what the curves of a training say
ledger.py      what a graph keeps in memory, for whom and until when: cr.ledger
local_look.py  how one op moves with one of its inputs
module_boxes.py modules as boxes behind the nodes that they made
nonfinite_causes.py  where a gradient becomes NaN or infinite
links.py       how the entries of a gate's result hang on those of an input
observed.py    the numbers of a flow, from the engine's own watched walk
pages.py       a template beside this file, and values, become a page
picture.py     values above the wires, upstream gradients below
probing.py     questions to one gate, answered by its rule at other numbers
ratios.py      update:weight ratios, read against 1e-3
reachable.py   which elements can depend on an entry, whatever the values are
reason.py      what why answers: cause, place, numbers, one sentence, one thing to try
reasons.py     what why answers about a whole model: one line for each parameter
result.py      what a net came to on each part of the data, read against a constant answer
routes.py      which way through the tensors a gradient takes, with what each carries
run_report.py  one HTML file that needs nothing else
sanity/        the checks of a checkup, each of which asks one question
size_causes.py  why a gradient is small or large
sketch.py      what a picture of a graph says at each node
slopes.py      what each result of a gate does when one entry of an input moves
spoken.py      how explanations say their numbers
svg.py         elements with everything escaped, and how wide a text will be
sweep.py       one backward walk, with what every gate sent to each of its inputs
table_result.py  what is worth a look in the figures of estimators
template_list.py  the templates of a layer, as text and as HTML
templates.py   what a unit looks for, as a picture or as signed bars
unfolding.py   ops spelled out in a picture, and modules folded into one node
unit_templates.py  the templates of a net: its units, the rows that wake them, who listens
why.py         the cause of a gradient that is zero, small, large, NaN or missing
zero_causes.py  where the flow from the loss ends on its way to an entry
zero_groups.py  which entries of a gradient are 0, in groups of one cause
"""

from chainrule.inspection.chains import explain
from chainrule.inspection.checkup import Checkup, LayerCheckup, checkup
from chainrule.inspection.drawing import Drawing, draw
from chainrule.inspection.explanation import Explanation
from chainrule.inspection.flow import Flow, flow, show
from chainrule.inspection.flow_record import schema
from chainrule.inspection.ledger import Ledger, ledger
from chainrule.inspection.picture import graph_svg
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.inspection.reason import Reason
from chainrule.inspection.reasons import Reasons
from chainrule.inspection.result import Part, read_result
from chainrule.inspection.run_report import ReportData, render_report
from chainrule.inspection.sanity.check import Check
from chainrule.inspection.template_list import Templates
from chainrule.inspection.templates import Template
from chainrule.inspection.unit_templates import templates
from chainrule.inspection.why import why

__all__ = [
    "Check",
    "Checkup",
    "Drawing",
    "Explanation",
    "Flow",
    "LayerCheckup",
    "Ledger",
    "Part",
    "Ratio",
    "Reason",
    "Reasons",
    "ReportData",
    "Template",
    "Templates",
    "checkup",
    "draw",
    "explain",
    "flow",
    "graph_svg",
    "ledger",
    "read_ratios",
    "read_result",
    "render_report",
    "schema",
    "show",
    "templates",
    "why",
]

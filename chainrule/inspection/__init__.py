"""Looking at a net: its graph, its health, what its units look for, and the report of a run.

charts.py      curves, residuals, the size of updates and of gradients
checkup.py     units that are dead or saturated over a whole data set
confusion.py   a coloured cell for each pair of truth and answer
figures.py     a figure becomes one inline SVG, the same bytes every time
heights.py     least squares, with the order and distances kept
images.py      an array of colours becomes a PNG inside the page
layered.py     which box stands in which, and in what order
learning_curves.py  what the curves of a training say
layout.py      where the boxes of a picture stand and how its wires run
pages.py       a template beside this file, and values, become a page
picture.py     values above the wires, upstream gradients below
ratios.py      update:weight ratios, read against 1e-3
result.py      what a net came to on each part of the data, read against a constant answer
run_report.py  one HTML file that needs nothing else
sketch.py      what a picture of a graph says at each node
svg.py         elements with everything escaped, and how wide a text will be
table_result.py  what is worth a look in the figures of estimators
templates.py   what each unit of the first layer looks for, as a picture or as signed bars
"""

from chainrule.inspection.checkup import Checkup, LayerCheckup, checkup
from chainrule.inspection.picture import graph_svg
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.inspection.result import Part, read_result
from chainrule.inspection.run_report import ReportData, render_report
from chainrule.inspection.templates import Template, templates

__all__ = [
    "Checkup",
    "LayerCheckup",
    "Part",
    "Ratio",
    "ReportData",
    "Template",
    "checkup",
    "graph_svg",
    "read_ratios",
    "read_result",
    "render_report",
    "templates",
]

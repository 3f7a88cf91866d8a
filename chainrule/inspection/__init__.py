"""Looking at a net: its graph, its health, what its units look for, and the report of a run."""

from chainrule.inspection.checkup import Checkup, LayerCheckup, checkup
from chainrule.inspection.picture import graph_svg
from chainrule.inspection.ratios import Ratio, read_ratios
from chainrule.inspection.report import ReportData, render_report
from chainrule.inspection.result import Part, read_result
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

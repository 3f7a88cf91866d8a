"""chainrule: backpropagation you can see, check and run at native speed, on NumPy arrays.

Import it as ``cr``. Ops stand here under their public names, taken from the catalogue; the stub
beside this file lists them for editors.

    __main__.py     `python -m chainrule` is the command line
    domain.py       where an op is defined and smooth: intervals, kinks and poles
    errors.py       every exception chainrule raises, and the shape of its message
    extend.py       what an op of your own is written with, and nothing that will move
    markup.py       elements with everything escaped, and the card that notebooks show
    runs.py         a finished run of the command line, opened from Python
    settings.py     the switches of a run, each a ContextVar
    spec.py         what a tensor looks like before anything is computed
    starting.py     Ctrl-C while the command line is still loading
    tensors.py      the nodes a user holds, with data, grad, name and backward()
    cli/            `chainrule train DATA`, `predict RUN DATA`, `checkup RUN`, `check FILE:NAME`
    compiled/       record a function of arrays once, and run it as machine code
    differentiate/  derivatives of plain functions of arrays and nested containers, in every mode
    doctor/         compares a derivative with everything that knows better, and names the bug
    estimators/     MLPClassifier, TabularClassifier and others, which drop into scikit-learn code
    explorer/       a page on this machine that shows what flows through a graph, gate by gate
    graph/          ops, nodes, the backward walk, and readings of a formula
    inspection/     a net's graph, its health, what its units look for, the report of a run
    jacobians/      Jacobians that know their structure, and what it saves
    loops/          a function run step after step, which stays one op and one loop
    native/         plans as machine code, through LLVM. Nothing here knows of nets or optimisers
    nn/             modules with named parameters, layers, initialization
    ops/            one class in one file each, which is known by being here
    optim/          rules that change parameters so that the loss falls; schedules, and clipping
    plan/           the kernels that compute a recorded function, as data; foreign to any machine
    testing/        the properties every op must keep, as functions
    tracing/        where a run loses its digits, and where the first NaN is made
    train/          data, the training loop, and what it leaves behind
"""

from chainrule.starting import leave_quietly as _leave_quietly

_leave_quietly()  # before the rest, which takes a moment to load

import importlib
from typing import Any

from chainrule import errors as errors
from chainrule import ops as ops
from chainrule import settings as settings
from chainrule.graph.nodes.graph import Graph as Graph
from chainrule.graph.nodes.legality import check as _check
from chainrule.graph.op.catalogue import CATALOGUE as _CATALOGUE
from chainrule.graph.op.families import Elementwise as Elementwise
from chainrule.graph.op.numerical import NumericalOp as NumericalOp
from chainrule.graph.op.operation import Op as Op
from chainrule.graph.op.operation import op as op
from chainrule.graph.op.table import ops_table as ops_table
from chainrule.ops.random import fold as fold
from chainrule.ops.random import key as key
from chainrule.settings import no_grad as no_grad
from chainrule.tensors import Parameter as Parameter
from chainrule.tensors import Tensor as Tensor
from chainrule.tensors import backward as backward
from chainrule.tensors import parameter as parameter
from chainrule.tensors import tensor as tensor

__version__ = "0.1.0"


def check_graph(*ends: Any) -> None:
    """Raise GraphError unless the graph behind some tensors keeps every rule of a legal one."""
    _check(Graph.of(*ends))


def _as_picture(graph: Graph) -> str:
    return importlib.import_module("chainrule.inspection").draw(graph)._repr_html_()


# A notebook shows a graph as a picture, which is drawn floors above it: here alone both are known.
setattr(Graph, "_repr_html_", _as_picture)  # noqa: B010  pyright knows no attribute of this name

# Loaded when they are asked for: together they would triple the time of the import.
_LATER = {
    "audit_precision": "tracing",
    "check": "doctor",
    "checkpoint": "differentiate",
    "checkup": "inspection",
    "compile": "compiled",
    "custom_gradient": "differentiate",
    "draw": "inspection",
    "elementwise_grad": "differentiate",
    "evaluate": "train",
    "explain": "inspection",
    "fit": "train",
    "flow": "inspection",
    "fori": "loops",
    "grad": "differentiate",
    "hessian": "differentiate",
    "hvp": "differentiate",
    "jacobian": "differentiate",
    "jvp": "differentiate",
    "ledger": "inspection",
    "linearize": "differentiate",
    "load_run": "runs",
    "predict": "train",
    "scan": "loops",
    "show": "explorer",
    "stop_gradient": "differentiate",
    "templates": "inspection",
    "trace_nonfinite": "tracing",
    "value_and_grad": "differentiate",
    "vjp": "differentiate",
    "why": "inspection",
}
_MODULES = ("extend", "inspection", "jacobians", "nn", "optim", "testing", "train")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"chainrule.{name}")
    if name in _LATER:
        home = importlib.import_module(f"chainrule.{_LATER[name]}")
        globals()[name] = found = getattr(home, name)
        return found
    raise AttributeError(f"module 'chainrule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_OWN})


_OWN = (
    "Elementwise", "Graph", "NumericalOp", "Op", "Parameter", "Tensor", "audit_precision",
    "backward", "check", "check_graph", "checkpoint", "checkup", "compile", "custom_gradient",
    "draw", "elementwise_grad", "errors", "evaluate", "explain", "extend", "fit", "flow", "fold",
    "fori", "grad", "hessian", "hvp", "inspection", "jacobian", "jacobians", "jvp", "key",
    "ledger", "linearize", "load_run", "nn", "no_grad", "op", "ops", "ops_table", "optim",
    "parameter", "permute", "predict", "scan", "settings", "show", "stop_gradient", "templates",
    "tensor", "trace_nonfinite", "train", "value_and_grad", "vjp", "why",
)  # fmt: skip

for _name in _CATALOGUE.names():
    globals()[_name] = _CATALOGUE[_name].function

permute = _CATALOGUE["transpose"].function  # the other name of the field for the same op

# Made from the catalogue, so no tool that reads this file alone can list it; the stub does.
globals()["__all__"] = sorted([*_OWN, *_CATALOGUE.names()])

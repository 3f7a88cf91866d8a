"""The sections of the report: each is a function from a Bench to a Section."""

from collections.abc import Callable

from benchmarks.bench import Bench
from benchmarks.report import Section
from benchmarks.sections.activations import activations
from benchmarks.sections.calls import calls
from benchmarks.sections.cold import cold
from benchmarks.sections.estimators import estimators
from benchmarks.sections.first import first, imports
from benchmarks.sections.memory import memory
from benchmarks.sections.physics import physics
from benchmarks.sections.predict import predict
from benchmarks.sections.recurrences import recurrences
from benchmarks.sections.steps import adam, sgd
from benchmarks.sections.tables import tables
from benchmarks.sections.threads import threads
from benchmarks.sections.training import training
from benchmarks.sections.variants import variants
from benchmarks.sections.widths import widths

SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "sgd": sgd,
    "adam": adam,
    "calls": calls,
    "predict": predict,
    "variants": variants,
    "activations": activations,
    "recurrences": recurrences,
    "first": first,
    "cold": cold,
    "imports": imports,
    "physics": physics,
    "threads": threads,
    "widths": widths,
    "memory": memory,
    "training": training,
    "tables": tables,
    "estimators": estimators,
}

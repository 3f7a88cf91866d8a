"""Bench: what every section is given; and the line-ups that several sections share.

Imports the runner and the cases. The sections import it.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import NETS, Case
from benchmarks.runner import Entry, Field, Kind, Times

OURS = "chainrule"


@dataclass
class Bench:
    """A run: its workers, and how thorough it is.

    Attributes
    ----------
    quick : bool
        Fewer nets, widths and rounds: a look, not a publication.
    scratch : Path
        A folder that is gone after the run.
    """

    field: Field
    quick: bool
    scratch: Path

    @property
    def nets(self) -> list[Case]:
        """Those of the tables of training steps."""
        names = ("moons", "digits", "mnist-1") if self.quick else tuple(NETS)
        return [NETS[name] for name in names]

    def has(self, peer: str) -> bool:
        """Whether the peer was asked for."""
        return peer in self.field.peers

    def folder(self) -> Path:
        """An empty folder."""
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def notes(self, before: int) -> list[str]:
        """One sentence for each task that could not be built since then."""
        gone = list(self.field.missing.items())[before:]
        return [f"{name} is left out: {error}" for name, error in gone]


def lineup(case: Case, forms: dict[str, tuple[Kind, str]]) -> list[Entry]:
    """One entry per form; dropout's masks are every library's own, so its loss is not compared."""
    wide = (("JAX_ENABLE_X64", "1"),) if case.dtype == "float64" else ()
    return [
        Entry(name, Kind(kind.peer, kind.threads, wide), form, case, not case.dropout)
        for name, (kind, form) in forms.items()
    ]


def fastest(times: dict[str, Times], *names: str) -> Times | None:
    """The one with the shortest median among those that ran."""
    ran = [times[name] for name in names if name in times]
    return min(ran, key=lambda took: took.median) if ran else None

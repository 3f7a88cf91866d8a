"""StandIns: while a step is recorded, whoever meets the net itself meets the recorded copy.

Imports nn, tensors and settings. A loss, a penalty or a forward may close over the net that is
trained: without this its arrays would flow in as the constants of the moment.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from chainrule.errors import UnsupportedError, describe
from chainrule.nn import Module
from chainrule.settings import RECORDING, Watch
from chainrule.tensors import Parameter


@contextmanager
def standing_in(
    model: Module, twin: Module, leaves: Mapping[str, Parameter]
) -> Generator[None, None, None]:
    """Read the copy where the net itself, one of its modules or parameters is met.

    Parameters
    ----------
    model, twin : Module
        The net, and its copy on symbols.
    leaves : mapping of str to Parameter
        The copy's parameters by path.
    """
    watch = StandIns(model, twin, leaves)
    watch.recording = bool(RECORDING.get())
    token = RECORDING.set(watch)
    try:
        yield
    finally:
        RECORDING.reset(token)


class StandIns(Watch):
    """Looks at what every op of a recorded step is given."""

    def __init__(self, model: Module, twin: Module, leaves: Mapping[str, Parameter]) -> None:
        own, copies = model.modules(), twin.modules()
        self._modules = {id(module): copies[path] for path, module in own.items()}
        self._leaves = {p: leaves[path] for path, p in model.parameters().items()}

    def inside(self) -> "StandIns":
        """Itself, with a graph: a rule may close over the net, too."""
        return self.with_graph()

    def met(self, x: Any) -> Any:
        """The recorded parameter in the place of the net's own."""
        return self._leaves.get(x, x) if isinstance(x, Parameter) else x

    def module(self, module: Any) -> Any:
        """The recorded module in the place of the net's own."""
        return self._modules.get(id(module), module)

    def recorded(self, op: Any, operands: Sequence[Any], value: Any) -> None:
        """Raise where the net's own parameter was read all the same: it would be a constant."""
        for x in operands:
            if isinstance(x, Parameter) and x in self._leaves:
                raise UnsupportedError(
                    f"{op.name} reads a parameter of the net that is trained from outside of it, "
                    "so it would be a constant of the recorded step.",
                    found=[describe("parameter", x, self._leaves[x].label)],
                    do="Compute it in the net's forward, or in a penalty that is given the net.",
                )

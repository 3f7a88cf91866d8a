"""Record: a Python function of arrays becomes a Flow of steps over whole tensors.

Imports the recorder and the rules in lower/. The compiler and the training program call it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.symbol import Constant
from chainrule.graph.numpy.unwrapping import unwrapped
from chainrule.graph.readings.reading import inside
from chainrule.plan.closed_over import ClosedOver
from chainrule.plan.lower import lower
from chainrule.plan.recorder import Recorded, Recorder
from chainrule.plan.steps import Array, Flow, Operand
from chainrule.settings import RECORDING, met
from chainrule.spec import Spec

__all__ = ["Recorded", "record"]


def record(
    function: Callable[..., Sequence[Any]],
    specs: Sequence[Spec],
    donate: Mapping[int, int] | None = None,
    labels: Sequence[str] = (),
    closed_over: ClosedOver | None = None,
) -> Flow:
    """Run a function once on symbols, and write down what it computes.

    Parameters
    ----------
    function : callable
        Takes one symbol per Spec and returns a flat sequence of symbols, arrays or numbers. Arrays
        that it closes over are constants, copied now. Derivatives may be taken inside.
    specs : sequence of Spec
        Shape and dtype of every input.
    donate : mapping of int to int, optional
        Outputs (by number) that take the memory of an input, which the caller gives up.
    labels : sequence of str, optional
        What the first inputs are called in ``show()``.
    closed_over : ClosedOver, optional
        Makes inputs, after the others, of the parameters that the function closes over; without
        it they are constants.

    Returns
    -------
    Flow

    Raises
    ------
    UnsupportedError
        If the function asks for a value; the message shows the line.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> flow = record(lambda x: [np.tanh(x) * 2], [Spec((3,), np.dtype("float32"))])
    >>> [step.letter for step in flow.steps]
    ['tanh', 'multiply']
    """
    names = [*labels, *["input"] * (len(specs) - len(labels))]
    inputs = tuple(
        Array(spec.shape, np.dtype(spec.dtype).name, label=name)
        for spec, name in zip(specs, names, strict=True)
    )
    with inside() as depth:
        recorder = Recorder(lower, depth, closed_over)
        watched = RECORDING.set(RECORDING.get() if closed_over is None else closed_over)
        try:
            with unwrapped():
                results = function(*[recorder.symbol(x.ref()) for x in inputs])
            outputs = tuple(_output(recorder, x) for x in results)
        finally:
            RECORDING.reset(watched)
            recorder.is_open = False
    more = () if closed_over is None else tuple(closed_over.inputs)
    return Flow((*inputs, *more), outputs, tuple(recorder.steps), dict(donate or {}))


def _output(recorder: Recorder, x: Any) -> Operand:
    """What the function returned: a step's result, or a constant."""
    x = met(x)
    while isinstance(x, Node | Constant):
        x = x.value
    if isinstance(x, Recorded):
        return recorder.ref(x)
    return recorder.operand(x) if isinstance(x, bool | int | float) else recorder.ref(np.array(x))

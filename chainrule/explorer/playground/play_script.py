"""A playground as code: a script that trains the same net on the same points, step for step.

Imports the makers of points. The script is for a reader to go on with, so it says what it does in
the library's own calls, and repeats nothing of the page.
"""

import ast
import inspect
import textwrap

from chainrule.explorer.playground.made_points import MAKERS
from chainrule.explorer.playground.play_settings import BY_MOMENTUM, MOMENTUM, OWN, PlaySettings
from chainrule.explorer.playground.play_task import outputs_for
from chainrule.explorer.playground.point_set import PointSet
from chainrule.optim import by_name

USUAL_EPOCHS = 200
WIDTH = 96  # of a line


def script_of(settings: PlaySettings, points: PointSet, epochs: int) -> str:
    """A Python script; ``epochs`` is how long it trains, 0 for the usual time."""
    classes = len(points.classes)
    outputs = outputs_for(settings.loss, classes)
    sizes = [2, *settings.layers, outputs]
    penalty = (
        f",\n    regularization=cr.nn.L2({settings.strength!r})," if settings.strength else ","
    )
    decided = "scores.argmax(axis=1)" if outputs > 1 else "(scores[:, 0] > 0)"
    tested = int(settings.held * len(points.x)) > 0
    lines = [
        f'"""A {"-".join(map(str, sizes))} net, as the playground of chainrule trained it."""',
        "",
        "import numpy as np",
        "",
        "import chainrule as cr",
        "",
        _data(settings, points),
        "",
        "# Some points are held back for the test, and all are standardised by the others.",
        "held = np.zeros(len(points), bool)",
        f"held[np.random.default_rng({settings.seed}).permutation(len(points))"
        f"[: int({settings.held!r} * len(points))]] = True",
        "spread = points[~held].std(axis=0)",
        "x = (points - points[~held].mean(axis=0)) / np.where(spread, spread, 1)",
        "x = x.astype(np.float32)",
        _targets(settings.loss, classes),
        "x_train, y_train = x[~held].copy(), y[~held].copy()",
        "",
        f'model = cr.nn.MLP({sizes}, "{settings.activation}", seed={settings.seed})',
        "program = cr.train.Program(",
        f"    model,\n    cr.{settings.loss},\n    {_optimizer(settings)}{penalty}",
        ")",
        "",
        f"for epoch in range(1, {(epochs or USUAL_EPOCHS) + 1}):",
        f"    order = np.random.default_rng(({settings.seed}, epoch)).permutation(len(x_train))",
        f"    program.epoch(x_train, y_train, batch_size={settings.batch}, order=order)",
        "",
        'for name, part in (("train", ~held), ("test", held)):'
        if tested
        else 'for name, part in (("train", ~held),):',
        "    scores = program.predict(x[part])",
        f"    loss = cr.{settings.loss}(scores, y[part])",
        f"    right = np.mean({decided} == label[part])",
        '    print(f"{name} loss {loss:.6g}, accuracy {right:.1%}")',
    ]
    return "\n".join(lines) + "\n"


def _data(settings: PlaySettings, points: PointSet) -> str:
    if settings.data != OWN:
        return (
            f"\n{_source(settings.data)}\n\n\n"
            f"rng = np.random.default_rng({settings.seed})\n"
            f"points, label = {settings.data}(rng, {settings.rows}, {settings.noise!r})"
        )
    rows = ", ".join(f"[{x!r}, {y!r}]" for x, y in points.x.tolist())
    labels = ", ".join(map(str, points.label.tolist()))
    named = f"  # {', '.join(map(repr, points.classes))}" if points.columns else ""
    return (
        f"points = np.array(\n    [\n{_wrapped(rows, 8)}\n    ]\n)\n"
        f"label = np.array(\n    [\n{_wrapped(labels, 8)}\n    ]\n){named}"
    )


def _wrapped(text: str, indent: int) -> str:
    space = " " * indent
    return textwrap.fill(
        text, WIDTH, initial_indent=space, subsequent_indent=space, break_long_words=False
    )


def _source(name: str) -> str:
    """The function that makes the points, without annotations."""
    (function,) = ast.parse(inspect.getsource(MAKERS[name])).body
    assert isinstance(function, ast.FunctionDef)
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None
    return ast.unparse(function)


def _optimizer(settings: PlaySettings) -> str:
    if settings.optimizer == BY_MOMENTUM:
        return f"cr.optim.SGD({settings.rate!r}, momentum={MOMENTUM})"
    return f"cr.optim.{type(by_name(settings.optimizer)).__name__}({settings.rate!r})"


def _targets(loss: str, classes: int) -> str:
    if loss in ("softmax_cross_entropy", "hinge"):
        return "y = label"
    if classes > 2:
        return f"y = np.eye({classes}, dtype=np.float32)[label]  # a column a class"
    if loss == "squared_error":
        return "y = 2 * label[:, np.newaxis].astype(np.float32) - 1  # -1 and 1"
    return "y = label[:, np.newaxis].astype(np.float32)  # 0 and 1"

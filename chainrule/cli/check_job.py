"""The job of `chainrule check`: the gradient doctor on the ops of a Python file.

Imports the doctor and the screen. app.py calls it.
"""

import importlib.util
import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from chainrule.cli.screen import console, counted, say, table
from chainrule.doctor import Report
from chainrule.doctor import check as examine
from chainrule.doctor.draw import domain_of, draw, operands_of
from chainrule.doctor.report import row
from chainrule.doctor.subject import is_float_array
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DataError,
    MissingDataError,
    UnknownNameError,
)
from chainrule.graph.op.operation import Op

HIGHEST_AS_DRAWN = 2  # order; beyond it, one entry of each input is 0 in a second look
PYTHON = ".py"
WORDS = ("gradient of", "compared with", "verdict")
HEADINGS = ("gradient of", "compared with", "largest relative error", "judged", "verdict")


def check(
    place: str,
    *,
    shapes: Sequence[str],
    dtype: Literal["float32", "float64"],
    order: int,
    seed: int,
) -> int:
    """Check one op or function, or every op of the file; 1 where one is wrong or left out."""
    path, name = split(place)
    module = load(path)
    asked = [_shape(words) for words in shapes]
    if name:
        report = _examined(_found(module, name), asked, np.dtype(dtype), order, seed)
        _show(report)
        return 0 if report.passed else 1
    ops = list(_ops(module))
    if not ops:
        raise DataError(f"{path} defines no op.", do="Name a function: chainrule check file.py:f")
    return _check_all(ops, asked, np.dtype(dtype), order, seed)


def _check_all(
    ops: list[type[Op]], asked: list[tuple[int, ...]], dtype: np.dtype[Any], order: int, seed: int
) -> int:
    failed, skipped = 0, 0
    for op in ops:
        try:
            report = _examined(op, asked, dtype, order, seed)
        except ArgumentError as error:
            skipped += 1
            say(op.__name__, f"not checked: {error.what}")
            continue
        _show(report)
        failed += not report.passed
    checked = len(ops) - skipped
    if not checked:
        raise ArgumentError("no op could be checked.", do="Give shapes: --shape 3,4")
    say("checked", f"{counted(checked, 'op')}, {failed} with a wrong gradient")
    if skipped:  # what nobody looked at must not pass for right
        say(
            "left out", f"{counted(skipped, 'op')}: give @op samples=, or name it with its --shape"
        )
    return 1 if failed or skipped else 0


def split(place: str) -> tuple[Path, str]:
    """``file.py:Name`` or ``file.py:Class.name`` as a path and a name; else the whole file."""
    before, colon, name = place.rpartition(":")
    is_inside = before.endswith(PYTHON) and all(map(str.isidentifier, name.split(".")))
    if colon and (name.isidentifier() or is_inside):
        return Path(before), name
    return Path(place), ""


def load(path: Path, example: str = "ops.py:MyOp") -> ModuleType:
    """Import a user's file, as Python runs a script; what it prints is no answer of ours.

    ``example`` is what the command takes, for the message where there is no such file.
    """
    if not path.is_file():
        raise MissingDataError(
            f"there is no file {path}.", do=f"Give a Python file and a name in it: {example}"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise DataError(f"{path} is no Python file.", do="Its name ends in .py.")
    module = importlib.util.module_from_spec(spec)
    folder = str(path.parent.resolve())
    sys.path.insert(0, folder)  # as Python does for a script: it may import its neighbours
    sys.modules[path.stem] = module  # dataclasses look their module up
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise DataError(
            f"{path} cannot be imported: {type(error).__name__}: {error}",
            do="Run it with Python first.",
        ) from error
    finally:
        sys.path.remove(folder)
    return module


def _ops(module: ModuleType) -> Iterator[type[Op]]:
    """The op classes that the file itself defines."""
    for value in vars(module).values():
        if not (isinstance(value, type) and issubclass(value, Op)):
            continue
        if value.__module__ == module.__name__ and value.forward is not Op.forward:
            yield value


def member(module: ModuleType, name: str) -> Any:
    """What a user's file holds under a name."""
    known = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
    if name not in vars(module):
        raise UnknownNameError("op or function", name, known)
    return getattr(module, name)


def _found(module: ModuleType, name: str) -> Any:
    """What a file holds under a name, or its class under a name behind a dot."""
    first, *inside = name.split(".")
    found = member(module, first)
    for part in inside:
        if not isinstance(found, type):
            raise ArgumentError(
                f"{first} is no class, so that {name} is nothing in it.",
                do="Give a function or an op of the file, or a method: ops.py:Net.loss",
            )
        found, first = _member_of(found, part), part
    return found


def _member_of(kind: type[Any], name: str) -> Any:
    """A static function or a class method; a method of an instance that is made of nothing."""
    known = [key for key in dir(kind) if key[0] != "_" and callable(getattr(kind, key, None))]
    if not hasattr(kind, name):
        raise UnknownNameError(f"method of {kind.__name__}", name, known)
    kept = inspect.getattr_static(kind, name)
    is_bound = hasattr(kept, "__get__") and not isinstance(kept, staticmethod | classmethod)
    return getattr(_instance(kind, name) if is_bound else kind, name)


def _instance(kind: type[Any], name: str) -> Any:
    """One of a class, for its method."""
    own = f"Make one in the file, and check its method by a name: f = {kind.__name__}(...).{name}"
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        raise ArgumentError(
            f"{name} is a method of a {kind.__name__}, which is made of arguments: {error}.",
            do=own,
        ) from error
    except ValueError:  # a class of a compiled library says nothing of its arguments
        pass
    try:
        with redirect_stdout(sys.stderr):
            return kind()
    except (Exception, SystemExit) as error:
        raise DataError(
            f"{kind.__name__}() raises {type(error).__name__}: {error}", do=own
        ) from error


def _shape(words: str) -> tuple[int, ...]:
    """``3,4`` as a shape; nothing, or ``()``, is a number without axes."""
    inner = words.strip().strip("()")
    try:
        shape = tuple(int(word) for word in inner.split(",") if word.strip())
    except ValueError:
        shape = (-1,)
    if any(n < 0 for n in shape):
        raise ArgumentError(
            f"--shape takes lengths such as 3,4; found {words!r}.",
            do="Give one --shape for each input.",
        )
    return shape


def _examined(
    target: Any, shapes: list[tuple[int, ...]], dtype: np.dtype[Any], order: int, seed: int
) -> Report:
    """The doctor's report, on inputs of these shapes, or on those that the op declares.

    Of order 3 and 4 there are two: kinks of a formula hide at 0, where no drawn entry is.
    """
    op = target if isinstance(target, type) else type(target)
    rng = np.random.default_rng(seed)
    is_op = issubclass(op, Op)
    if not is_op:
        drawn: Sequence[Any] = [rng.normal(size=shape) for shape in shapes]
    elif shapes or order <= HIGHEST_AS_DRAWN:
        drawn = [draw(rng, domain_of(op, i), shape) for i, shape in enumerate(shapes)]
    else:
        drawn, attributes = operands_of(op)
        target = op.of(*attributes) if isinstance(target, type) else target
    if shapes or not is_op:
        drawn = [np.asarray(x, dtype) for x in drawn]
    report = examine(target, *drawn, order=order)
    if order <= HIGHEST_AS_DRAWN or not report.passed or not drawn:
        return report
    zeroed = [_with_a_zero(x, op, i) for i, x in enumerate(drawn)]
    try:
        there = examine(target, *zeroed, order=order)
    except ChainruleError:  # 0 lies outside what forward takes
        return report
    return there if not there.passed or _judged(there) >= _judged(report) else report


def _with_a_zero(x: Any, op: type[Any], i: int) -> Any:
    """The input with its first entry 0, unless its op says that it is not smooth there."""
    if not is_float_array(x) or not x.size:
        return x
    if issubclass(op, Op) and not domain_of(op, i).is_smooth(0.0):
        return x
    changed = x.copy()
    changed[(0,) * x.ndim] = 0.0
    return changed


def _judged(report: Report) -> int:
    return sum(comparison.judged > 0 for comparison in report.comparisons)


def _show(report: Report) -> None:
    lines = list(report.lines())
    screen = console()
    screen.print(lines[0], style="bold green" if report.passed else "bold red")
    if report.comparisons:
        table(HEADINGS, map(row, report.comparisons), texts=WORDS)
    rest = lines[1 + (2 + len(report.comparisons) if report.comparisons else 0) :]
    for line in rest:
        screen.print(line)

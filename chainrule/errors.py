"""Every exception chainrule raises, and the shape of its message: what, where, found, do.

Floor 0: imports nothing of chainrule; everything else may import it.

    ChainruleError
    ├── ShapeError            operands whose shapes do not meet              (ValueError)
    ├── DTypeError            an element type that cannot do what is asked   (TypeError)
    ├── NotScalarError        backward() from more than one number           (ValueError)
    ├── InPlaceError          an attempt to change a recorded array          (TypeError)
    ├── StaleValueError       a recorded array was changed before backward() (RuntimeError)
    ├── NoGradientError       a gradient that was asked for does not exist   (RuntimeError)
    ├── BackwardRuleError     an op's backward breaks its contract           (RuntimeError)
    ├── GradientCheckError    a derivative that the doctor found wrong       (AssertionError)
    ├── GraphError            a graph that is not legal                      (RuntimeError)
    ├── UnsupportedError      a function or argument that no op stands for   (TypeError)
    ├── ArgumentError         an argument outside its legal values           (ValueError)
    ├── CallError             an op called with other arguments than it has  (TypeError)
    ├── SingularMatrixError   a matrix without an inverse or a factor        (LinAlgError)
    ├── IndexRangeError       an index or label outside its axis             (IndexError)
    ├── UnknownNameError      a name nobody knows, with the nearest one      (LookupError)
    ├── NonFiniteError        a loss that became NaN or infinite             (FloatingPointError)
    ├── DataError             data that cannot be read or used               (ValueError)
    ├── MissingDataError      data that is not on this machine               (FileNotFoundError)
    ├── OutputError           a place that cannot be written                 (OSError)
    └── MissingLibraryError   an optional library that is not installed      (ImportError)
    NumericalGradientWarning  a derivative taken by differences              (UserWarning)
    RecordingWarning          a function compiled again and again            (UserWarning)
    EagerWarning              what could be compiled runs eagerly            (UserWarning)
    GradientLostWarning       a number was taken out of the graph            (UserWarning)
    UnreachedWarning          a parameter that the loss does not reach       (UserWarning)
    UnfamiliarWarning         a column that holds nothing training knew      (UserWarning)
"""

import difflib
import linecache
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

PACKAGE_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
CODE_COLUMN = 48  # the source line is padded to this width, so that the place stands in a column


class ChainruleError(Exception):
    """Base of all errors of chainrule.

    Parameters
    ----------
    what : str
        The failure, in the user's terms, one sentence.
    found : iterable of str
        What was met: one line per operand or file, usually from :func:`describe`.
    do : str
        What to do about it.
    where : str, optional
        The user's own line. Default: the innermost frame outside installed packages.
    """

    def __init__(
        self, what: str, *, found: Iterable[str] = (), do: str = "", where: str | None = None
    ) -> None:
        self.what = what
        self.found = tuple(found)
        self.do = do
        self.where = source_line() if where is None else where
        super().__init__(self._message())

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy says what this says, also in another process, whose lines are not the user's."""
        return _said_again, (type(self), self.args, vars(self))

    def _message(self) -> str:
        lines = [self.what]
        lines += [f"    {line}" for line in (self.where, *self.found) if line]
        return "\n".join(lines + ([self.do] if self.do else []))

    def tell(self, fuller: Mapping[str, str], what: str = "") -> None:
        """Put fuller lines in the place of some of what was found; say better what failed."""
        self.what = what or self.what
        self.found = tuple(fuller.get(line, line) for line in self.found)
        self.args = (self._message(),)

    def short(self) -> str:
        """The message without the source line: for the command line, whose user wrote no code."""
        lines = [self.what, *(f"    {line}" for line in self.found)]
        return "\n".join(lines + ([self.do] if self.do else []))


class ShapeError(ChainruleError, ValueError):
    """Operands whose shapes do not meet."""


class DTypeError(ChainruleError, TypeError):
    """An element type that cannot do what is asked."""


class NotScalarError(ChainruleError, ValueError):
    """backward() needs one number to start from."""


class InPlaceError(ChainruleError, TypeError):
    """A recorded array can no longer be changed in place."""


class StaleValueError(ChainruleError, RuntimeError):
    """An array the forward pass read was changed before the backward pass read it again."""


class NoGradientError(ChainruleError, RuntimeError):
    """A gradient was asked for where none exists."""


class BackwardRuleError(ChainruleError, RuntimeError):
    """An op's rule breaks its contract: what it returned, or what it did to its arguments.

    Parameters
    ----------
    what, found, do
        As for every error.
    kind : str
        The doctor's word for the fault: wrong_shape, wrong_dtype, wrong_count, none_returned,
        mutates_input or double_backward.
    """

    def __init__(
        self, what: str, *, found: Iterable[str] = (), do: str = "", kind: str = ""
    ) -> None:
        super().__init__(what, found=found, do=do)
        self.kind = kind


class GradientCheckError(ChainruleError, AssertionError):
    """A derivative is wrong; the message is the doctor's page."""


class GraphError(ChainruleError, RuntimeError):
    """A graph that breaks a rule of the definition in graph/nodes/legality.py."""


class UnsupportedError(ChainruleError, TypeError):
    """A function or an argument that no op stands for."""


class ArgumentError(ChainruleError, ValueError):
    """An argument outside its legal values."""


class CallError(ChainruleError, TypeError):
    """An op called with an argument that it does not have, or without one that it needs."""


class SingularMatrixError(ChainruleError, np.linalg.LinAlgError):
    """A matrix that has no inverse, or none of the factors that were asked for."""


class IndexRangeError(ChainruleError, IndexError):
    """An index or a class label outside its axis."""


class UnknownNameError(ChainruleError, LookupError):
    """A name that nobody knows."""

    def __init__(self, kind: str, name: str, known: Sequence[str], *, do: str = "") -> None:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        listing = f"Known: {', '.join(known)}." if known else ""
        super().__init__(
            f"there is no {kind} named {name!r}{hint}", do=" ".join(filter(None, (listing, do)))
        )


class NonFiniteError(ChainruleError, FloatingPointError):
    """A value became NaN or infinite."""


class DataError(ChainruleError, ValueError):
    """Data that cannot be read, or that cannot be used as it is."""


class MissingDataError(ChainruleError, FileNotFoundError):
    """A data set or file that is not on this machine."""


class OutputError(ChainruleError, OSError):
    """A folder or file that cannot be written."""


class MissingLibraryError(ChainruleError, ImportError):
    """An optional library that is not installed."""


class RecordingWarning(UserWarning):
    """A function is recorded anew again and again: its shapes or Python values keep changing."""


class EagerWarning(UserWarning):
    """What could be compiled is not, and runs eagerly: right, and slower."""


class UnreachedWarning(UserWarning):
    """A parameter that no gradient reaches, so that a fit does not train it."""


class UnfamiliarWarning(UserWarning):
    """A column of later rows whose categories training never had: its coding has changed."""


class NumericalGradientWarning(UserWarning):
    """An op is differentiated by differences: many forward runs, and fewer digits."""


class GradientLostWarning(UserWarning):
    """A tensor that wants a gradient became a Python number: what is made of it has none."""


def _said_again(
    kind: type[ChainruleError], said: tuple[Any, ...], facts: dict[str, Any]
) -> ChainruleError:
    error = kind.__new__(kind)
    error.args = said
    error.__dict__.update(facts)
    return error


def describe(name: str, value: Any, origin: str = "") -> str:
    """One line about an operand: name, shape, dtype, origin."""
    shape, dtype = getattr(value, "shape", ()), getattr(value, "dtype", type(value).__name__)
    return f"{name:<9} {str(tuple(shape)):<11} {str(dtype):<8} {origin}".rstrip()


def source_line() -> str:
    """The innermost line that the user wrote: "code   file.py:12", or "" if there is none."""
    code, place = user_place()
    return f"{code:<{CODE_COLUMN}} {place}".strip()


def a_kind(x: object) -> str:
    """What somebody gave, by its type: "a dict", "an int"."""
    return with_article(type(x).__name__)


def with_article(name: str) -> str:
    """The name of a class as one of it; "u" is said as in "ufunc"."""
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def user_place() -> tuple[str, str]:
    """Source text and "file.py:12" of the innermost line that the user wrote."""
    frame = user_frame(sys._getframe(1))  # pyright: ignore[reportPrivateUsage]  documented
    path, line = frame.f_code.co_filename, frame.f_lineno
    if _is_ours(frame) or path.startswith("<frozen"):
        return "", ""
    return linecache.getline(path, line).strip(), f"{os.path.basename(path)}:{line}"


def user_frame(frame: FrameType) -> FrameType:
    """The innermost frame around this one that is neither ours nor an installed library's.

    Where there is none, because the user is a library too, the innermost one that is not ours.
    """
    around: FrameType | None = frame
    while around is not None and (_is_ours(around) or _is_installed(around)):
        around = around.f_back
    return _outside(frame) if around is None else around


def foreign_frames(frame: FrameType) -> list[FrameType]:
    """The frames of installed libraries between this package and the user, the innermost first."""
    found: list[FrameType] = []
    around: FrameType | None = _outside(frame)
    while around is not None and _is_installed(around):
        found.append(around)
        around = around.f_back
    return found


def _outside(frame: FrameType) -> FrameType:
    while frame.f_back and _is_ours(frame):
        frame = frame.f_back
    return frame


def frames_of_ours() -> int:
    """How many frames above its caller the user's own line stands: a warning's stacklevel."""
    count, frame = 1, sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  the way to a frame
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGE_FOLDER):
        count, frame = count + 1, frame.f_back
    return count


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of this package, the methods that dataclasses write included."""
    path = frame.f_code.co_filename
    name = str(frame.f_globals.get("__name__", ""))
    return path.startswith(PACKAGE_FOLDER) or (path == "<string>" and name.startswith("chainrule"))


def _is_installed(frame: FrameType) -> bool:
    """Whether a frame runs code of Python's own library or of a package that was installed."""
    path = frame.f_code.co_filename
    if path.startswith(("<string>", "<decorator")):  # made at run time, by the module around it
        path = str(frame.f_globals.get("__file__", path))
    return path.startswith(STANDARD_LIBRARY) or any(folder in path for folder in INSTALLED)

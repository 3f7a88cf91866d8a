"""cr.show: a graph as lines of text, as a page that can be stepped through, or as one file.

Imports the inspection, which knows what has a graph; the page's parts when a page is wanted, so
that the lines are there without the extra. Users call ``cr.show``.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from chainrule.errors import ArgumentError, MissingLibraryError
from chainrule.explorer.front_door import missing
from chainrule.explorer.one_file import file_of
from chainrule.explorer.page_files import SAYS, is_built
from chainrule.explorer.subjects import shown_subject
from chainrule.inspection import show as in_lines
from chainrule.inspection.flow import Shown
from chainrule.train.files import write_atomically

if TYPE_CHECKING:
    from chainrule.explorer.live_page import Page

HTML = ".html"


@overload
def show(*given: Any, loss: Any = None, page: Literal[False] = False) -> Shown: ...
@overload
def show(
    *given: Any, loss: Any = None, page: Literal[True], browser: bool | None = None
) -> "Page": ...
@overload
def show(*given: Any, loss: Any = None, page: "str | os.PathLike[str]") -> Path: ...
def show(
    *given: Any,
    loss: Any = None,
    page: "bool | str | os.PathLike[str]" = False,
    browser: bool | None = None,
) -> "Shown | Page | Path":
    """The graph as text, one line per node, oldest first; or as a page to step through.

    Parameters
    ----------
    *given
        A loss, or several tensors; or a model and one batch of its input; or a function and its
        arguments, of which those of floats become tensors.
    loss : callable, optional
        Of the scores of a model and a target: ``show(model, (X, y), loss=...)``.
    page : bool or path, default False
        True serves the explorer's page from a thread, for this machine alone, and prints its
        address. A name that ends in .html writes the same page as one file, which needs neither
        Python nor a network.
    browser : bool, optional
        Whether a browser opens the page. Default: unless this is a notebook, continuous
        integration, or a machine without a screen.

    Returns
    -------
    Shown, Page or Path
        The lines; or the page, with ``address``, ``close()`` and, for the end of a script,
        ``wait()``; or where the file is.

    Raises
    ------
    ArgumentError
        If something else is given; the message says what to give.
    MissingLibraryError
        If the page is not part of this installation.
    OutputError
        If the file cannot be written.

    Notes
    -----
    In the page, the floats that a function was given can be changed; a tensor is shown as it is.

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y = cr.tensor(3.0, name="x"), cr.tensor(-4.0, name="y")
    >>> print(cr.show(x * y + x))
    x   ()  float64                  value 3    grad -3  fork: 2 gradients are added
    y   ()  float64                  value -4   grad 3
    n1  ()  float64  multiply(x, y)  value -12  grad 1   swap multiplier
    n2  ()  float64  add(n1, x)      value -9   grad 1   gradient distributor
    """
    if browser is not None and page is not True:
        raise ArgumentError("browser= belongs to page=True, which serves a page.")
    if page is False:
        return in_lines(*given, loss=loss)
    file = None if page is True else _file(page)
    subject = shown_subject(given, loss)
    if not is_built():
        raise MissingLibraryError(SAYS)
    if file is not None:
        write_atomically(file, file_of(subject))
        return file
    try:
        # Here, not above: lines and files are made without the extra.
        from chainrule.explorer.live_page import live_page  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error) from error
    return live_page(subject, browser)


def _file(place: "bool | str | os.PathLike[str]") -> Path:
    """Where the file is to be; a word that names no page is no file."""
    if isinstance(place, str | os.PathLike):
        path = Path(place)
        if path.suffix == HTML:
            return path
    raise ArgumentError(
        f"page= takes True, or the name of a file that ends in {HTML}; found {place!r}.",
        do='cr.show(loss, page=True), or cr.show(loss, page="graph.html")',
    )

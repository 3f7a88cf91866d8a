"""The application, where the extra is installed; a sentence where it is not.

Imports errors, and site.py when it is called. The package can be imported without the extra.
"""

from typing import TYPE_CHECKING, Any

from chainrule.errors import MissingLibraryError

if TYPE_CHECKING:
    from starlette.applications import Starlette

LIBRARIES = ("starlette", "uvicorn", "wsproto")


def app(*, token: str = "", subjects: Any = ()) -> "Starlette":
    """The explorer as a Starlette application, for a server of one's own.

    Parameters
    ----------
    token : str, optional
        What an address must carry. Default: a new random one, in ``app().state.token``.
    subjects : sequence of Subject, optional
        What can be explored besides the lecture's examples and typed lines.

    Returns
    -------
    starlette.applications.Starlette
        Answers only to this machine, under the address at which it is served.

    Raises
    ------
    MissingLibraryError
        If starlette is not installed.
    """
    try:
        # Here, not above: the package can be imported, and its files read, without the extra.
        from chainrule.explorer.site import site  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error) from error
    return site(token=token, subjects=tuple(subjects))


def missing(error: ModuleNotFoundError) -> Exception:
    """The error for a library of the extra that is not there; another one as it is."""
    if (error.name or "").partition(".")[0] not in LIBRARIES:
        return error
    return MissingLibraryError(
        f"The explorer needs {error.name}, which is not installed.",
        do='Install it: pip install "chainrule[explorer]"',
    )

"""The one door to jinja2: a template beside this file, and values, become a page.

Imports errors, and jinja2 when a page is made. Every value is escaped unless the template says
``safe``, which only our own SVG is.
"""

import functools
import importlib
from pathlib import Path
from typing import Any

from chainrule.errors import MissingLibraryError


def render(template: str, **values: Any) -> str:
    """Fill a template; a name it does not find is an error."""
    try:
        # Here, not above: only reports need it, and it comes with the extra "app".
        jinja2: Any = importlib.import_module("jinja2")
    except ImportError as error:
        raise MissingLibraryError(
            "the report is filled in by jinja2, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"',
        ) from error
    return _environment(jinja2).get_template(template).render(**values)


@functools.cache
def _environment(jinja2: Any) -> Any:
    """Made once: it keeps the templates that it has read, which takes longer than to fill them."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

"""The examples in the README and in docs/ run, and print what the pages say."""

import doctest
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_on_the_page_runs(page):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    tests = doctest.DocTestParser().get_doctest(
        page.read_text().replace("```", ""), {}, page.name, str(page), 0
    )
    printed: list[str] = []
    doctest.DocTestRunner(optionflags=flags).run(tests, out=printed.append)
    assert not printed, "".join(printed)

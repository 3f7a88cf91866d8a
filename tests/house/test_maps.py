"""Every package says in its docstring what each of its files holds, one line for each.

Where a file is known by being there, a list of files would be a second place to touch: such a
package speaks of groups, and names the packages in it alone.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "chainrule"
OPEN = ("chainrule/ops", "chainrule/plan/kinds", "chainrule/native/kinds")
LINE = re.compile(r" *(\w+\.py|\w+/) +(\S.*)")


def folders() -> list[Path]:
    found = (path.parent for path in PACKAGE.rglob("__init__.py"))
    return sorted(folder for folder in found if members(folder))


def members(folder: Path) -> set[str]:
    """The files and packages in a folder."""
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    return files | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


def is_open(folder: Path) -> bool:
    """Whether one more file in a folder is known without a word about it elsewhere."""
    return any(f"{name_of(folder)}/".startswith(f"{name}/") for name in OPEN)


def name_of(folder: Path) -> str:
    return folder.relative_to(PACKAGE.parent).as_posix()


def mapped(folder: Path) -> Counter[str]:
    """What the docstring of a package names, with how often."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    lines = (ast.get_docstring(tree) or "").splitlines()
    return Counter(match[1] for match in map(LINE.fullmatch, lines) if match)


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_a_package_maps_its_files(folder):
    found, there = mapped(folder), members(folder)
    if is_open(folder):
        there = {name for name in there if name.endswith("/")}
    here = f"the map in {name_of(folder)}/__init__.py"
    missing, gone = sorted(there - set(found)), sorted(set(found) - there)
    assert not missing, f"{here} lacks {', '.join(missing)}: add a line for each"
    assert not gone, f"{here} names {', '.join(gone)}, which is not there, or not to be named"
    assert max(found.values(), default=1) == 1, f"{here} names a file twice"


@pytest.mark.parametrize("folder", [each for each in folders() if is_open(each)], ids=name_of)
def test_a_file_that_is_found_by_being_there_says_what_it_holds(folder):
    for path in folder.glob("*.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert said.splitlines()[0].endswith("."), f"{path.name} says nothing in its first line"


# One name on both sides is the law there: a kind of kernel has two files, a letter has an op.
PAIRS = ("plan/kinds", "native/kinds", "native/letters", "ops/letters", "ops/words")


def test_no_two_files_have_one_name():
    paths = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    names: dict[str, list[str]] = {}
    for path in paths:
        if path.name[0] != "_" and path.parent.as_posix() not in PAIRS:
            names.setdefault(path.name, []).append(path.as_posix())
    twice = {name: found for name, found in names.items() if len(found) > 1}
    assert not twice, f"files of one name are taken for each other: {twice}"


def test_a_file_of_a_pair_shares_its_name_with_no_other():
    alone = {path.name for path in PACKAGE.rglob("*.py") if path.name[0] != "_"
             and path.parent.relative_to(PACKAGE).as_posix() not in PAIRS}  # fmt: skip
    for place in PAIRS:
        shared = alone & {path.name for path in (PACKAGE / place).glob("*.py")}
        assert not shared, f"{place} and another package: {sorted(shared)}"

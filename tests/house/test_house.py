"""The rules of the house that no linter knows: sizes, floors, places, public names."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import chainrule

HOUSE = Path(__file__).parents[2]
PACKAGE = HOUSE / "chainrule"
BUILT = PACKAGE / "explorer" / "static"  # from explorer/, and not in git
LONGEST_FILE = 350
LONGEST_LINE = 99

OURS = ("chainrule", "tests", "scripts", ".ci", "benchmarks", "docs")
TEXT = {".py", ".pyi", ".toml", ".md", ".html", ".css", ".js", ".json", ".cfg", ".txt", ""}
# Glued together, so that this file may hold them.
MACHINE_PLACES = ["/" + folder + "/" for folder in ("work", "home", "root", "opt", "Users")]
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"))]
REGISTRIES += ["registry." + "npmjs", "npmjs." + "com"]


def test_no_file_of_the_package_is_past_350_lines():
    lengths = {short(path): len(lines(path)) for path in hand_written()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_line_is_past_99_columns():
    too_long = [
        f"{short(path)}:{number}"
        for path in hand_written()
        for number, line in enumerate(lines(path), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert too_long == []


def test_every_module_says_in_its_first_line_what_it_does():
    silent = [
        short(path)
        for path in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_floors_are_one_way():
    command = "from importlinter.cli import lint_imports_command as run; run()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_nothing_names_a_place_on_somebodys_machine():
    assert mentions(MACHINE_PLACES) == []


def test_nothing_names_a_package_registry():
    assert mentions(REGISTRIES) == []
    assert not (HOUSE / "uv.lock").exists()


def public_modules() -> list[str]:
    """Chainrule and its packages and modules that have an `__all__`."""
    found = pkgutil.walk_packages(chainrule.__path__, "chainrule.")
    names = ["chainrule", *(module.name for module in found if "__main__" not in module.name)]
    return [name for name in names if hasattr(importlib.import_module(name), "__all__")]


def test_the_front_door_has_public_names():
    assert chainrule.__all__


@pytest.mark.parametrize("name", public_modules())
def test_public_names_are_sorted_and_are_what_is_exported(name):
    module = importlib.import_module(name)
    listed = list(module.__all__)
    assert listed == sorted(set(listed))
    assert [each for each in listed if not hasattr(module, each)] == []
    if hasattr(module, "__path__"):  # a plain module also holds what it imported for itself
        assert sorted(exported(module) - set(listed)) == []


def exported(module: ModuleType) -> set[str]:
    """Public names of our own in a package; a submodule is there once anybody imports it."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", "chainrule").startswith("chainrule")
    }


def hand_written() -> list[Path]:
    """The package's source: Python, and the pages and styles of its reports; not the stubs."""
    kinds = ("*.py", "*.html", "*.css", "*.js", "*.jinja")
    found = (path for kind in kinds for path in PACKAGE.rglob(kind))
    return sorted(path for path in found if path.parent != BUILT)


def mentions(words: list[str]) -> list[str]:
    """Where one of these words stands in our files."""
    top = [path for path in HOUSE.iterdir() if path.is_file()]
    below = [path for folder in OURS for path in (HOUSE / folder).rglob("*") if path.is_file()]
    return [
        f"{short(path)}: {word}"
        for path in sorted(top + below)
        if path.suffix in TEXT and "__pycache__" not in path.parts
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def short(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()

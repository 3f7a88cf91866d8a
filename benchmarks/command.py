"""The whole run: the sections in their order, shown as they come, then the page.

Imports the sections, table, page and machine; `chainrule bench` calls run().
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.machine import machine
from benchmarks.page import page
from benchmarks.peers import PEERS
from benchmarks.report import Section
from benchmarks.runner import Field, NotMeasuredError
from benchmarks.sections import SECTIONS
from benchmarks.table import show, summary
from chainrule.cli.screen import say
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.files import write_atomically

FOREIGN = PEERS[1:]
ROUNDS, QUICK_ROUNDS, TURN_SECONDS = 21, 5, 0.05


def run(
    peers: Sequence[str], only: Sequence[str] = (), out: Path | None = None, quick: bool = False
) -> int:
    """Measure, show, and write the page if asked for; 1 where a section could not be measured."""
    refuse_unknown("peer", peers, FOREIGN)
    refuse_unknown("section", only, tuple(SECTIONS))
    if out and out.suffix != ".md":
        raise ArgumentError(
            f"--out takes the name of a Markdown file; found {out.name}.",
            do="Name it with .md at its end: --out docs/benchmarks.md",
        )
    about = machine(peers)
    for label, text in about:
        say(label, text)
    field = Field(peers, QUICK_ROUNDS if quick else ROUNDS, TURN_SECONDS)
    chosen = [key for key in SECTIONS if key in only or not only]
    with tempfile.TemporaryDirectory() as scratch:
        try:
            found = [_section(key, Bench(field, quick, Path(scratch))) for key in chosen]
        finally:
            field.close()
    sections = [section for section in found if section]
    say("result", summary([claim for section in sections for claim in section.claims]))
    if out:
        how = {"turn": round(1e3 * TURN_SECONDS), "rounds": field.rounds}
        _write(out, sections, about, how)
    return 0 if len(sections) == len(chosen) else 1


def refuse_unknown(kind: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Every name must be a known one."""
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)


def _section(key: str, bench: Bench) -> Section | None:
    say("measuring", key, to_stderr=True)
    try:
        section = SECTIONS[key](bench)
    except NotMeasuredError as error:
        say(key, f"not measured: {error}", to_stderr=True)
        return None
    section.drop_empty()
    show(section)
    return section


def _write(
    out: Path, sections: list[Section], about: list[tuple[str, str]], how: dict[str, int]
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    medians = next((s.medians for s in sections if s.medians), None)
    picture = out.with_suffix(".svg") if medians else None
    if picture and medians:
        # It takes a second to import, and only the page needs it.
        from benchmarks.picture import draw

        draw(medians, picture)
        say("wrote", str(picture))
    text = page(sections, about, how, picture.name if picture else None)
    write_atomically(out, text.encode())
    say("wrote", str(out))

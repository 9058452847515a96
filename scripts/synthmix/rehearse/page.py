"""What rehearsals have found, to be read: a page in Markdown, and one in HTML with a picture."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from synthmix.estimate.wording import duration, size
from synthmix.rehearse.picture import picture

HERE = Path(__file__).parent
FAILED, WAITED, TIGHT = "failed", "not run", "tight"
STOOD_IN, UNPROVEN = "stood in for", "unproven"
HEADINGS = {
    FAILED: "Would stop the run",
    WAITED: "Not run: what they need has failed, or the run was ended",
    TIGHT: "Does not fit",
    STOOD_IN: "Stood in for",
    UNPROVEN: "What the full run alone can prove",
}
IN_SHORT = (
    "Every job of the full run in short: a few steps on a few images, stand-ins among them. How"
    " well anything learns shows in no number of it."
)
ALL_RAN = "Every job that was asked for ran."
TAKES = "What the full run takes"
HEADS = ("job", "data set", "jobs", "steps", "a step", "start", "all jobs", "memory", "disk")
EARLY = "*"


@dataclass(frozen=True)
class Found:
    """A finding as it is read: rule and job, "" where it is about none, and what is said."""

    rule: str
    job: str
    message: str


def verdict(found: pd.DataFrame) -> str:
    """Return what the rehearsal comes to, in a sentence."""
    failed, left = (int((found["kind"] == kind).sum()) for kind in (FAILED, WAITED))
    if failed:
        return f"{failed} job{'s' * (failed > 1)} failed."
    return f"{left} job{'s' * (left > 1)} did not run." if left else ALL_RAN


def markdown(found: pd.DataFrame, jobs: pd.DataFrame) -> str:
    """Return the page of `rehearsal.csv` and `rehearsal_jobs.csv` in Markdown."""
    parts = [f"# Rehearsal\n\n**{verdict(found)}** {IN_SHORT}\n"]
    for heading, rows in _sections(found):
        parts.append(f"## {heading}\n\n" + "\n".join(map(_line, rows)) + "\n")
    if len(jobs):
        rows = [HEADS, ["---"] * len(HEADS), *table_rows(jobs)]
        table = "\n".join(
            "| {} |".format(" | ".join(text.replace("|", "\\|") for text in row)) for row in rows
        )
        words = "\n".join(in_words(jobs))
        parts.append(f"## {TAKES}\n\n{words}\n\n{table}\n")
    return "\n".join(parts)


def html(found: pd.DataFrame, jobs: pd.DataFrame) -> str:
    """Return the same in HTML, with a picture of the kinds of jobs; it needs no other file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE, HERE.parent, HERE.parent / "report"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = picture(jobs)
    return environment.get_template("rehearsal.html.j2").render(
        verdict=verdict(found).rstrip("."),
        warning=IN_SHORT,
        sections=list(_sections(found)),
        takes=TAKES,
        words=in_words(jobs),
        heads=HEADS,
        rows=table_rows(jobs),
        picture=drawn and f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}",
    )


def in_words(jobs: pd.DataFrame) -> list[str]:
    """Return what the full run takes in all, and how that is known, in sentences."""
    if jobs.empty:
        return []
    count, known = int(jobs["jobs"].sum()), int(jobs["rehearsed"].sum())
    about = "at least" if jobs["unknown"].sum() else "about"
    space = "at least" if jobs["unknown_disk"].sum() else "about"
    basis = "For each of them one of its kind was rehearsed."
    if known < count:
        basis = f"For {known:,} of them one of their kind was rehearsed; the others are guessed."
    words = [
        f"{count:,} jobs: {about} {duration(jobs['seconds'].sum())}, one after the other, and "
        f"{space} {size(jobs['disk_mb'].sum())} of results. {basis}"
    ]
    if unknown := int(jobs["unknown"].sum()):
        words.append(f"How long {unknown:,} of them take is not known: nothing like them has run.")
    if jobs["stops_early"].any():
        words.append(f"Where a training may stop early ({EARLY}) its epochs are taken as run.")
    devices = set(jobs["device"]) - {""}
    if devices == {"cpu"}:
        words.append("Measured on a CPU: on a GPU times and memory are others.")
    parts = jobs[jobs["parts"] > 1]
    if len(parts):
        names = ", ".join(
            dict.fromkeys(f"{row.rule} {_text(row.kind)}" for row in parts.itertuples())
        )
        words.append(f"Batches went in parts, and memory is that of a part: {names}.")
    return words


def table_rows(jobs: pd.DataFrame) -> list[list[str]]:
    """Return the cells of what takes steps, that which takes longest first, and of all others."""
    with_steps = jobs["steps"] > 0
    rows = [_cells(row) for row in _longest(jobs[with_steps])]
    others = jobs[~with_steps]
    if len(others):
        at_least = "> " if others["unknown"].sum() else ""
        total = f"{at_least}{duration(others['seconds'].sum())}"
        memory = size(others["ram_mb"].max()) if others["ram_mb"].max() else ""
        counted = _counted(others["jobs"].sum(), others["rehearsed"].sum())
        disk = size(others["disk_mb"].sum())
        rows.append(["others, without steps", "", counted, "", "", "", total, memory, disk])
    return rows


def _longest(jobs: pd.DataFrame) -> Iterator[Any]:
    yield from jobs.sort_values("seconds", ascending=False, kind="stable").itertuples()


def _cells(row: Any) -> list[str]:
    memory = [size(row.ram_mb)] if row.ram_mb else []
    memory += [f"GPU {size(row.gpu_mb)}"] if row.gpu_mb else []
    memory += [f"in {row.parts} parts"] if row.parts > 1 else []
    return [
        f"{row.rule} {_text(row.kind)}".strip(),
        f"{row.study}/{row.dataset}",
        _counted(row.jobs, row.rehearsed),
        f"{row.steps:,.0f}{EARLY if row.stops_early else ''}",
        step_time(row.step_seconds),
        duration(row.start_seconds),
        ("> " if row.unknown else "") + duration(row.seconds),
        ", ".join(memory),
        size(row.disk_mb),
    ]


def step_time(seconds: float) -> str:
    """Return the seconds of a step in the unit that fits them."""
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _counted(jobs: int, rehearsed: int) -> str:
    return f"{jobs:,}" if rehearsed == jobs else f"{jobs:,} ({rehearsed:,} by rehearsed ones)"


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _sections(found: pd.DataFrame) -> Iterator[tuple[str, Sequence[Found]]]:
    """Yield the headings and the findings below each; what several studies need is said once."""
    for kind, heading in HEADINGS.items():
        rows = found[found["kind"] == kind].itertuples()
        if said := list(dict.fromkeys(Found(row.rule, row.job, row.message) for row in rows)):
            yield heading, said


def _line(found: Found) -> str:
    text = found.message.replace("\n", "\n  ")
    if not found.rule:
        return f"- {text}"
    return f"- `{found.rule}` {found.job}" + (f": {text}" if text else "")

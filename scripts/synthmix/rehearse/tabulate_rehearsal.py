"""What rehearsals have found: a table, and the same as a page in Markdown."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from synthmix.files import write_table, write_text
from synthmix.scales import OF_REHEARSAL
from synthmix.store import read_table

COLUMNS = ["kind", "study", "rule", "job", "message"]
FAILED, WAITED, STOOD_IN, UNPROVEN = "failed", "not run", "stood in for", "unproven"
_STAMP = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
_HEADINGS = {
    FAILED: "Would stop the run",
    WAITED: "Not run: what they need has failed, or the run was ended",
    STOOD_IN: "Stood in for",
    UNPROVEN: "What the full run alone can prove",
}

Lines = Mapping[str, Sequence[str]]  # by the study that they are about


@dataclass(frozen=True)
class Job:
    """A job of the rehearsal: its study ("" of several), rule, what tells it apart, and log."""

    study: str
    rule: str
    name: str
    log: Path


@dataclass(frozen=True)
class Outcome:
    """How the jobs of a run have ended: `done` in this run or before.

    `failed` are those that failed: their logs say why, and with a user's mistake which setting to
    change. `waited` could not run after that. `whole` are the studies that it had every job of.
    """

    failed: Sequence[Job] = ()
    waited: Sequence[Job] = ()
    done: Sequence[Job] = ()
    whole: Collection[str] = ()


def tabulate_rehearsal(
    outcome: Outcome,
    stood_in_for: Lines,
    unproven: Lines,
    known: Collection[str],
    table: str | Path,
    markdown: str | Path,
) -> pd.DataFrame:
    """Write what rehearsals have found, with the columns `COLUMNS`, and return it.

    What `table` has of runs before stays, but for what this one knows better: jobs that were its
    own, all jobs of studies that it ran whole, the lines about studies that it has lines about, and
    studies that are not `known` any more.
    """
    jobs = [*outcome.failed, *outcome.waited, *outcome.done]
    settled = {(job.rule, job.name) for job in jobs}
    rows = [(FAILED, job.study, job.rule, job.name, failure_in(job.log)) for job in outcome.failed]
    rows += [(WAITED, job.study, job.rule, job.name, "") for job in outcome.waited]
    for kind, lines in ((STOOD_IN, stood_in_for), (UNPROVEN, unproven)):
        rows += [(kind, study, "", "", line) for study in lines for line in lines[study]]
    kept = []
    for row in _earlier(Path(table)):
        kind, study, rule, job, _ = row
        if kind in (FAILED, WAITED):
            run_anew = study in outcome.whole or (not study and outcome.whole)
            outdated = (rule, job) in settled or run_anew
        else:
            outdated = study in (stood_in_for if kind == STOOD_IN else unproven)
        if not outdated and (not study or study in known):
            kept.append(row)
    kinds = list(_HEADINGS)
    found = pd.DataFrame(
        sorted([*kept, *rows], key=lambda row: (kinds.index(row[0]), *row[1:])), columns=COLUMNS
    )
    write_table(table, found)
    write_text(markdown, _page(found))
    return found


def _earlier(table: Path) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table of runs before; none of a table of an earlier version."""
    if not table.is_file():
        return
    found = read_table(table).fillna("").astype(str)
    if list(found.columns) == COLUMNS:
        yield from found.itertuples(index=False, name=None)


def failure_in(log: Path) -> str:
    """Return why the job with this log failed: the last that it says, of an error its last line."""
    try:
        entries = _STAMP.split(log.read_text(encoding="utf-8"))
    except OSError:
        return "it left no log: see what Snakemake says of it"
    message = entries[-1].strip()
    return message.splitlines()[-1].strip() if "Traceback" in message else message


def _page(found: pd.DataFrame) -> str:
    failed = (found["kind"] == FAILED).sum()
    verdict = f"**{failed} jobs failed.**" if failed else "**Every job ran.**"
    parts = [f"# Rehearsal\n\n{verdict} {OF_REHEARSAL}\n"]
    for kind, heading in _HEADINGS.items():
        rows = found[found["kind"] == kind]
        if rows.empty:
            continue
        lines = [_line(row.rule, row.job, row.message) for row in rows.itertuples()]
        # what several studies need is said once
        parts.append(f"## {heading}\n\n" + "\n".join(dict.fromkeys(lines)) + "\n")
    return "\n".join(parts)


def _line(rule: str, job: str, message: str) -> str:
    text = message.replace("\n", "\n  ")
    if not rule:
        return f"- {text}"
    return f"- `{rule}` {job}" + (f": {text}" if text else "")

"""What a rehearsal has found: a table, and the same as a page in Markdown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from synthmix.files import write_table, write_text
from synthmix.scales import OF_REHEARSAL

COLUMNS = ["kind", "rule", "job", "message"]
FAILED, WAITED, STOOD_IN, UNPROVEN = "failed", "not run", "stood in for", "unproven"
_STAMP = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
_HEADINGS = {
    FAILED: "Would stop the run",
    WAITED: "Not run, since what they need has failed",
    STOOD_IN: "Stood in for",
    UNPROVEN: "What the full run alone can prove",
}


@dataclass(frozen=True)
class Job:
    """A job of the rehearsal, by its rule, what tells it from others of that, and its log."""

    rule: str
    name: str
    log: Path


def tabulate_rehearsal(
    failed: Iterable[Job],
    waited: Iterable[Job],
    stood_in_for: Sequence[str],
    unproven: Sequence[str],
    table: str | Path,
    markdown: str | Path,
) -> pd.DataFrame:
    """Write what a rehearsal has found, with the columns `COLUMNS`, and return it.

    `failed` are the jobs that failed: their logs say why, and with a user's mistake which setting
    to change. `waited` could not run after that. The other two are lines.
    """
    rows = [(FAILED, job.rule, job.name, failure_in(job.log)) for job in failed]
    rows += [(WAITED, job.rule, job.name, "") for job in waited]
    rows += [(STOOD_IN, "", "", line) for line in stood_in_for]
    rows += [(UNPROVEN, "", "", line) for line in unproven]
    found = pd.DataFrame(rows, columns=COLUMNS)
    write_table(table, found)
    write_text(markdown, _page(found))
    return found


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
        parts.append(f"## {heading}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(rule: str, job: str, message: str) -> str:
    text = message.replace("\n", "\n  ")
    if not rule:
        return f"- {text}"
    return f"- `{rule}` {job}" + (f": {text}" if text else "")

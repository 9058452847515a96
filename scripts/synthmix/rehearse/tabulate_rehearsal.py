"""What rehearsals have found: two tables, and the same as a page."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from synthmix.files import write_table, write_text
from synthmix.rehearse import foretell
from synthmix.rehearse.foretell import Foretold
from synthmix.rehearse.outcome import Outcome
from synthmix.rehearse.page import (
    FAILED,
    HEADINGS,
    STOOD_IN,
    TIGHT,
    UNPROVEN,
    WAITED,
    html,
    markdown,
)
from synthmix.store import read_table

TABLE, JOBS_TABLE = "rehearsal.csv", "rehearsal_jobs.csv"
COLUMNS = ["kind", "study", "rule", "job", "message"]
_TEXTS = {*COLUMNS, "dataset", "device"}
_STAMP = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
Lines = Mapping[str, Sequence[str]]  # by the study that they are about


def tabulate_rehearsal(
    outcome: Outcome,
    stood_in_for: Lines,
    unproven: Lines,
    foretold: Foretold | None,
    known: Collection[str],
    folder: Path,
) -> pd.DataFrame:
    """Write what rehearsals have found into `folder`, and return the table of it.

    `foretold` is what the full run of these studies will take, None where that can't be told. There
    are two tables, `rehearsal.csv` with the columns `COLUMNS` and `rehearsal_jobs.csv` with those
    of `synthmix.rehearse.foretell`, and both as a page, in Markdown and in HTML. What the tables
    have of runs before stays, but for what this one knows better: jobs that were its own, all jobs
    of studies that it ran whole, the lines about studies that it has lines about, and studies that
    are not `known` any more.
    """
    tight = foretold.tight if foretold else []
    rows = [(FAILED, job.study, job.rule, job.name, failure_in(job.log)) for job in outcome.failed]
    rows += [(WAITED, job.study, job.rule, job.name, "") for job in outcome.waited]
    rows += [(TIGHT, *told) for told in tight]
    for kind, lines in ((STOOD_IN, stood_in_for), (UNPROVEN, unproven)):
        rows += [(kind, study, "", "", line) for study in lines for line in lines[study]]
    kept = _kept(folder / TABLE, outcome, stood_in_for, known)
    kinds = list(HEADINGS)
    found = pd.DataFrame(
        sorted([*kept, *rows], key=lambda row: (kinds.index(row[0]), *row[1:])), columns=COLUMNS
    )
    jobs = _jobs(folder / JOBS_TABLE, foretold, stood_in_for, known)
    write_table(folder / TABLE, found)
    write_table(folder / JOBS_TABLE, jobs)
    write_text(folder / "rehearsal.md", markdown(found, jobs))
    write_text(folder / "rehearsal.html", html(found, jobs))
    return found


def _kept(
    table: Path, outcome: Outcome, studies: Collection[str], known: Collection[str]
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of runs before that the one with this `outcome`, of `studies`, leaves."""
    settled = {(job.rule, job.name) for job in (*outcome.failed, *outcome.waited, *outcome.done)}
    for row in _earlier(table, COLUMNS).itertuples(index=False, name=None):
        kind, study, rule, job, _ = row
        if kind in (FAILED, WAITED):
            run_anew = study in outcome.whole or (not study and outcome.whole)
            outdated = (rule, job) in settled or run_anew
        else:
            outdated = study in studies
        if not outdated and (not study or study in known):
            yield row


def _jobs(
    table: Path, foretold: Foretold | None, studies: Collection[str], known: Collection[str]
) -> pd.DataFrame:
    """Return what the full run takes, with what was foretold before of other studies."""
    earlier = _earlier(table, foretell.COLUMNS)
    others = earlier[earlier["study"].isin(set(known) - set(studies))]
    found = [others, *([foretold.kinds] if foretold else [])]
    return pd.concat([part for part in found if len(part)] or [earlier[:0]], ignore_index=True)


def _earlier(table: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the table of runs before; an empty one of that of an earlier version."""
    if table.is_file():
        found = read_table(table)
        if list(found.columns) == list(columns):
            texts = {name: "" for name in columns if name in _TEXTS}
            return found.astype(dict.fromkeys(texts, object)).fillna(texts)
    return pd.DataFrame(columns=columns)


def failure_in(log: Path) -> str:
    """Return why the job with this log failed: the last that it says, of an error its last line."""
    try:
        entries = _STAMP.split(log.read_text(encoding="utf-8"))
    except OSError:
        return "it left no log: see what Snakemake says of it"
    message = entries[-1].strip()
    return message.splitlines()[-1].strip() if "Traceback" in message else message

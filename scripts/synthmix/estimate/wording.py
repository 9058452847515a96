"""An estimate in words: a table for the terminal, one in Markdown, and what it comes to."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from synthmix.estimate import detectable, reference_gpu
from synthmix.estimate.costs import NEVER_RUN, Estimate

COLUMNS = (
    *("rule", "kind", "jobs", "to do", "this machine"),
    *(f"{reference_gpu.NAME}, a guess", "disk", "memory", "known by"),
)
RIGHT = range(2, 8)
UNKNOWN = "?"
_UNITS = ((86400 * 2, 86400, "days"), (5400, 3600, "h"), (90, 60, "min"), (0, 1, "s"))
SHOWN = 6


def terminal_text(estimate: Estimate) -> str:
    """Return the table with aligned columns, and below it what it comes to."""
    rows = [COLUMNS, *_rows(estimate.table), _total(estimate.table)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [_aligned(row, widths) for row in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", summary(estimate)])


def markdown(estimate: Estimate, scale: str, studies: Sequence[str]) -> str:
    """Return the same in Markdown, under a title."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *_rows(estimate.table), _total(estimate.table)]
    table = "\n".join(
        "| {} |".format(" | ".join(text.replace("|", "\\|") for text in row)) for row in rows
    )
    title = f"# What {', '.join(studies)} at scale {scale} will cost"
    return f"{title}\n\n{table}\n\n{summary(estimate)}\n"


def summary(estimate: Estimate) -> str:
    """Return what an estimate comes to, in a few sentences."""
    table = estimate.table
    jobs, to_do = int(table["jobs"].sum()), int(table["to_do"].sum())
    if not to_do:
        return f"Nothing is to do: all {jobs} jobs are done."
    parts = [
        f"{to_do} of {jobs} jobs are to do.",
        _rehearsed(table),
        _time(estimate),
        _gpu(estimate),
        _disk(estimate),
        _missing(estimate),
        detectable.in_words(estimate.detectable, SHOWN),
    ]
    return "\n".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Return seconds in the unit that fits them: 12 s, 5 min, 3.2 h, 4 days."""
    _, unit, name = next(entry for entry in _UNITS if seconds >= entry[0])
    number = seconds / unit
    if 0 < number < 1:
        return f"under 1 {name}"
    return (
        f"{number:.1f} {name}" if number < 10 and name in ("h", "days") else f"{number:.0f} {name}"
    )


def span(low: float, high: float) -> str:
    """Return a range of seconds, one number where both read alike."""
    first, last = duration(low), duration(high)
    if first == last:
        return first
    number, unit = first.rsplit(" ", 1)
    return f"{number} to {last}" if last.endswith(f" {unit}") else f"{first} to {last}"


def size(megabytes: float) -> str:
    """Return megabytes in the unit that fits them."""
    if megabytes >= 1000:
        return f"{megabytes / 1000:.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 1 else "under 1 MB"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        text.rjust(width) if column in RIGHT else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _rows(table: pd.DataFrame) -> list[list[str]]:
    return [
        [
            row.rule,
            row.kind,
            str(row.jobs),
            str(row.to_do),
            _some(span(row.seconds_low, row.seconds_high), row.unknown, row.to_do),
            _some(duration(row.seconds_gpu), row.unknown_gpu, row.to_do),
            _some(size(row.disk_mb) if row.disk_mb else "", row.unknown_disk, row.to_do),
            _memory(row),
            row.basis,
        ]
        for row in table.itertuples()
        if row.rule not in NEVER_RUN
    ]


def _memory(row: Any) -> str:
    """Return what a job is allowed and, where it was rehearsed, what it held."""
    if not row.mem_mb:
        return ""
    held = [f"held {size(row.ram_mb)}"] if row.ram_mb else []
    held += [f"of a GPU {size(row.gpu_mb)}"] if row.gpu_mb else []
    return ", ".join([size(row.mem_mb), *held])


def _total(table: pd.DataFrame) -> list[str]:
    total = table.sum(numeric_only=True)
    return [
        "all jobs, one after the other",
        "",
        str(int(total["jobs"])),
        str(int(total["to_do"])),
        _at_least(span(total["seconds_low"], total["seconds_high"]), total["unknown"]),
        _at_least(duration(total["seconds_gpu"]), total["unknown_gpu"]),
        _at_least(size(total["disk_mb"]), total["unknown_disk"]),
        size(table["mem_mb"].max()),
        "",
    ]


def _some(text: str, unknown: int, to_do: int) -> str:
    """Return `text`, marked where it is of some jobs only; nothing where there are none to do."""
    if not to_do:
        return ""
    return UNKNOWN if unknown == to_do else _at_least(text, unknown)


def _at_least(text: str, unknown: float) -> str:
    return f"> {text}" if unknown else text


def _time(estimate: Estimate) -> str:
    table, (low, likely, high) = estimate.table, estimate.wall
    machine = estimate.machine
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    cards = "" if not machine.gpus else f" and {machine.gpus} GPU" + "s" * (machine.gpus > 1)
    timed = table[~table["rule"].isin(NEVER_RUN)]
    if timed["unknown"].sum() == timed["to_do"].sum():
        return (
            "How long they take on this machine is not known: nothing has been measured on it yet. "
            "The demo takes minutes and tells: make demo."
        )
    about = "At least" if table["unknown"].sum() else "About"
    total = duration(float(table["seconds"].sum()))
    return (
        f"{about} {duration(likely)} ({span(low, high)}) on this machine with {cores}{cards}; "
        f"{total} of jobs, one after the other."
    )


def _rehearsed(table: pd.DataFrame) -> str:
    there = int(table["rehearsed"].sum())
    if not there:
        return ""
    left = int(table.loc[~table["rule"].isin(NEVER_RUN), "to_do"].sum()) - there
    rest = f"{left} {'is' if left == 1 else 'are'} guessed" if left else "none is guessed"
    return (
        f"Time and memory of {there} go by jobs of their kind in the rehearsal; {rest}. "
        f"Where a training may stop early, all its epochs are taken as run."
    )


def _gpu(estimate: Estimate) -> str:
    about = "at least" if estimate.table["unknown_gpu"].sum() else "about"
    return (
        f"With one {reference_gpu.NAME} and as many cores {about} {duration(estimate.gpu_wall)} "
        f"({reference_gpu.ASSUMPTION})."
    )


def _disk(estimate: Estimate) -> str:
    table = estimate.table
    about = "At least" if table["unknown_disk"].sum() else "About"
    passing = estimate.passing_bytes / 1e6
    besides = f", and {size(passing)} while trainings run" if passing >= 1 else ""
    return (
        f"{about} {size(table['disk_mb'].sum())} of disk{besides}; up to "
        f"{size(table['mem_mb'].max())} of memory for a job."
    )


def _missing(estimate: Estimate) -> str:
    parts = list(estimate.missing)
    if estimate.unmeasured:
        parts.append(f"how long {_few(estimate.unmeasured)} takes, never measured here")
    return f"Not known: {'; '.join(parts)}." if parts else ""


def _few(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")

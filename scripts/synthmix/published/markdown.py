"""The published values beside ours as Markdown."""

from collections.abc import Sequence

import pandas as pd

from synthmix.evaluate.study_markdown import markdown_table
from synthmix.leakage import NONE, caution
from synthmix.published.protocol import LIKE_ITS_SOURCE, Protocol
from synthmix.published.sections import Section, sections, table_name
from synthmix.scales import warning_of

DEMO = (
    "These are numbers of the demo, on drawn data, small pictures and short trainings: they are not"
    " expected to agree with what the source got on its own data."
)


def published_markdown(
    table: pd.DataFrame,
    confidence: float,
    scale: str,
    leakage: str = NONE,
    protocol: Protocol = LIKE_ITS_SOURCE,
) -> str:
    """Return a section for each table of the source: what `compare_published` writes."""
    found = sections(table, protocol)
    warning, told = caution(leakage), warning_of(scale, DEMO)
    parts = [
        "# Beside the published values\n",
        *([f"**{warning}: results are too good.**\n"] if warning else []),
        *([f"{told}\n"] if told else []),
        *([f"**{protocol.about}**\n"] if protocol.about else []),
        *_deviations(protocol),
        legend(confidence, protocol) + "\n",
    ]
    return "\n".join([*parts, *(_section(section) for section in found)])


def legend(confidence: float, protocol: Protocol = LIKE_ITS_SOURCE) -> str:
    """Say what stands in the tables and what is tested."""
    shown = (
        f"Ours stands with its {100 * confidence:g}% interval where it has one. Difference: ours "
        "minus the published value, at both ends of a range over several classifiers; of one value "
        "and a printed range the gap, 0 for a value within it. "
    )
    judged = (
        "Inside: whether the published value, as it is printed, lies in our interval; of a range "
        "over several classifiers, whether both ends lie in the intervals of ours; of one value "
        "and a printed range, whether our interval reaches into it; for numbers and percentages of "
        "images and for settings, whether they are equal. It is left open where ours has no "
        "interval, and not comparable where ours was trained otherwise or is not there. "
    )
    open_ = "Contradictions within the source are not mended but footnotes."
    return shown + (judged if protocol.is_that_of_source else "") + open_


def _deviations(protocol: Protocol) -> list[str]:
    """Return what is known to depart from the source, a paragraph with a line each."""
    if not protocol.deviations:
        return []
    lines = [
        f"- {f'{table_name(one.table)}: ' if one.table else ''}{one.text}"
        for one in protocol.deviations
    ]
    return [f"## {protocol.heading}\n", *map(_escaped, lines), ""]


def _section(section: Section) -> str:
    parts = [f"## {_escaped(section.heading)}\n"]
    if section.about:
        parts.append(f"{_escaped(section.about)}\n")
    if section.common:
        shown = ", ".join(f"{name}: {value}" for name, value in section.common.items())
        parts.append(f"{_escaped(shown[:1].upper() + shown[1:])}.\n")
    head = [*section.keys.values(), "measure", "published", "ours", "difference", "inside"]
    parts.append(
        markdown_table(head, [_cells(section, place) for place in range(len(section.lines))])
    )
    parts += [f"{mark}. {_escaped(note)}" for mark, note in enumerate(section.notes, start=1)]
    parts += [f"\n{_escaped(note)}" for note in section.departures]
    return "\n".join(parts) + ("\n" if section.notes or section.departures else "")


def _cells(section: Section, place: int) -> list[str]:
    line = section.lines[place]
    ours = f"none: {line.why_absent}" if line.why_absent else f"{line.ours} {line.interval}".strip()
    keys = [line.keys[key] for key in section.keys]
    published, ours = line.published + _marks(line.marks), ours + _marks(line.own_marks)
    inside = line.inside + _marks(line.inside_marks)
    cells = [*keys, line.measure, published, ours, line.difference, inside]
    return [_escaped(cell) for cell in cells]


def _marks(marks: Sequence[int]) -> str:
    return "".join(f" [{mark}]" for mark in marks)


def _escaped(text: str) -> str:
    """Return `text` such that nothing in it is taken for markup of a table or of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")

"""The published values beside ours as Markdown."""

import pandas as pd

from synthmix.evaluate.study_markdown import markdown_table
from synthmix.leakage import NONE, caution
from synthmix.published.sections import Section, sections

DEMO = (
    "These are numbers of the demo, on drawn data, small pictures and short trainings: they are not"
    " expected to agree with what the source got on its own data.\n"
)


def published_markdown(
    table: pd.DataFrame, confidence: float, demo: bool, leakage: str = NONE
) -> str:
    """Return a section for each table of the source: what `compare_published` writes."""
    found = sections(table)
    warning = caution(leakage)
    parts = [
        "# Beside the published values\n",
        *([f"**{warning}: results are too good.**\n"] if warning else []),
        *([DEMO] if demo else []),
        legend(confidence) + "\n",
    ]
    return "\n".join([*parts, *(_section(section) for section in found)])


def legend(confidence: float) -> str:
    """Say what stands in the tables and what is tested."""
    return (
        f"Ours stands with its {100 * confidence:g}% interval where it has one. Difference: ours "
        "minus the published value; between ranges the gap, 0 where they overlap. Inside: whether "
        "the published value, as it is printed, lies in our interval; where either is a range, "
        "whether the two overlap; for numbers and percentages of images and for settings, whether "
        "they are equal. It is left open where ours has no interval. Contradictions within the "
        "source are not mended but footnotes."
    )


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
    return "\n".join(parts) + ("\n" if section.notes else "")


def _cells(section: Section, place: int) -> list[str]:
    line = section.lines[place]
    marks = "".join(f" [{mark}]" for mark in line.marks)
    ours = f"none: {line.why_absent}" if line.why_absent else f"{line.ours} {line.interval}".strip()
    keys = [line.keys[key] for key in section.keys]
    cells = [*keys, line.measure, line.published + marks, ours, line.difference, line.inside]
    return [_escaped(cell) for cell in cells]


def _escaped(text: str) -> str:
    """Return `text` such that nothing in it is taken for markup of a table or of HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")

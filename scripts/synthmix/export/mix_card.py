"""The data card of a mix that is packed for use elsewhere."""

import pandas as pd

from synthmix.export.card import Provenance, leaks_of, marks_of, origin_of, table_of
from synthmix.export.images import MANIFEST
from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE, caution
from synthmix.mix.plan import Mix, describe_addition, describe_class_shares

LEAKED = {
    AS_PUBLISHED: f"> **{caution(AS_PUBLISHED)}.** The study judges classifiers on some of the "
    "real images that are here. Nothing that is trained on them may be judged on any of the source "
    "images: results would be too good.",
    BY_IMAGE: f"> **{caution(BY_IMAGE)}.** The study judges classifiers on other images of some of "
    "the patients whose images are here. What is trained on them may be judged on source images "
    "of other patients alone: results would be too good.",
}
REAL = (
    "**Real images are among these.** Treat the whole as you must treat the source images: their "
    "licence holds, and so does what patients were promised."
)
USE = """\
For research on classifiers and for teaching: to train a network on these images outside the
workflow. Judge it on real images of patients that are not among them, and compare with training
on the real images alone.

Not for diagnosis, not as evidence of what a disease looks like, and not as the images on which a
model is judged."""
LIMITS = """\
- A synthetic image has the class that the generator was asked for. Nobody has checked that it
  shows it.
- Validation images that are synthetic tell how well a network tells such images, not real ones.
- Images are as the workflow prepared them: resized, and of 8 bits."""


def mix_card(mix: Mix, rows: pd.DataFrame, provenance: Provenance) -> str:
    """Return the card as Markdown; `rows` are those of the mix, with the path of each image."""
    parts = [
        f"# Training images: {provenance.title}, {mix.name}",
        *marks_of(provenance),
        *([LEAKED[provenance.leakage]] if provenance.leakage != NONE else []),
        *(f"> **{sentence}**" for sentence in leaks_of(provenance)),
        *([REAL] if (rows["origin"] == "real").any() else []),
        "## What is here",
        _contents(rows),
        "## How they came together",
        _making(mix),
        "## Where the real images are from",
        origin_of(provenance),
        "## What they are for",
        USE,
        "## Limits",
        LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _contents(rows: pd.DataFrame) -> str:
    counts = rows.groupby(["split", "label", "origin"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["real", "synthetic"], fill_value=0)
    lines = [
        (split, label, f"{real:,}", f"{synthetic:,}")
        for (split, label), (real, synthetic) in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    head = ("part", "class", "real images", "synthetic images")
    return (
        f"PNG files in `<part>/<class>/`, whose names begin with `real` or `synthetic`; "
        f"`{MANIFEST}` lists them, with the patient of each real one.\n\n{table_of(head, lines)}"
    )


def _making(mix: Mix) -> str:
    facts = [
        ("generator", mix.generator),
        ("added", describe_addition(mix)),
        ("real images kept by", mix.selection),
        ("class shares", describe_class_shares(mix.class_shares)),
        ("real share", None if mix.real_share is None else f"{100 * mix.real_share:g}%"),
    ]
    rows = [(name, f"`{value}`") for name, value in facts if value]
    return f"By synthmix, as the mix `{mix.name}` of the study.\n\n{table_of(('', ''), rows)}"

"""The data card of exported images: how they were made, from what, how good, what they are for.

After the datasheets for datasets of Gebru et al. (2018), https://arxiv.org/abs/1803.09010. What
is not known is said to be unknown.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.export.images import MANIFEST, Request, file_sha256
from synthmix.export.wording import class_title, memorisation, score_rows
from synthmix.generate.models.loading import generator_class
from synthmix.generate.models.settings import GeneratorSettings
from synthmix.generate.models.weights_file import Header, read_header
from synthmix.generate.origin import PARTS, leaks, unknown_origin
from synthmix.generate.tabulate_ready_images import UNKNOWN
from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE, caution
from synthmix.scales import OF_REHEARSAL, PAPER, REHEARSAL

# settings that name files
_FILES = ("init_from", "images", "learned_from")
DEMO = (
    "> **Demo.** The generator was trained small, for minutes, to show that the workflow runs. "
    "These images say nothing about medicine and are of no use for training."
)
STAND_IN = (
    "It was **not** trained on that data set itself, but on images in its layout that the "
    "workflow draws as stand-ins; no patient had a part in them."
)
LEAKED = {
    AS_PUBLISHED: f"> **{caution(AS_PUBLISHED)}.** The generator has learned from every real image "
    "of its study, also from those on which the study judges classifiers. Nothing that is trained "
    "on the images here may be judged on any of the source images: results would be too good.",
    BY_IMAGE: f"> **{caution(BY_IMAGE)}.** The generator has learned from images of patients on "
    "whose other images the study judges classifiers. What is trained on the images here may be "
    "judged on source images of other patients alone: results would be too good.",
}
PURPOSE = """\
For research on classifiers and for teaching: to add to the real training images of a class that
has few. Compare with training on the real images alone before you rely on them, and judge on
real images of patients that neither the generator nor the classifier has seen.

Not for diagnosis, not as evidence of what a disease looks like, and not as the images on which a
model is judged."""
LIMITS = """\
- An image has the class that the generator was asked for. Nobody has checked that it shows it.
- What is rare among the training images is so here, and their bias is kept or increased.
- Synthetic is not anonymous: a generator can repeat what it was trained on; see Memorisation.
- All images of one generator are of one source: they are not independent patients."""
MADE = "Every image here was made by a program. None is a photograph or scan of anyone."
READY = (
    "**These images were made elsewhere**, by whatever their owner says; the workflow has read and "
    "resized them. Their **licence** is not known to it: ask whoever made them."
)
COPIES = (
    "**Every image here is a copy of a training image, or a blend of two.** Treat them, and the "
    "file of the generator, as you must treat the source images."
)


@dataclass(frozen=True)
class Provenance:
    """What is known of a generator beyond what its file says; None where it is not."""

    title: str | None = None
    about: Mapping[str, str] | None = None
    """Title, licence, citation and homepage of the source images."""
    stand_in: bool = False
    scale: str | None = None
    leakage: str = NONE
    """How they were split: whether it has learned from test images, or from their patients."""
    training_images: Mapping[str, int] = field(default_factory=dict)
    """How many it was trained on, by what each model has learned."""
    scores: pd.DataFrame | None = None
    pairs: pd.DataFrame | None = None
    scored_truncation: float | None = None
    ready: Mapping[str, Any] | None = None
    """Of ready images, made elsewhere: a row of the table of `tabulate_ready_images`."""


def data_card(request: Request, provenance: Provenance) -> str:
    """Return the card of the images of `request` as Markdown; raises UserError for bad files."""
    first = next(iter(request.files()))
    header, settings = read_header(first), generator_class(first).Settings
    making = _making(request, header, settings.__doc__ or "")
    source = _source(provenance)
    if settings.is_ready:
        making, source = _making_of_ready(request, header), _source_of_ready(provenance, header)
    parts = [
        f"# Synthetic images: {provenance.title or request.generator}",
        *marks_of(provenance),
        *([LEAKED[provenance.leakage]] if provenance.leakage != NONE else []),
        _kind_of(settings),
        *(f"> **{sentence}**" for sentence in leaks_of(provenance)),
        *_unsaid_origin(request, provenance, header),
        "## What is here",
        _contents(request, header),
        "## How they were made",
        making,
        "## What the generator was trained on",
        source,
        "## Scores",
        _scores(request, provenance),
        "## Memorisation",
        _memorisation(provenance),
        "## What they are for",
        PURPOSE,
        "## Limits",
        LIMITS,
    ]
    return "\n\n".join(parts) + "\n"


def _kind_of(settings: type[GeneratorSettings]) -> str:
    """Return what kind of images a generator with such settings makes."""
    if settings.is_ready:
        return READY
    return COPIES if settings.keeps_training_images else MADE


def leaks_of(provenance: Provenance) -> list[str]:
    """Return what ready images know of test images, or may know; nothing of other images."""
    row = provenance.ready
    if row is None:
        return []
    unknown = [row["generator"]] if row["learned_from"] == UNKNOWN else []
    return [sentence for sentence in (unknown_origin(unknown), *leaks(row)) if sentence]


def _unsaid_origin(request: Request, provenance: Provenance, header: Header) -> list[str]:
    """Return that nobody knows what ready images were made from, where their file alone says it."""
    origin = header.settings.get("learned_from")
    if provenance.ready is not None or origin != UNKNOWN:
        return []
    return [f"> **{unknown_origin([request.generator])}**"]


def _contents(request: Request, header: Header) -> str:
    height, width, channels = header.image_shape
    first, last = request.seeds[0], request.seeds[-1]
    rows = [(label, len(request.seeds), f"{first} to {last}") for label in request.weights]
    classes = ", ".join(f"{label}: {label}" for label in request.weights)
    colours = "grey" if channels == 1 else "RGB"
    text = (
        f"PNG files, {width} x {height} pixels, {colours}, 8 bits, named by class and seed; "
        f"`{MANIFEST}` lists them.\n\n{table_of(('class', 'images', 'seeds'), rows)}"
    )
    if len(request.weights) < 2:
        return text
    return (
        f"{text}\n\nTo use them as a data set of a study (`root` is this folder, or the zip):\n\n"
        f"```yaml\nsource: manifest\npath: {MANIFEST}\nroot: <this folder or zip>\n"
        f"patients: image\nclasses: {{ {classes} }}\n```"
    )


def _making(request: Request, header: Header, description: str) -> str:
    settings = _without_folders(header.settings)
    start = settings.get("init_from")
    started = ""
    if start is not None:
        started = (
            f"\n\nIts training started from the weights `{start}`, which may have a "
            "licence of their own."
        )
    values = [(name, f"`{json.dumps(value)}`") for name, value in settings.items()]
    return (
        f"By synthmix with the generator `{request.generator}`: {description}\n\n"
        f"Truncation {request.truncation:g} (1 is its full variety, 0 its average image). The same "
        f"weights, seed and truncation make the same image on the same kind of machine.\n\n"
        f"{_files(request)}\n\n"
        f"{table_of(('setting', 'value'), values)}{started}"
    )


def _files(request: Request) -> str:
    rows = [
        (", ".join(labels), f"`{path.name}`", f"`{file_sha256(path)}`")
        for path, labels in request.files().items()
    ]
    return table_of(("classes", "weights", "SHA-256"), rows)


def _without_folders(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` with the names of files alone: their folders are no one's business."""
    return {
        name: Path(value).name if name in _FILES and value is not None else value
        for name, value in settings.items()
    }


def _source(provenance: Provenance) -> str:
    parts = [origin_of(provenance)]
    if provenance.training_images:
        counts = [
            (class_title(label), f"{count:,}")
            for label, count in provenance.training_images.items()
        ]
        parts.append(table_of(("class", "training images"), counts))
    else:
        parts.append("How many images it was trained on is unknown.")
    if provenance.scale is None:
        parts.append("Whether it was trained in full or as a demo is unknown: see its settings.")
    return "\n\n".join(parts)


def _making_of_ready(request: Request, header: Header) -> str:
    settings = _without_folders(header.settings)
    return (
        f"Elsewhere. The workflow has read `{settings['images']}` as `{request.generator}`, and "
        f"prepared the images as it prepares real ones: image i of a class is that of seed i.\n\n"
        f"{_files(request)}"
    )


def _source_of_ready(provenance: Provenance, header: Header) -> str:
    """Return what is known of the images that ready images were made from."""
    row = provenance.ready
    if (row or header.settings)["learned_from"] == UNKNOWN:
        made_from = "Which images these were made from is **unknown**, and with it their licence."
    elif row is None:
        made_from = f"Whoever made them lists it in `{Path(header.settings['learned_from']).name}`."
    else:
        known = sum(row[f"listed_{part}"] for part in PARTS)
        made_from = (
            f"Whoever made them lists {row['listed']:,} images that they were made from; {known:,} "
            f"are real images of the study, {row['listed_test']:,} of them test images."
        )
    if provenance.about is None:
        return made_from
    scored = f"The study's own images: {provenance.about['title']}, {provenance.about['homepage']}"
    return f"{made_from}\n\n{scored}"


def marks_of(provenance: Provenance) -> list[str]:
    """Return what is said first of all of what no full training has made; nothing of the rest."""
    scale = provenance.scale or PAPER
    if scale == REHEARSAL:
        return [f"> **Rehearsal.** {OF_REHEARSAL}"]
    return [DEMO] if scale != PAPER else []


def origin_of(provenance: Provenance) -> str:
    """Return where the source images are from, their licence and whom to cite."""
    about = provenance.about
    if about is None and provenance.title is None:
        return (
            "Unknown, and with it the **licence**: only the generator's file was at hand. Ask "
            "whoever trained it before you pass these images on."
        )
    if about is None:
        return (
            f"The images of the study's author ({provenance.title}). Their **licence** is not "
            "known to the workflow: ask who owns them before you pass on what was made of them."
        )
    stand_in = f"{STAND_IN}\n\n" if provenance.stand_in else ""
    return (
        f"{about['title']}, {about['homepage']}\n\n{stand_in}"
        f"**Licence of the source images:** {about['licence']}. Whether it reaches to images made "
        f"by a generator trained on them is for you to clear; keep to it where in doubt.\n\n"
        f"**Cite:** {about['citation']}"
    )


def _scores(request: Request, provenance: Provenance) -> str:
    if provenance.scores is None:
        return "Unknown: these images, or others of this generator, were not scored."
    scored = provenance.scored_truncation
    other = (
        ""
        if scored is None or math.isclose(scored, request.truncation)
        else f" **They are of images at truncation {scored:g}, not {request.truncation:g}.**"
    )
    return (
        "Of the images of the same generator that the study used, from seed 0 on, against the real "
        f"training images; 95% intervals in brackets.{other}\n\n"
        + table_of(("class", "score", "value", "better", "note"), score_rows(provenance.scores))
    )


def _memorisation(provenance: Provenance) -> str:
    if provenance.scores is None or provenance.pairs is None:
        return (
            "Unknown: nobody has compared these images with the training images. They may hold "
            "copies of them. Do not pass them on where that would matter."
        )
    return memorisation(provenance.scores, provenance.pairs)


def table_of(columns: tuple[str, ...], rows: list[tuple]) -> str:
    """Return a Markdown table."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

"""A zip of a generator's images of all classes, with all that a study knows of them."""

import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from synthmix.errors import UserError
from synthmix.export.card import Provenance, data_card
from synthmix.export.destination import destination
from synthmix.export.images import Request, weights_by_class, write_images
from synthmix.generate.tabulate_ready_images import worst
from synthmix.leakage import NONE
from synthmix.prepare.parts import as_learned
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)


def export_images(
    generator: str,
    classes: Sequence[str],
    weights: Iterable[str | Path],
    trained_on: Iterable[str | Path],
    split: str | Path,
    fetched: str | Path,
    scores: str | Path,
    pairs: str | Path,
    title: str,
    stand_in: bool,
    scale: str,
    images: int,
    first_seed: int,
    truncation: float,
    scored_truncation: float,
    output: str | Path,
    device: torch.device,
    leakage: str = NONE,
    ready_images: str | Path | None = None,
) -> None:
    """Write the images of seeds `first_seed` on, `images` of each class, as the zip `output`.

    `weights` and `trained_on` are what `train_generator` wrote for each model of the `generator`,
    `split` the samples it was trained among, `fetched` what `fetch_dataset` wrote, `scores` and
    `pairs` what `score_generator` wrote of images at `scored_truncation`. `stand_in` says that
    the source images were drawn by the workflow, `leakage` how they were split; `ready_images` is
    what `tabulate_ready_images` wrote, of a generator of such. Equal seeds make
    the images of the pool.
    """
    files = weights_by_class(weights)
    seeds = range(first_seed, first_seed + images)
    request = Request(generator, {label: files[label] for label in classes}, seeds, truncation)
    provenance = Provenance(
        title=title,
        about=json.loads(Path(fetched).read_text(encoding="utf-8"))["about"],
        stand_in=stand_in,
        scale=scale,
        leakage=leakage,
        training_images=_training_images(trained_on, split, classes),
        scores=read_table(scores),
        pairs=read_table(pairs),
        scored_truncation=scored_truncation,
        ready=ready_row(ready_images, generator),
    )
    with destination(Path(output)) as add:
        try:
            write_images(request, data_card(request, provenance), add, device)
        except UserError as error:
            raise UserError(
                f"{generator}: {error} (export.images and export.first_seed say which are packed)"
            ) from error
    LOGGER.info("%d images of each of %s", images, ", ".join(classes))


def ready_row(table: str | Path | None, generator: str | None) -> dict[str, Any] | None:
    """Return what is known of a generator's ready images by the `table`; None where there is none.

    Of several splits it is the worst.
    """
    rows = [] if table is None else worst(read_table(table))
    return next((row for row in rows if row["generator"] == generator), None)


def _training_images(
    trained_on: Iterable[str | Path], split: str | Path, classes: Sequence[str]
) -> dict[str, int]:
    """Return how many images of each class the models were trained on."""
    seen = pd.concat([read_table(file) for file in trained_on])["sample_id"]
    samples = as_learned(read_table(split), classes)
    counts = samples.loc[samples["sample_id"].isin(seen), "label"].value_counts()
    return {label: int(counts.get(label, 0)) for label in classes}

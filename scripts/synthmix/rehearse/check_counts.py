"""Whether a study finds the images that it asks for, on the true counts and without pixels.

A rehearsal keeps few images of a class: what depends on how many there are it can't prove by
running. The functions that split and mix in the run do so here, on the whole list of images.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.mix.compose_mix import COLUMNS, assemble, real_rows
from synthmix.mix.plan import Mix
from synthmix.prepare.duplicates import OFF
from synthmix.prepare.folds import split_for_fold
from synthmix.prepare.index_dataset import read_index
from synthmix.prepare.parts import LEARNED_FROM
from synthmix.prepare.settings import Split, Subsample
from synthmix.prepare.split_samples import split_samples
from synthmix.scopes import UNLABELLED
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
_SELECTED = "what its selection removes is known once pixels are read"


def check_counts(
    index: str | Path,
    split: Mapping[str, Any],
    subsample: Mapping[str, Any] | None,
    test_sample: Mapping[str, Any] | None,
    leakage: str,
    published: Mapping[str, int] | None,
    mixes: Sequence[Mapping[str, Any]],
    folds: Sequence[int | None],
    generators: Mapping[str, Mapping[str, Any]],
    output: str | Path,
    seed: int,
) -> None:
    """Split and mix the images of the table `index` as the study does, and count them.

    The settings are those of scale paper, as plain values; `mixes` are all of its mixes. Where
    drawn images stand in, `published` says how many the real data set has of each class, by the
    study: they are taken to be of a patient each. `output` has the images by split and class.
    Raises UserError with all that would stop the run: a class without images in a split or a fold,
    real images that a mix asks for and does not find, a class too small for a generator.
    """
    samples = _table(index, published)
    try:
        dealt = _split(samples, split, subsample, test_sample, leakage, seed)
    except UserError as error:
        raise UserError(f"on the true counts: {error}") from error
    troubles = [
        *(text for fold in folds for text in _of_mixes(split_for_fold(dealt, fold), mixes, seed)),
        *_of_generators(dealt, generators),
    ]
    if troubles:
        lines = "\n".join(f"- {text}" for text in dict.fromkeys(troubles))
        raise UserError(f"on the true counts this would stop the run:\n{lines}")
    counts = pd.crosstab(dealt["label"], dealt["split"]).stack().rename("images").reset_index()
    write_table(output, counts)
    LOGGER.info("all images that are asked for are there")


def _table(index: str | Path, published: Mapping[str, int] | None) -> pd.DataFrame:
    """Return the samples with what a split reads of them; those that are published, if any are."""
    samples = read_index(index)
    if published is None:
        return samples
    parts = samples.get("part", pd.Series("", index=samples.index))
    rows = [
        {"label": label, "part": part, "share": share}
        for label, of_label in parts.groupby(samples["label"])
        for part, share in of_label.value_counts(normalize=True).items()
    ]
    labels = [
        (row["label"], row["part"])
        for row in rows
        for _ in range(round(published.get(row["label"], 0) * row["share"]))
    ]
    found = pd.DataFrame(labels, columns=["label", "part"])
    names = [f"image{number}" for number in range(len(found))]
    return found.assign(sample_id=names, path=names, group=names)


def _split(
    samples: pd.DataFrame,
    split: Mapping[str, Any],
    subsample: Mapping[str, Any] | None,
    test_sample: Mapping[str, Any] | None,
    leakage: str,
    seed: int,
) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        table, dealt = Path(folder, "table.csv"), Path(folder, "split.csv")
        # pixels are not read: no two images are known to be the same
        write_table(table, samples.assign(content=samples["sample_id"]))
        split_samples(
            table=table,
            output=dealt,
            duplicates=Path(folder, "duplicates.csv"),
            near=None,
            near_duplicates=OFF,
            split=TypeAdapter(Split).validate_python(split),
            subsample=TypeAdapter(Subsample | None).validate_python(subsample),
            test_sample=test_sample,
            seed=seed,
            leakage=leakage,
        )
        return read_table(dealt)


def _of_mixes(
    samples: pd.DataFrame, mixes: Sequence[Mapping[str, Any]], seed: int
) -> Iterator[str]:
    """Yield which mixes don't find the real images that they ask for."""
    real = real_rows(samples, seed)
    labels = sorted({label for _, label in real})
    for plain in mixes:
        mix = Mix.from_dict(plain)
        if mix.selection is not None:
            LOGGER.info("mix %s: %s", mix.name, _SELECTED)
            continue
        # of synthetic images there are always as many as are asked for
        pools = {label: pd.DataFrame(columns=COLUMNS) for label in labels}
        try:
            assemble(mix, real, pools)
        except UserError as error:
            yield str(error)


def _of_generators(
    samples: pd.DataFrame, generators: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield which generators have too few images of a class; log which have less than a batch."""
    for name, settings in generators.items():
        learned = samples[samples["split"].isin(LEARNED_FROM[settings["learns_from"]])]
        counts = learned.loc[learned["label"] != UNLABELLED, "label"].value_counts()
        if settings["learns_from"] == "all":
            counts = pd.Series({"all classes": len(samples)})
        elif settings["joint"]:
            neighbours = settings.get("neighbours") or 0
            for label, count in counts[counts <= neighbours].items():
                yield (
                    f"generators.{name}.neighbours: {neighbours}, but class {label} has {count} "
                    f"training images: lower it, or add images"
                )
            counts = pd.Series({"all classes": counts.sum()})
        for label, count in counts.items():
            if count < 2:
                yield f"generators.{name}: class {label} has {count} training images: two at least"
            elif count < settings["batch_size"]:
                LOGGER.warning(
                    "generators.%s.batch_size: %d, but %s has %d images: batches are of as many",
                    *(name, settings["batch_size"], label, count),
                )

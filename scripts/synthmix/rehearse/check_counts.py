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
from synthmix.mix.compose_mix import COLUMNS, assemble, keep_selected, real_rows
from synthmix.mix.plan import Mix
from synthmix.mix.removal import Removal
from synthmix.prepare.duplicates import OFF
from synthmix.prepare.folds import split_for_fold
from synthmix.prepare.index_dataset import read_index
from synthmix.prepare.settings import Split, Subsample
from synthmix.prepare.split_samples import split_samples
from synthmix.prepare.take_share import split_for_share
from synthmix.rehearse.removals import left_by, troubles_of_selection
from synthmix.rehearse.trainings import troubles_of_classifier, troubles_of_generator
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
Real = Mapping[tuple[str, str], pd.DataFrame]  # images by split and class


def check_counts(
    index: str | Path,
    split: Mapping[str, Any],
    subsample: Mapping[str, Any] | None,
    test_sample: Mapping[str, Any] | None,
    leakage: str,
    published: Mapping[str, int] | None,
    mixes: Sequence[Mapping[str, Any]],
    selections: Mapping[str, Mapping[str, Any]],
    folds: Sequence[int | None],
    generators: Mapping[str, Mapping[str, Any]],
    classifiers: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    learning_curve: Mapping[str, Any],
    output: str | Path,
    seed: int,
    equal_steps: bool = False,
) -> None:
    """Split and mix the images of the table `index` as the study does, and count them.

    The settings are those of scale paper, as plain values; `mixes` are all of its mixes,
    `generators` and `classifiers` what their trainings may have, of classifiers by the way to
    train that mixes name ("" where they name none); `learning_curve` has the `shares` below 1 of
    the training patients, and the names of the `mixes`, `generators` and `classifiers` that are
    trained on them; with `equal_steps` epochs have as many images as those of their baselines.
    Where drawn images stand in, `published` says how many the real data set has of each class, by
    the study: they are taken to be of a patient each. `output` has the images by split and class.
    Raises UserError with all that would go wrong: a class without images in a split, a fold or a
    mix, real images that a mix asks for and does not find, a class too small for a generator or for
    a method of removal, batches with too few images for several devices. What trainings merely do
    without is logged as a warning.
    """
    samples = _table(index, published)
    try:
        dealt = _split(samples, split, subsample, test_sample, leakage, seed)
    except UserError as error:
        raise UserError(f"on the true counts: {error}") from error
    removals = {n: TypeAdapter(Removal).validate_python(own) for n, own in selections.items()}
    train = dealt[dealt["split"] == "train"]
    troubles = [
        text for name, own in removals.items() for text in troubles_of_selection(train, name, own)
    ]
    troubles += [
        text
        for name, entry in generators.items()
        for text in troubles_of_generator(dealt, name, entry)
    ]
    kept = left_by(train, removals, seed)
    for fold in folds:
        of_fold = split_for_fold(dealt, fold)
        troubles += _of_mixes(real_rows(of_fold, seed), mixes, kept, classifiers, equal_steps)
        for share in learning_curve["shares"]:
            on_share = _of_share(
                *(of_fold, share, learning_curve, mixes, generators, classifiers),
                *(seed, equal_steps),
            )
            troubles += (f"with a share of {share:g} of the patients: {text}" for text in on_share)
    if troubles:
        lines = "\n".join(f"- {text}" for text in dict.fromkeys(troubles))
        raise UserError(f"on the true counts this would go wrong:\n{lines}")
    counts = pd.crosstab(dealt["label"], dealt["split"]).stack().rename("images").reset_index()
    write_table(output, counts)
    LOGGER.info("all images that are asked for are there")


def _of_share(
    dealt: pd.DataFrame,
    share: float,
    learning_curve: Mapping[str, Any],
    mixes: Sequence[Mapping[str, Any]],
    generators: Mapping[str, Mapping[str, Any]],
    classifiers: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    seed: int,
    equal_steps: bool,
) -> Iterator[str]:
    """Yield what goes wrong with a share of the training patients of the table `dealt`."""
    try:
        taken = split_for_share(dealt, share, seed)
    except UserError as error:
        yield str(error)
        return
    for name in learning_curve["generators"]:
        yield from troubles_of_generator(taken, name, generators[name])
    yield from _of_mixes(
        real_rows(taken, seed),
        [mix for mix in mixes if mix["name"] in learning_curve["mixes"]],
        {},
        {name: classifiers[name] for name in learning_curve["classifiers"]},
        equal_steps,
    )


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
    real: Real,
    mixes: Sequence[Mapping[str, Any]],
    kept: Mapping[str, pd.DataFrame],
    classifiers: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    equal_steps: bool,
) -> Iterator[str]:
    """Yield which mixes of the `real` images lack some, or are too small for a classifier.

    With `equal_steps` batches are made of as many images as the baseline has.
    Of selections that are not among the `kept` ones nothing more is known than that what is too
    little with all images is so without some.
    """
    classes = sorted({label for _, label in real})
    tables = {}
    planned = {mix.name: mix for mix in map(Mix.from_dict, mixes)}
    for mix in planned.values():
        own = keep_selected(real, kept[mix.selection]) if mix.selection in kept else real
        try:
            tables[mix.name] = assemble(mix, own, _pools(mix, own))
        except UserError as error:
            yield str(error)
    for name, table in tables.items():
        mix = planned[name]
        steps = mix.baseline if equal_steps and mix.has_other_images else name
        images = int((tables.get(steps, table)["split"] == "train").sum())
        for classifier, by_training in classifiers.items():
            for settings in by_training[mix.training or ""]:
                yield from troubles_of_classifier(
                    name, table, images, classes, classifier, settings
                )


def _pools(mix: Mix, real: Real) -> dict[str, pd.DataFrame]:
    """Return as many synthetic images of each class as the mix takes: there always are."""
    if mix.generator is None:
        return {}
    sizes: dict[str, dict[str, int]] = {}
    for (split, label), rows in real.items():
        sizes.setdefault(split, {})[label] = len(rows)
    counts = mix.counts(sizes)
    made = {
        label: sum(counts[split].get(label, {}).get("synthetic", 0) for split in counts)
        for label in {label for _, label in real}
    }
    return {
        label: pd.DataFrame({"row": range(count), "label": label}, columns=COLUMNS)
        for label, count in made.items()
    }

"""A mix of real and synthetic images as a table of references; no pixel is copied."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.leakage import BY_IMAGE, NONE, PATIENTS_SEEN, SEEN_IN_TRAINING
from synthmix.mix.plan import ELSEWHERE, REAL_STORE, Mix
from synthmix.prepare.parts import LEARNED_FROM, has_leak, rows_of
from synthmix.seeds import derive_seed
from synthmix.shares import largest_sample
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
COLUMNS = ["split", "store", "row", "sample_id", "label", "group", "origin"]


def compose_mix(
    mix: Mix,
    split: str | Path,
    pools: Mapping[str, str | Path],
    trained_on: Sequence[str | Path],
    output: str | Path,
    seed: int,
    selection: str | Path | None = None,
    learns_from: str = "training",
    leakage: str = NONE,
) -> None:
    """Write the table of the images of `mix`.

    `split` is the table of the real store; `pools` and `trained_on` hold, for each class, the table
    of the synthetic store and that of the samples its generator has seen (empty for a mix of real
    images alone); classes may share a store. `selection` is what `select_samples` wrote for a mix
    that has one; `learns_from` is that setting of the generator, or ELSEWHERE of ready images, of
    which is logged how many images of other splits they are known to come from. Every row of
    `output` names a `store` ("real" or "<generator>/<what a model of it learned>", with the number
    of a later training of the generator) and a row in it. Raises UserError when real images run
    short and the mix says to fail, or when an image of a test patient got in. With the `leakage`
    by_image no test image may, but other images of its patient; with as_published test images may,
    too. How many did is logged as a warning.
    """
    samples = read_table(split)
    real = real_rows(samples, seed)
    if selection is not None:
        real = keep_selected(real, read_table(selection))
    synthetic = {label: synthetic_rows(label, path) for label, path in pools.items()}
    table = assemble(mix, real, synthetic)
    seen = [read_table(path) for path in trained_on]
    if learns_from == ELSEWHERE:  # what they were made from can be told, not changed
        tell_seen_elsewhere(mix.name, samples, seen)
        seen, learns_from = [], "training"
    if has_leak(samples):
        warn_of_leak(mix.name, table, samples, seen)
    elif leakage == BY_IMAGE:
        images, all_images = _each_alone(table), _each_alone(samples)
        check_no_leak(images, all_images, map(_each_alone, seen), LEARNED_FROM[learns_from])
        warn_of_patients(mix.name, table, samples)
        tell_validation_images_seen(mix.name, table, seen)
    else:
        check_no_leak(table, samples, seen, LEARNED_FROM[learns_from])
        tell_validation_images_seen(mix.name, table, seen)
    counts = table.groupby(["split", "label", "origin"]).size()
    LOGGER.info("images of mix %s:\n%s", mix.name, counts.to_string())
    write_table(output, table)


def real_rows(samples: pd.DataFrame, seed: int) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the images to train and validate on by (split, class), with their row, shuffled.

    The order depends on `seed` only: a mix with fewer real images has the first of those that a
    mix with more has, so the two differ in nothing else.
    """
    samples = samples.assign(store=REAL_STORE, row=samples.index, origin="real")
    return {
        (split, label): rows.sample(
            frac=1, random_state=np.random.default_rng(derive_seed("mix", split, label, seed))
        )
        for split in ("train", "validation")
        for label, rows in rows_of(samples, split).groupby("label")
    }


def synthetic_rows(label: str, table: str | Path) -> pd.DataFrame:
    """Return the images of a class in the store with this `table`, with their row in it."""
    rows = read_table(table)
    rows = rows[rows["label"] == label]
    store = "/".join(Path(table).with_suffix("").parts[-2:])
    return rows.assign(store=store, row=rows.index, group="", origin="synthetic")


def keep_selected(
    real: Mapping[tuple[str, str], pd.DataFrame], selection: pd.DataFrame
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return `real` with those training images alone that `selection` keeps, in the same order."""
    kept = selection.loc[selection["kept"], "sample_id"]
    return {
        (split, label): rows[rows["sample_id"].isin(kept)] if split == "train" else rows
        for (split, label), rows in real.items()
    }


def assemble(
    mix: Mix,
    real: Mapping[tuple[str, str], pd.DataFrame],
    synthetic: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return the rows of `mix`, from the real images of each (split, class) and the pools.

    The first images of a pool are validated on, those after them trained on: all mixes of a
    generator and a real share are judged on the same validation images.
    """
    counts = _largest_counts(mix, real) if mix.generator is None else mix.counts(_sizes(real))
    if mix.generator is not None and mix.class_shares and mix.validation_images is None:
        _require_sample(mix, "validation", counts["validation"], real)
    parts = []
    for split, classes in counts.items():
        for label, origins in classes.items():
            available = real.get((split, label), pd.DataFrame(columns=COLUMNS))
            parts.append(_take_real(mix, available, origins["real"], split, label))
            if origins["synthetic"]:
                start = 0 if split == "validation" else counts["validation"][label]["synthetic"]
                pool = synthetic[label].iloc[start : start + origins["synthetic"]]
                parts.append(pool.assign(split=split))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)[COLUMNS]


def check_no_leak(
    table: pd.DataFrame,
    samples: pd.DataFrame,
    trained_on: Iterable[pd.DataFrame],
    learned: Sequence[str] = ("train",),
) -> None:
    """Raise UserError unless patients are kept apart.

    `table` is a mix, `samples` the real samples with their split, `trained_on` the samples that
    the generators of the mix have seen. Training images may only know patients of the train split,
    validation images only those of validation, generators those of the splits `learned`, and no
    patient is in two splits.
    """
    allowed = {split: set(rows["group"]) for split, rows in samples.groupby("split")}
    for first, second in combinations(("train", "validation", "test"), 2):
        torn = sorted(allowed.get(first, set()) & allowed.get(second, set()))
        if torn:
            raise UserError(
                f"leak: patients are in the {first} and the {second} split: {', '.join(torn[:5])}. "
                f"Nothing learned from this mix could be trusted; remove the table of the split "
                f"and the mixes and run again."
            )
    real = table[table["origin"] == "real"]
    known = [
        (f"its {split} images", (split,), set(rows["group"]))
        for split, rows in real.groupby("split")
    ]
    seen = {group for rows in trained_on for group in rows["group"]}
    for what, homes, groups in (*known, ("its generators' images", tuple(learned), seen)):
        strangers = sorted(groups.difference(*(allowed.get(home, set()) for home in homes)))
        if strangers:
            raise UserError(
                f"leak: {what} are of patients outside the {' and '.join(homes)} split: "
                f"{', '.join(strangers[:5])}. Nothing learned from this mix could be trusted; "
                f"remove the tables of the split and the mixes and run again."
            )


def tell_validation_images_seen(
    name: str, table: pd.DataFrame, trained_on: Sequence[pd.DataFrame]
) -> None:
    """Log how many validation images of the mix `table` its generators have seen, if any."""
    validates = (table["split"] == "validation") & (table["origin"] == "real")
    images = set(table.loc[validates, "sample_id"])
    seen = images & {sample for rows in trained_on for sample in rows["sample_id"]}
    if seen:
        LOGGER.warning(
            "the generators of the mix %s have learned from %d of its %d real validation images "
            "(learns_from): validation is too good",
            *(name, len(seen), len(images)),
        )


def tell_seen_elsewhere(
    name: str, samples: pd.DataFrame, trained_on: Sequence[pd.DataFrame]
) -> None:
    """Log of how many real images that are no training images ready images were made, if any."""
    seen = {sample for rows in trained_on for sample in rows["sample_id"]}
    counts = {
        part: int(rows_of(samples, part)["sample_id"].isin(seen).sum())
        for part in ("test", "validation")
    }
    if any(counts.values()):
        LOGGER.warning(
            "the ready images of the mix %s were made from %d test and %d validation images "
            "(learned_from): its results are too good",
            *(name, counts["test"], counts["validation"]),
        )


def warn_of_leak(
    name: str, table: pd.DataFrame, samples: pd.DataFrame, trained_on: Sequence[pd.DataFrame]
) -> None:
    """Log how many test images the mix `table` and its generators have seen; as `check_no_leak`."""
    tested = set(rows_of(samples, "test")["sample_id"])
    mixed = tested & set(table.loc[table["origin"] == "real", "sample_id"])
    learned = tested & {sample for rows in trained_on for sample in rows["sample_id"]}
    generators = f", its generators have seen {len(learned)}" if trained_on else ""
    LOGGER.warning(
        "%s: the mix %s has %d of %d%s",
        *(SEEN_IN_TRAINING, name, len(mixed), len(tested), generators),
    )


def warn_of_patients(name: str, table: pd.DataFrame, samples: pd.DataFrame) -> None:
    """Log how many test images are of patients with other images in the mix `table`."""
    tested = rows_of(samples, "test")["group"]
    known = tested.isin(table.loc[table["origin"] == "real", "group"])
    LOGGER.warning(
        "%s: %d of %d test images are of patients that the mix %s has",
        *(PATIENTS_SEEN, known.sum(), len(tested), name),
    )


def _each_alone(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `rows` with a patient of its own for each real image."""
    return rows.assign(group=rows["sample_id"])


def _largest_counts(
    mix: Mix, real: Mapping[tuple[str, str], pd.DataFrame]
) -> dict[str, dict[str, dict[str, int]]]:
    counts = {}
    for split, _, shares in mix.splits():
        if shares is None:
            rows = {label: images for (part, label), images in real.items() if part == split}
            counts[split] = {label: {"real": len(rows[label]), "synthetic": 0} for label in rows}
            continue
        available = {label: len(real.get((split, label), ())) for label in shares}
        sample = largest_sample(available, shares)
        counts[split] = {label: {"real": n, "synthetic": 0} for label, n in sample.items()}
        _require_sample(mix, split, counts[split], real)
    return counts


def _require_sample(
    mix: Mix,
    split: str,
    counts: Mapping[str, Mapping[str, int]],
    real: Mapping[tuple[str, str], pd.DataFrame],
) -> None:
    """Raise UserError where a class that is to have a share of a sample has no image in it."""
    shares = next(shares for name, _, shares in mix.splits() if name == split)
    if not all(counts[label]["real"] for label, share in shares.items() if share):
        available = {label: len(real.get((split, label), ())) for label in shares}
        raise UserError(
            f"mix {mix.name}: the {split} split has {available} images, too few for the class "
            f"shares {shares}"
        )


def _sizes(real: Mapping[tuple[str, str], pd.DataFrame]) -> dict[str, dict[str, int]]:
    """Return the number of real images by split and class."""
    sizes: dict[str, dict[str, int]] = {}
    for (split, label), rows in real.items():
        sizes.setdefault(split, {})[label] = len(rows)
    return sizes


def _take_real(
    mix: Mix, available: pd.DataFrame, wanted: int, split: str, label: str
) -> pd.DataFrame:
    if wanted > len(available):
        asked = (
            f"mix {mix.name} asks for {wanted} real {split} images of class {label} and there "
            f"are {len(available)}"
        )
        if mix.when_real_runs_short == "fail" or available.empty:
            raise UserError(
                f"{asked}: lower mixes.{split}_images or mixes.real_shares, raise split.{split}, "
                f"or set mixes.when_real_runs_short: repeat"
            )
        LOGGER.warning("%s: images are repeated", asked)
    rows = np.resize(np.arange(len(available)), wanted)
    return available.iloc[rows].assign(split=split)

"""From images that somebody made elsewhere to a store like that of the real ones."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from synthmix.datasets.base import sample_identifiers
from synthmix.datasets.manifest import Manifest
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.ready_files import Naming, ReadyFiles, open_ready
from synthmix.prepare.intensity import read_limits, takes_common
from synthmix.prepare.passed_over import in_words
from synthmix.prepare.prepare_images import (
    FACTS,
    Prepared,
    blocks_of,
    check_rejected,
    commonest,
    counted_notes,
    in_order,
    prepare_file,
    store_layout,
)
from synthmix.prepare.settings import Prepare
from synthmix.raw_names import raw_file
from synthmix.readers import deep
from synthmix.readers.raw_image import RawImage
from synthmix.store import save_array, table_path

LOGGER = logging.getLogger(__name__)
OWN_RANGE = (
    "deeper than 8 bits, and mapped by its own range: the real images have none for such, so that "
    "brightness is not comparable"
)
EIGHT_BITS = "have 8 bits, taken as they are, where the real ones are deeper: see that they compare"


def read_ready_images(
    generator: str,
    settings: Mapping[str, Any],
    classes: Sequence[str],
    prepare: Prepare,
    limits: str | Path,
    output: str | Path,
    rejected: str | Path,
    threads: int = 1,
) -> None:
    """Read the ready images of `generator` and write them, prepared as real ones are, to `output`.

    `settings` are those of ready images: images, classes and max_unpacked_gb; `classes` those of
    the data set, `limits` the range of values of its real images. The store has the images class by
    class, each in the order of their paths; its table has `sample_id`, `path`, `label` and what
    `FACTS` names. `rejected` lists those that can't be read, and files that are no images.

    Raises UserError where there are none of a class, or more can't be read than
    `prepare.max_rejected_share` allows.
    """
    naming = Naming(classes, settings["classes"])
    place, most = Path(settings["images"]), int(settings["max_unpacked_gb"] * 1e9)
    try:
        with open_ready(place, naming, most, Path(output).parent) as found:
            outcomes = _write_store(found, prepare, read_limits(limits), output, threads)
    except UserError as error:
        raise UserError(f"generators.{generator}.images: {error}") from error
    listed = found.listed.assign(sample_id=sample_identifiers(list(found.listed["path"])))
    readable = pd.Series([not outcome.reason for outcome in outcomes], index=listed.index)
    bad = listed[~readable].assign(reason=[o.reason for o in outcomes if o.reason])
    try:
        check_rejected(listed, bad, prepare.max_rejected_share)
    except UserError as error:
        raise UserError(f"generators.{generator}.images: {place}: {error}") from error
    facts = pd.DataFrame(
        [outcome.facts for outcome in outcomes if not outcome.reason],
        index=listed.index[readable],
        columns=FACTS,
    )
    table = listed.loc[readable, ["sample_id", "path", "label"]].join(facts)
    others = bad[["sample_id", "path", "label", "reason"]]
    if len(found.passed_over):
        others = pd.concat([others, found.passed_over.drop(columns="suffix")]).fillna("")
    write_table(rejected, others)
    write_table(table_path(output), table)
    _tell(generator, found, table, bad, outcomes)
    shallow = sum(not (outcome.reason or outcome.deep) for outcome in outcomes)
    if shallow and read_limits(limits) is not None:
        LOGGER.warning("%s: %d of %d images %s", generator, shallow, len(outcomes), EIGHT_BITS)


def _write_store(
    found: ReadyFiles,
    prepare: Prepare,
    common: tuple[float, float] | None,
    output: str | Path,
    threads: int,
) -> list[Prepared]:
    """Write the images to `output`; return what became of each, without its pixels."""
    reading = prepare.reading()

    def read(path: Path) -> RawImage:
        image = deep.deepened(Manifest.read(path, "", reading), reading)
        if common is None and takes_common(image, prepare.intensity):
            return replace(image, notes=(*image.notes, OWN_RANGE))
        return image

    def prepared(path: str) -> Prepared:
        return prepare_file(raw_file(found.root, path), read, prepare, common)

    paths = list(found.listed["path"])
    outcomes: list[Prepared] = []
    done = tqdm(in_order(prepared, paths, threads), "prepare", len(paths), disable=None)
    save_array(output, *store_layout(prepare), blocks_of(done, outcomes))
    return outcomes


def _tell(
    generator: str,
    found: ReadyFiles,
    table: pd.DataFrame,
    bad: pd.DataFrame,
    outcomes: Sequence[Prepared],
) -> None:
    """Log what there is, and warn of what is out of order."""
    if len(bad):
        LOGGER.warning(
            "%s: %d of %d images can't be read and are left out: %s",
            *(generator, len(bad), len(outcomes), commonest(bad)),
        )
    if words := in_words(found.passed_over):
        LOGGER.warning("%s: %s; passed over", generator, words)
    repeated = int(table.duplicated("content").sum())
    if repeated:
        LOGGER.warning(
            "%s: %d of %d images are the same as an earlier one, pixel by pixel: they say nothing "
            "new, and mixes may have them twice",
            *(generator, repeated, len(table)),
        )
    notes = [outcome.notes for outcome in outcomes]
    for line in counted_notes(list(zip(found.listed["path"], notes, strict=True))):
        LOGGER.warning("%s: %s", generator, line)
    counts = table["label"].value_counts(sort=False).to_dict()
    LOGGER.info("%s: ready images of each class: %s", generator, counts)

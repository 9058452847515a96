"""A mix as a folder of pictures for each class, with a data card: to train with elsewhere."""

import csv
import io
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.export.card import Provenance
from synthmix.export.destination import destination
from synthmix.export.export_images import ready_row
from synthmix.export.images import CARD, MANIFEST, png
from synthmix.export.mix_card import mix_card
from synthmix.leakage import NONE
from synthmix.mix.plan import Mix
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)
COLUMNS = ("path", "label", "split", "origin", "sample_id", "group")


def export_mix(
    mix: Mix,
    table: str | Path,
    images: Mapping[str, str | Path],
    fetched: str | Path,
    title: str,
    stand_in: bool,
    scale: str,
    output: str | Path,
    leakage: str = NONE,
    ready_images: str | Path | None = None,
) -> None:
    """Write the images of a mix as PNG files of a zip, with their list and a data card.

    `table` is what `compose_mix` wrote, `images` has the array of each store in it, `fetched` is
    what `fetch_dataset` wrote. `stand_in` says that the source images were drawn by the workflow,
    `leakage` how they were split; `ready_images` is what `tabulate_ready_images` wrote, where the
    mix has such. An image lies in `<split>/<class>/`, as torchvision and fastai
    read them, and its name begins with `real` or `synthetic`. Raises UserError where the images are
    no pictures.
    """
    rows = with_paths(read_table(table))
    arrays = {store: load_array(path) for store, path in images.items()}
    for store, array in arrays.items():
        if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] not in (1, 3):
            raise UserError(
                f"mix {mix.name}: the images of {store} are no pictures of 1 or 3 channels"
            )
    provenance = Provenance(
        title=title,
        about=json.loads(Path(fetched).read_text(encoding="utf-8"))["about"],
        stand_in=stand_in,
        scale=scale,
        leakage=leakage,
        ready=ready_row(ready_images, mix.generator),
    )
    with destination(Path(output)) as add:
        for row in rows.itertuples():
            add(row.path, [png(arrays[row.store][row.row])])
        add(MANIFEST, _manifest(rows))
        add(CARD, [mix_card(mix, rows, provenance).encode()])
    LOGGER.info("%d images of %d classes", len(rows), rows["label"].nunique())


def with_paths(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a mix with the path of each image; one that is in it twice has two."""
    numbers = rows.groupby(["split", "label", "origin"]).cumcount()
    folders = rows["split"] + "/" + rows["label"] + "/"
    names = rows["origin"] + "-" + numbers.astype(str).str.zfill(6) + ".png"
    return rows.assign(path=folders + names)


def _manifest(rows: pd.DataFrame) -> Iterator[bytes]:
    """Yield the lines of the list of images."""
    lines = [COLUMNS, *rows[list(COLUMNS)].fillna("").itertuples(index=False)]
    for line in lines:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(line)
        yield buffer.getvalue().encode()

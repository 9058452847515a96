"""The ISIC archive: dermatoscopic images of skin lesions.

`metadata.csv` and, beside it or in folders below, `<isic_id>.jpg` (or `.png`). The table may be
the one that this module writes, one of isic-cli or the archive's site, or one of the archive's
first version (`name`, `meta.clinical.benign_malignant`, `dataset.name`).

Where an image comes from can't be read off the newer tables: they name who is to be credited, and
SONIC shares its "Anonymous" with other collections. It is then told by the folder that the image
lies in, or by a table of the images of that collection, `SONIC.csv`, beside `metadata.csv`.

Diagnoses have got new names since 2019: the census has the older ones, by which studies count.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlencode, urlsplit

import pandas as pd
from pydantic import Field, StringConstraints, model_validator

from synthmix.acquire.download import Offer, RemoteFile, download_files, get_json
from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.patients import known_patient
from synthmix.datasets.public import PublicDataset
from synthmix.datasets.tables import read_table
from synthmix.errors import UserError
from synthmix.phantoms import skin_lesions
from synthmix.scopes import UNLABELLED

LOGGER = logging.getLogger(__name__)
API = "https://api.isic-archive.com/api/v2"
BATCH = 1000  # images between two looks at the list: addresses in it may expire
METADATA = "metadata.csv"
IMAGES = "images"
STICKERS = "SONIC"  # the collection whose images have them

_OF_IMAGES = ("isic_id", "files", "metadata")
_PAGE = 100  # entries, the most that the API gives at a time
_SUFFIXES = (".jpg", ".jpeg", ".png")
_CLASSES = ("benign", "malignant")
_OTHER = "other"
_UNKNOWN = "unknown"

# Columns that say the same, compared in lower case.
_IDENTIFIERS = ("isic_id", "image_id", "image_name", "image", "name")
_LABELS = (
    *("benign_malignant", "clinical.benign_malignant", "meta.clinical.benign_malignant"),
    *("diagnosis_1", "clinical.diagnosis_1", "metadata.clinical.diagnosis_1"),
)
_SOURCES = ("collection", "collections", "dataset", "dataset.name")
_CREDITS = ("attribution",)
_TYPES = ("image_type", "acquisition.image_type", "meta.acquisition.image_type")
_PATIENTS = ("patient_id", "clinical.patient_id", "meta.clinical.patient_id")
_LESIONS = ("lesion_id", "clinical.lesion_id", "meta.clinical.lesion_id")
# the older name first, then the finest of the newer levels that says what it is
_DIAGNOSES = (
    *("diagnosis", "clinical.diagnosis", "meta.clinical.diagnosis"),
    *("diagnosis_3", "clinical.diagnosis_3", "metadata.clinical.diagnosis_3"),
    *("diagnosis_2", "clinical.diagnosis_2", "metadata.clinical.diagnosis_2"),
)
_WIDTHS = ("pixels_x", "acquisition.pixels_x", "meta.acquisition.pixelsx")
_HEIGHTS = ("pixels_y", "acquisition.pixels_y", "meta.acquisition.pixelsy")

# What the archive calls a diagnosis today, and what it called the same in 2019.
_OLDER_DIAGNOSES = {
    "melanoma, nos": "melanoma",
    "melanoma in situ": "melanoma",
    "melanoma invasive": "melanoma",
    "malignant melanocytic proliferations (melanoma)": "melanoma",
    "squamous cell carcinoma, nos": "squamous cell carcinoma",
    "squamous cell carcinoma in situ": "squamous cell carcinoma",
    "squamous cell carcinoma, invasive": "squamous cell carcinoma",
    "solar or actinic keratosis": "actinic keratosis",
    "lichen planus like keratosis": "lichenoid keratosis",
    "atypical melanocytic neoplasm": "atypical melanocytic proliferation",
    "benign soft tissue proliferations - vascular": "vascular lesion",
}

Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Isic(PublicDataset):
    """The ISIC archive as it was in 2019 and 2020, by the label of the lesion."""

    about = About(
        title="ISIC archive",
        licence="CC-0, CC-BY or CC-BY-NC, image by image: copyright_license in metadata.csv",
        citation="International Skin Imaging Collaboration. ISIC archive. P. Tschandl, "
        "C. Rosendahl, H. Kittler. The HAM10000 dataset, a large collection of multi-source "
        "dermatoscopic images of common pigmented skin lesions. Scientific Data 5, 180161, 2018. "
        "https://doi.org/10.1038/sdata.2018.161",
        homepage="https://www.isic-archive.com",
    )
    facts = ("collection", "label", "diagnosis")
    markers = (METADATA,)
    collections: ClassVar[tuple[str, ...]] = (
        *("HAM10000", "MSK-1", "MSK-2", "MSK-3", "MSK-4", "MSK-5"),
        *("UDA-1", "UDA-2"),
    )
    """What is downloaded. Without SONIC."""
    small_collections: ClassVar[tuple[str, ...]] = (
        "2018 JID Editorial Images",
        "Dermoscopedia (CC-BY)",
    )
    """What is downloaded too if the archive still has it: 105 images in 2019."""

    source: Literal["isic"]
    excluded_sources: list[Source] = Field(
        [STICKERS],
        description="Collections whose images are left out, by name. All images of SONIC are "
        "benign and most have coloured stickers, which give them away; the download is without "
        "them in any case.",
    )
    keep_other_labels: bool = Field(
        False,
        description="Whether images labelled neither benign nor malignant are kept, for a "
        "generator, as the class other.",
    )
    excluded_image_types: list[Source] = Field(
        [],
        description="Kinds of images that are left out, as the metadata names them or begins to:"
        " clinical for photographs that were not taken through a dermatoscope.",
    )
    keep_for_generators: bool = Field(
        False,
        description="Whether images labelled neither benign nor malignant, and those of"
        " excluded_image_types, are kept without a label: generators with learns_from: all learn"
        " from them, and no classifier sees them.",
    )
    embedded: skin_lesions.Embedded | None = Field(
        None, description="In place of the download: skin lesions drawn in its layout."
    )

    @model_validator(mode="after")
    def _kept_in_one_way(self) -> Self:
        if self.keep_other_labels and self.keep_for_generators:
            raise ValueError(
                "keep_other_labels makes a class of what keep_for_generators keeps without one: "
                "choose one of them"
            )
        return self

    @property
    def has_unlabelled(self) -> bool:
        """Whether images of neither label are kept for generators."""
        return self.keep_for_generators

    def class_names(self) -> tuple[str, ...]:
        """Return benign and malignant, and other where such images are kept."""
        return (*_CLASSES, _OTHER) if self.keep_other_labels else _CLASSES

    @classmethod
    def remote_files(cls) -> Offer:
        """Return an image of each collection, and how many and how large they are.

        By the first page of each: an image of several collections counts for each of them.
        """
        examples, count, size = [], 0, 0.0
        for number in _collection_numbers(cls.collections, cls.small_collections).values():
            address = _first_page("images/search/", collections=number)
            page = get_json(address)
            listed = _listed_on(page, address, _OF_IMAGES)
            if listed:
                total = page.get("count") or len(listed)
                examples.append(_remote_file(listed[0]))
                count += total
                size += total * sum(_announced_size(entry) for entry in listed) / len(listed)
        return Offer(examples, count, round(size))

    @classmethod
    def download(cls, folder: Path) -> None:
        """Download the collections by the API of the archive; images that are there are kept."""
        rows: dict[str, dict[str, Any]] = {}
        for name, number in _collection_numbers(cls.collections, cls.small_collections).items():
            for batch in _batches(_entries("images/search/", collections=number)):
                # an image may be of several collections
                fresh = {entry["isic_id"]: entry for entry in batch if entry["isic_id"] not in rows}
                LOGGER.info("%s: %d more images", name, len(fresh))
                download_files([_remote_file(entry) for entry in fresh.values()], folder)
                rows |= {identifier: _row(entry, name) for identifier, entry in fresh.items()}
        # The table comes last: a tree that has one is whole.
        table = pd.DataFrame([rows[identifier] for identifier in sorted(rows)], dtype=object)
        table.to_csv(folder / METADATA, index=False)

    def index(self, root: Path) -> pd.DataFrame:
        """List the images; raises `UserError` when the table lacks a column or a class has none.

        A patient is known by `patient_id`, where that is empty by `lesion_id`; an image that has
        neither is a group of its own. Images that only the table or only the tree knows are
        logged.
        """
        rows = self._listed(root)
        rows = rows[rows["left_out"] == ""].assign(label=rows["kept_as"])
        rows = rows.drop_duplicates(["name", "label"])
        _raise_for_several_labels(root, rows)
        _report("images of the table without a file", set(rows["name"][rows["path"].isna()]))
        rows = rows.dropna(subset="path").sort_values("path", ignore_index=True)
        for label in self.class_names():
            if not (rows["label"] == label).any():
                raise UserError(
                    f"{root}: no image is labelled {label} in {METADATA}, has a file "
                    f"and is not of {', '.join(self.excluded_sources) or 'an excluded source'}; "
                    "the data set is not whole, or the settings leave too much out"
                )
        paths = list(rows["path"])
        columns = {"sample_id": sample_identifiers(paths), "path": paths}
        return pd.DataFrame(columns | {name: list(rows[name]) for name in ("label", "group")})

    def census(self, root: Path) -> pd.DataFrame:
        """List all images of the table, by collection, label and diagnosis.

        Labels and diagnoses are in lower case. Raises `UserError` as `index` does for a table.
        """
        rows = self._listed(root)
        lacking = (rows["left_out"] == "") & rows["path"].isna()
        rows["left_out"] = rows["left_out"].mask(lacking, "no file").astype(object)
        # of an image that is listed twice the row that is used counts
        order = (rows["left_out"] != "").sort_values(kind="stable").index
        rows = rows.loc[order].drop_duplicates("name").sort_values("name", ignore_index=True)
        known = rows[list(self.facts)].replace("", _UNKNOWN)
        columns = ["path", "left_out", "width", "height"]
        return pd.concat([rows["name"].rename("image"), rows[columns].fillna(""), known], axis=1)

    def _listed(self, root: Path) -> pd.DataFrame:
        """Return the rows of the table with `path`, `kept_as` and why each is `left_out`.

        `path` is missing where there is no file; `kept_as` is the class, or UNLABELLED, of all.
        """
        files = _files(root)
        rows = _rows(root / METADATA)
        rows["path"] = rows["name"].map(files).astype(object)
        _report("files without a row in the table", set(files) - set(rows["name"]))
        excluded = self._excluded(root, rows)
        rows["collection"] = rows["collection"].mask(rows["collection"] == "", excluded)
        of_type = self._of_excluded_type(root, rows)
        other = UNLABELLED if self.keep_for_generators else _OTHER
        of_class = rows["label"].isin(_CLASSES) & (of_type == "")
        rows["kept_as"] = rows["label"].where(of_class, other)
        why = pd.Series("", index=rows.index, dtype=object)
        if not self.keep_for_generators:
            unkept = ~rows["label"].isin(_CLASSES) & (not self.keep_other_labels)
            why = why.mask(unkept, f"neither {' nor '.join(_CLASSES)}")
            why = why.mask(of_type != "", "image type " + of_type)
        rows["left_out"] = why.mask(excluded != "", "collection " + excluded)
        return rows

    def _of_excluded_type(self, root: Path, rows: pd.DataFrame) -> pd.Series:
        """Return the excluded kind that each row's image is of, empty text where it is of none.

        Raises `UserError` when the table says of no image of which kind it is.
        """
        found = pd.Series("", index=rows.index, dtype=object)
        if self.excluded_image_types and not (rows["type"] != "").any():
            raise UserError(
                f"excluded_image_types: {root / METADATA} does not say of which kind an image is: "
                f"it has no column {' or '.join(_TYPES)}, or nothing in it. Get the table again "
                "from the ISIC archive, or take the setting out"
            )
        for kind in self.excluded_image_types:
            of_kind = rows["type"].str.startswith(kind.lower())
            found = found.mask(of_kind & (found == ""), kind)
            kept = "kept for generators alone" if self.keep_for_generators else "left out"
            LOGGER.info("%d images of the type %s are %s", of_kind.sum(), kind, kept)
        return found

    def _excluded(self, root: Path, rows: pd.DataFrame) -> pd.Series:
        """Return the excluded source that each row is of, empty text where it is of none.

        Raises `UserError` when nothing tells whether there are any.
        """
        folders = rows["path"].fillna("").map(lambda path: "/".join(path.split("/")[:-1]))
        known = rows["collection"] + "\n" + rows["credit"] + "\n" + folders
        excluded = pd.Series("", index=rows.index, dtype=object)
        for source in self.excluded_sources:
            words = re.compile(rf"(?<!\w){re.escape(source)}(?!\w)", re.IGNORECASE)
            found = pd.Series([bool(words.search(text)) for text in known], rows.index, dtype=bool)
            table = root / f"{source}.csv"
            if table.is_file():
                found |= rows["name"].isin(_rows(table, labelled=False)["name"])
            elif not found.any() and not (rows["collection"] != "").any():
                raise UserError(
                    f"excluded_sources: nothing tells which images are of {source}: "
                    f"{root / METADATA} has no column {' or '.join(_SOURCES)}, and "
                    f"{source}.csv is not there. Put the table of that collection's images there "
                    f"(isic metadata download --collections NUMBER -o {source}.csv), or take "
                    f"{source} out of excluded_sources if there are none"
                )
            # an image that is listed twice is left out as a whole
            found = rows["name"].isin(rows["name"][found])
            excluded = excluded.mask(found & (excluded == ""), source)
            LOGGER.info("%d images of %s are left out", rows["name"][found].nunique(), source)
        return excluded


def _files(root: Path) -> dict[str, str]:
    """Return the path of each image below `root` by its name without a suffix."""
    files: dict[str, str] = {}
    again = set()
    for path in map(PurePosixPath, visible_files(root)):
        if path.suffix.lower() in _SUFFIXES:
            if path.stem in files:
                again.add(path.as_posix())
            files.setdefault(path.stem, path.as_posix())
    _report("further files of an image, which are passed over", again)
    return files


def _rows(table: Path, labelled: bool = True) -> pd.DataFrame:
    """Return what each row of a table says, and its `group`: text, empty where it says nothing.

    `name`, `label`, `collection`, `credit`, `diagnosis`, `type`, `width` and `height`; labels,
    diagnoses and types are in lower case. Raises `UserError` when the table can't be read or lacks
    a column that is needed.
    """
    try:
        whole = read_table(table)
    except FileNotFoundError as error:
        raise UserError(f"{table}: is not there; get it again") from error
    read = whole.rows.set_axis([name.lower() for name in whole.columns], axis="columns")
    read = read.loc[:, ~read.columns.duplicated()]
    _require(table, read, _IDENTIFIERS)
    if labelled:
        _require(table, read, _LABELS)
    names = _first(read, _IDENTIFIERS)
    patients, lesions = (_first(read, of).map(known_patient) for of in (_PATIENTS, _LESIONS))
    # of a lesion the patient may be known in another row alone
    both = (patients != "") & (lesions != "")
    owners = dict(zip(lesions[both], patients[both], strict=True))
    patients = patients.where(patients != "", lesions.map(lambda lesion: owners.get(lesion, "")))
    # by what they are, so that a lesion and a patient of one number are two
    groups = ("lesion " + lesions).where(lesions != "", "image " + names)
    return pd.DataFrame(
        {
            "name": names,
            "label": _first(read, _LABELS).str.lower(),
            "collection": _first(read, _SOURCES),
            "credit": _first(read, _CREDITS),
            "diagnosis": _first(read, _DIAGNOSES).str.lower().replace(_OLDER_DIAGNOSES),
            "type": _first(read, _TYPES).str.lower(),
            "width": _first(read, _WIDTHS).str.removesuffix(".0"),
            "height": _first(read, _HEIGHTS).str.removesuffix(".0"),
            "group": patients.where(patients != "", groups),
        }
    )


def _require(table: Path, read: pd.DataFrame, columns: Sequence[str]) -> None:
    if not set(columns) & set(read.columns):
        raise UserError(
            f"{table}: has no column {' or '.join(columns)}, but {', '.join(read.columns)}; "
            "rename the column, or get the table again from the ISIC archive"
        )


def _first(read: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the first of `columns` that is not empty, row by row; empty text where all are."""
    values = pd.Series("", index=read.index, dtype=object)
    for column in columns:
        if column in read.columns:
            values = values.where(values != "", read[column])
    return values


def _raise_for_several_labels(root: Path, rows: pd.DataFrame) -> None:
    twice = sorted(set(rows["name"][rows["name"].duplicated()]))
    if twice:
        raise UserError(
            f"{root / METADATA}: {len(twice)} images have several labels, such as "
            f"{', '.join(twice[:3])}; keep one row of each"
        )


def _report(what: str, names: set[str]) -> None:
    if names:
        LOGGER.warning("%s: %d, such as %s", what, len(names), ", ".join(sorted(names)[:3]))


def _collection_numbers(needed: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return the number that the archive gives to each collection.

    Raises `UserError` when it has no collection of a `needed` name; a `wanted` one may be lacking.
    """
    there = {entry["name"]: entry["id"] for entry in _entries("collections/", ("name", "id"))}
    lacking = [name for name in needed if name not in there]
    if lacking:
        raise UserError(
            f"the ISIC archive has no collection {' or '.join(lacking)}, but "
            f"{', '.join(sorted(there))}. Its collections have been renamed: get the images by hand"
        )
    gone = [name for name in wanted if name not in there]
    if gone:
        LOGGER.warning("the ISIC archive has no collection %s: left out", " or ".join(gone))
    return {name: there[name] for name in (*needed, *wanted) if name in there}


def _entries(
    path: str, fields: Sequence[str] = _OF_IMAGES, **query: int
) -> Iterator[dict[str, Any]]:
    """Yield each entry of a list of the API, page by page, as they are asked for.

    Raises `UserError` when an answer is not such a list, an entry lacks one of `fields`, or fewer
    come than the first page announces.
    """
    first = address = _first_page(path, **query)
    announced = came = 0
    while address:
        page = get_json(address)
        entries = _listed_on(page, address, fields)
        announced = announced or page.get("count") or 0
        came += len(entries)
        yield from entries
        address = page.get("next")
    if came < announced:
        raise UserError(
            f"{first}: the ISIC archive announced {announced} entries and listed {came}; run the "
            "same command again: what is there is kept"
        )


def _first_page(path: str, **query: int) -> str:
    return f"{API}/{path}?{urlencode(query | {'limit': _PAGE})}"


def _listed_on(page: Any, address: str, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of a page of a list; raises `UserError` where it has none such."""
    entries = page.get("results") if isinstance(page, dict) else None
    if entries is None or any(field not in entry for entry in entries for field in fields):
        raise UserError(
            f"{address}: the answer is not a list of {' and '.join(fields)}; the ISIC archive "
            "has changed: get the images by hand"
        )
    return entries


def _announced_size(entry: dict[str, Any]) -> int:
    """Return the bytes that the archive gives for an image: about those of the file."""
    size = entry["files"].get("full", {}).get("size")
    return size if isinstance(size, int) else 0


def _batches(entries: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _remote_file(entry: dict[str, Any]) -> RemoteFile:
    # Not held to the size that the entry gives: it is that of the file before it was cleaned.
    try:
        address = entry["files"]["full"]["url"]
    except (KeyError, TypeError):
        raise UserError(
            f"the ISIC archive gives no address for the image {entry['isic_id']}; it has changed: "
            "get the images by hand"
        ) from None
    suffix = PurePosixPath(urlsplit(address).path).suffix.lower()
    suffix = suffix if suffix in _SUFFIXES else ".jpg"
    return RemoteFile(address, f"{IMAGES}/{entry['isic_id']}{suffix}")


def _row(entry: dict[str, Any], collection: str) -> dict[str, Any]:
    """Return the row of an image in `metadata.csv`."""
    row = {
        "isic_id": entry["isic_id"],
        "attribution": entry.get("attribution"),
        "collection": collection,
        "copyright_license": entry.get("copyright_license"),
    }
    for part in ("clinical", "acquisition"):
        row |= entry["metadata"].get(part) or {}
    return row

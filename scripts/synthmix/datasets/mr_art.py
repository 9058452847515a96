"""MR-ART: T1-weighted scans of heads that kept still or moved, each scored by neuroradiologists.

A BIDS tree (OpenNeuro ds004173):
`sub-<number>/anat/sub-<number>_acq-{standard,headmotion1,headmotion2}_T1w.nii.gz`, and the scores
in `derivatives/scores.tsv`: 1 good, 2 medium, 3 bad. Its many other derivatives are not needed.
"""

import logging
import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal
from urllib.parse import quote
from xml.etree import ElementTree

import pandas as pd
from pydantic import Field

from synthmix.acquire.download import Offer, RemoteFile, get_text
from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.public import PublicDataset
from synthmix.errors import UserError
from synthmix.phantoms import brain_volumes

LOGGER = logging.getLogger(__name__)
BUCKET = "https://s3.amazonaws.com/openneuro.org"
ACCESSION = "ds004173"
SCORES = "derivatives/scores.tsv"

_SCAN = re.compile(
    r"sub-[A-Za-z0-9]+/anat/"
    r"sub-[A-Za-z0-9]+(_[^/]*)?_acq-(standard|headmotion1|headmotion2)_([^/]*_)?T1w\.nii(\.gz)?"
)
_OTHER_FILES = {
    *("dataset_description.json", "participants.tsv", "README", "CHANGES"),
    SCORES,
}
_SUFFIX = re.compile(r"(_T1w)?(\.nii)?(\.gz)?$")


class MrArt(PublicDataset):
    """MR-ART, head scans by their quality."""

    about = About(
        title="Movement-related artefacts (MR-ART)",
        licence="CC0",
        citation="Á. Nárai et al. Movement-related artefacts (MR-ART) dataset of matched "
        "motion-corrupted and clean structural MRI brain scans. Scientific Data 9, 630 (2022). "
        "https://doi.org/10.1038/s41597-022-01694-8",
        homepage=f"https://openneuro.org/datasets/{ACCESSION}",
    )
    volumes = True
    markers = ("dataset_description.json", "sub-*")

    source: Literal["mr_art"]
    good_up_to: Literal[1, 2] = Field(
        1,
        description="The worst score that is still good: 1, as only good scans have it, or 2, with"
        " those of medium quality.",
    )
    embedded: brain_volumes.Embedded | None = Field(
        None, description="In place of the download: heads made from a template, in its layout."
    )

    def class_names(self) -> tuple[str, ...]:
        """Return good and bad."""
        return ("good", "bad")

    @classmethod
    def remote_files(cls) -> Offer:
        """Return the scans and their scores, as OpenNeuro lists them; no account is needed."""
        files = [file for file in _listed_files() if _is_wanted(file.name)]
        names = {file.name for file in files}
        if SCORES not in names or not any(_SCAN.fullmatch(name) for name in names):
            raise UserError(
                f"{BUCKET}: {ACCESSION} there has no scans or no {SCORES}; get the data set by "
                f"hand from {cls.about.homepage}"
            )
        size = sum(file.size or 0 for file in files)
        LOGGER.info("%d files of MR-ART, %.1f GB", len(files), size / 1e9)
        return Offer(files, size=size)

    def index(self, root: Path) -> pd.DataFrame:
        """List the scans that have a score; others, and scores without a scan, are logged.

        Raises `UserError` when the table of scores can't be read or a class has no scans.
        """
        scores = _read_scores(root / SCORES)
        scans = [path for path in visible_files(root) if _SCAN.fullmatch(path)]
        names = {path: _scan_name(path) for path in scans}
        _log_some("scans without a score are left out", set(names.values()) - set(scores))
        _log_some("scores of scans that are not there", set(scores) - set(names.values()))
        paths = [path for path in scans if names[path] in scores]
        labels = ["good" if scores[names[path]] <= self.good_up_to else "bad" for path in paths]
        for label in self.class_names():
            if label not in labels:
                raise UserError(
                    f"{root}: no {label} scan is there (of {len(scans)}, {len(paths)} have a "
                    f"score); the data set is not whole: get it again. If it is a clone by "
                    f"DataLad, fetch what its links stand for: datalad get ."
                )
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": paths,
                "label": labels,
                "group": [PurePosixPath(path).parts[0] for path in paths],
            }
        )


def _is_wanted(name: str) -> bool:
    return name in _OTHER_FILES or _SCAN.fullmatch(name) is not None


def _listed_files() -> list[RemoteFile]:
    """Return all files of the data set that the bucket lists, named relative to its folder."""
    first = f"{BUCKET}/?list-type=2&prefix={ACCESSION}/"
    url: str | None = first
    files = []
    while url is not None:
        page = _parsed(url)
        files += [_remote_file(entry) for entry in page.findall("{*}Contents")]
        token = page.findtext("{*}NextContinuationToken")
        more = page.findtext("{*}IsTruncated") == "true" and token
        url = f"{first}&continuation-token={quote(token, safe='')}" if more else None
    return files


def _parsed(url: str) -> ElementTree.Element:
    try:
        page = ElementTree.fromstring(get_text(url))
    except ElementTree.ParseError:
        page = None
    if page is None or not page.tag.endswith("ListBucketResult"):
        raise UserError(
            f"{url}: the server did not answer with a list of files; try again later, or get the "
            f"data set by hand from {MrArt.about.homepage}"
        )
    return page


def _remote_file(entry: ElementTree.Element) -> RemoteFile:
    key = entry.findtext("{*}Key", "")
    size = entry.findtext("{*}Size")
    tag = entry.findtext("{*}ETag", "").strip('"')
    # of what was uploaded in parts the tag is no checksum, and has a dash
    return RemoteFile(
        url=f"{BUCKET}/{quote(key)}",
        name=key.removeprefix(f"{ACCESSION}/"),
        checksum=f"md5:{tag}" if re.fullmatch("[0-9a-f]{32}", tag) else None,
        size=int(size) if size else None,
    )


def _read_scores(table: Path) -> dict[str, int]:
    """Return the score (1..3) of each scan, by `_scan_name`."""
    try:
        rows = pd.read_csv(table, sep="\t", dtype=str).dropna(subset=["bids_name", "score"])
        rows = rows.assign(
            name=rows["bids_name"].map(_scan_name), score=rows["score"].astype(float)
        )
    except FileNotFoundError:
        raise UserError(
            f"{table} is missing: it has the scores of the scans; get the data set again, with its "
            f"derivatives"
        ) from None
    except (ValueError, KeyError, OSError) as error:
        raise UserError(
            f"{table}: can't be read as the scores of MR-ART ({error!r}); get it again"
        ) from error
    rows = rows[["name", "score"]].drop_duplicates()
    wrong = rows[~rows["score"].isin([1, 2, 3]) | rows["name"].duplicated(keep=False)]
    if len(wrong):
        raise UserError(
            f"{table}: {len(wrong)} scans have several scores or one that is not 1, 2 or 3, such "
            f"as {', '.join(wrong['name'].iloc[:3])}; get it again, or mend it"
        )
    return dict(zip(rows["name"], rows["score"].astype(int), strict=True))


def _scan_name(path: str) -> str:
    """Return what tells a scan from others: sub-<number>_acq-<how>, whatever was put around it."""
    return _SUFFIX.sub("", PureWindowsPath(path.strip()).name)


def _log_some(what: str, names: set[str]) -> None:
    if names:
        LOGGER.warning("%s: %d, such as %s", what, len(names), ", ".join(sorted(names)[:3]))

"""Finding new images: in a folder, an archive, or a single file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synthmix.acquire.archives import extract_archive, is_archive
from synthmix.datasets.found_files import find_files
from synthmix.errors import UserError
from synthmix.prepare.passed_over import CLUTTER
from synthmix.readers import DICOM_SUFFIXES, PICTURE_SUFFIXES, VOLUME_SUFFIXES

SUFFIXES = (*PICTURE_SUFFIXES, *DICOM_SUFFIXES, *VOLUME_SUFFIXES)


@dataclass(frozen=True)
class NewImages:
    """The files `names`, sorted, below the folder `root`.

    `passed_over` counts the files there that are no images, by their names and contents.
    `unpacked` says that the folder goes when the images have been looked at.
    """

    root: Path
    names: list[str]
    passed_over: int = 0
    unpacked: bool = False


@contextmanager
def open_images(place: Path, workspace: Path) -> Iterator[NewImages]:
    """Find the images at `place`, for the block.

    A folder is looked through with all below it, but for what is hidden; an archive is unpacked
    in the folder `workspace`, made if need be, for the time of the block; a file is taken for an
    image whatever its name. Raises UserError when there is nothing there.
    """
    if place.is_dir():
        yield _below(place, place)
    elif is_archive(place):
        workspace.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".synthmix-", dir=workspace) as folder:
            files = Path(folder) / "files"
            extract_archive(place, files)
            yield _below(files, place, unpacked=True)
    elif place.is_file():
        yield NewImages(place.parent, [place.name])
    else:
        raise UserError(
            f"{place} is not there: name a folder, an archive (.zip, .tar.gz) or an image"
        )


def _below(root: Path, place: Path, unpacked: bool = False) -> NewImages:
    found = find_files(root, SUFFIXES)
    names = [file.path for file in found if not file.reason]
    passed_over = sum(file.reason not in ("", CLUTTER) for file in found)
    if not names:
        raise UserError(
            f"{place} holds no images ({passed_over} other files): images have names that end in "
            f"{', '.join(sorted(SUFFIXES))}, or are DICOM files by their content"
        )
    return NewImages(root, names, passed_over, unpacked)

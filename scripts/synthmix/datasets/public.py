"""Published data sets: downloaded, put in place by hand, or replaced by embedded stand-ins."""

import logging
import shutil
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

from pydantic import TypeAdapter, model_validator

from synthmix.acquire import kaggle
from synthmix.acquire.archives import archive_stem, extract_archive, is_archive
from synthmix.acquire.download import Offer, download_files, forget_checksum
from synthmix.datasets.base import About, Dataset, refuse_repeats
from synthmix.errors import UserError
from synthmix.files import locked
from synthmix.phantoms.base import StandIn
from synthmix.prepare.duplicates import TELL, NearDuplicates
from synthmix.settings import Name

LOGGER = logging.getLogger(__name__)
FILES = "files"
DOWNLOAD = "download"
_DEPTH = 3  # wrapper folders that archives put around their content, at the most


class PublicDataset(Dataset):
    """A published data set. Abstract.

    A subclass gives `about`, `markers` and `remote_files`, or `download` too, and narrows
    `embedded` to the settings of its stand-in. In `data_dir/<source>/` the user may put, by hand,
    the unpacked tree or the archives it comes in: they are used as they are, without a network.
    """

    volumes: ClassVar[bool | None] = False
    has_parts: ClassVar[bool | None] = False
    near_duplicates_by_default: ClassVar[NearDuplicates] = TELL
    about: ClassVar[About]
    markers: ClassVar[tuple[str, ...]]
    """Patterns (as `Path.glob` takes them) of which each finds something in the raw tree's root."""

    embedded: StandIn | None = None

    def raw_settings(self) -> dict[str, Any]:
        """Return the settings of the embedded images; nothing for the real ones."""
        if self.embedded is None:
            return {}
        return {"embedded": self.embedded.model_dump(mode="json")}

    def stood_in_for(self, images: int, patients: int, size: int, folder: Path) -> Self:
        """Return the data set, drawn where it would be downloaded; see `Dataset`."""
        if self.embedded is not None or self.is_there(folder / self.source):
            return self
        annotation = type(self).model_fields["embedded"].annotation
        drawn = next(kind for kind in get_args(annotation) if kind is not type(None))
        return self.model_copy(update={"embedded": drawn.few(images, patients, size)})

    @classmethod
    @abstractmethod
    def remote_files(cls) -> Offer:
        """Return the archives, or the raw tree as it is to be; see `Dataset`."""

    @classmethod
    def download(cls, folder: Path) -> None:
        """Bring what `remote_files` offers to `folder`.

        A broken-off download has left what it had there: goes on with that (see
        `acquire.download`). Raises `UserError` when they can't be had.
        """
        download_files(cls.remote_files().files, folder)

    @classmethod
    def is_there(cls, target: Path) -> bool:
        """Return whether nothing has to be downloaded: the data set or its archives are there."""
        return cls.find(target) is not None or bool(_archives(target))

    @classmethod
    def missing(cls, raw: dict[str, Any], target: Path) -> str | None:
        """Return what a download lacks, such as credentials, where there will be one."""
        if raw or cls.is_there(target):
            return None
        return cls.missing_for_download()

    @classmethod
    def missing_for_download(cls) -> str | None:
        """Return what the user must do before a download can begin, or None."""
        return None

    @classmethod
    def fetch(cls, raw: dict[str, Any], target: Path) -> Path:
        """Return the folder of the raw tree: drawn, found below `target`, or downloaded to it."""
        if raw:
            kind = TypeAdapter(cls.model_fields["embedded"].annotation)
            return write_whole(target / FILES, kind.validate_python(raw["embedded"]).write)
        _show(cls.about)
        with locked(target), explained(target):
            root = cls.find(target)
            if root is not None:
                _tell_of_unused(target, root)
                return root
            if not _archives(target):
                cls._download_whole(target)
                root = cls.find(target)
            if root is None:
                archives = _archives(target)
                write_whole(target / FILES, lambda partial: _extract(archives, partial))
                root = cls.find(target)
        if root is None:
            raise UserError(
                f"{target}: what lies there is not {cls.about.title}: no folder has "
                f"{' and '.join(cls.markers)}. Put its archive or its unpacked files there as they "
                f"come from {cls.about.homepage}, or empty the folder to have them downloaded"
            )
        return root

    @classmethod
    def _download_whole(cls, target: Path) -> None:
        """Have `download` fill a folder that gets its name once it is whole."""
        done, partial = target / DOWNLOAD, target / f"{DOWNLOAD}.partial"
        if done.exists():  # something of it is gone: what is left is not fetched again
            done.rename(partial)
        partial.mkdir(parents=True, exist_ok=True)
        cls.download(partial)
        partial.rename(done)

    @classmethod
    def find(cls, target: Path) -> Path | None:
        """Return the root of the raw tree below `target`, or None when it is not there.

        It may lie in a few folders around it, as archives bring them along.
        """
        level = [target]
        for _ in range(_DEPTH + 1):
            for folder in level:
                if all(any(folder.glob(marker)) for marker in cls.markers):
                    return folder
            level = [
                child
                for folder in level
                if folder.is_dir()
                for child in sorted(folder.iterdir())
                # what is not whole yet is called something.partial
                if child.is_dir() and child.suffix != ".partial"
            ]
        return None


class KaggleDataset(PublicDataset):
    """A published data set that Kaggle keeps. Abstract: a subclass gives its `handle`."""

    handle: ClassVar[str]
    """Its name on Kaggle: owner/name."""

    @classmethod
    def missing_for_download(cls) -> str | None:
        """Return how to get credentials for Kaggle where there are none."""
        (source,) = get_args(cls.model_fields["source"].annotation)
        return kaggle.missing_credentials(cls.handle, source)

    @classmethod
    def remote_files(cls) -> Offer:
        """Return the archive on Kaggle."""
        return Offer([kaggle.archive(cls.handle)])


class KaggleFolders(KaggleDataset):
    """A data set of Kaggle whose images lie in folders by what they show. Abstract.

    A subclass narrows `classes` to the folders that there are.
    """

    classes: Mapping[Name, Sequence[str]]
    """The folders that each class is made of."""

    @model_validator(mode="after")
    def _folders_once(self) -> Self:
        refuse_repeats(self.classes)
        return self

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of the map."""
        return tuple(self.classes)


def write_whole(root: Path, write: Callable[[Path], None]) -> Path:
    """Have `write` fill a folder that becomes `root` once it is whole, and return `root`.

    Raises `UserError` when the files cannot be written.
    """
    partial = root.with_name(f"{root.name}.partial")
    with explained(root):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write(partial)
        if root.exists():
            shutil.rmtree(root)
        partial.rename(root)
    return root


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the errors of writing below `folder` into a message for the user."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{folder}: the files cannot be written there ({error}); make room or mend the "
            "permissions, or set data_dir to another folder"
        ) from error


def _archives(target: Path) -> list[Path]:
    folders = [folder for folder in (target, target / DOWNLOAD) if folder.is_dir()]
    return sorted(path for folder in folders for path in folder.iterdir() if is_archive(path))


def _tell_of_unused(target: Path, root: Path) -> None:
    if any(root.is_relative_to(target / name) for name in (FILES, DOWNLOAD)):
        return
    unused = [archive.name for archive in _archives(target)]
    if unused:
        LOGGER.warning(
            "%s is used as it is, and %s beside it is not: where that holds a part of the data "
            "set, unpack it too, or leave archives alone in %s",
            root,
            ", ".join(unused),
            target,
        )


def _extract(archives: list[Path], folder: Path) -> None:
    for archive in archives:
        try:
            extract_archive(archive, folder / archive_stem(archive))
        except UserError as error:
            if archive.parent.name != DOWNLOAD:
                raise
            # else the next run would take it for downloaded
            aside = archive.rename(archive.with_name(f"{archive.name}.damaged"))
            forget_checksum(archive.parent, archive.name)
            raise UserError(
                f"{error}. It is kept as {aside}; run the same command again to download it anew"
            ) from error


def _show(about: About) -> None:
    lines = (about.title, f"licence: {about.licence}", f"please cite: {about.citation}")
    for line in (*lines, about.homepage):
        LOGGER.info(line)
        print(line, file=sys.stderr)

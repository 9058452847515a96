"""What every source of raw images has: the contract, and what most of them have in common."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Self

import pandas as pd
from pydantic import BeforeValidator, Field

from synthmix.acquire.download import Offer

# data sets take `visible_files` from here
from synthmix.datasets.found_files import visible_files as visible_files
from synthmix.prepare.duplicates import HOLD_OUT, OFF, NearDuplicates
from synthmix.prepare.settings import Prepare, Split, Subsample
from synthmix.readers import read_image
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading
from synthmix.settings import Name, PositiveInt, SettingsModel

# What a study says of a data set that changes neither its raw files nor their list.
_LATER = {"published_images", "prepare", "split", "subsample", "near_duplicates"}


def _off_in_yaml(value: Any) -> Any:
    return OFF if value is False else value  # what YAML makes of a plain off


PASSED_OVER = ["path", "label", "suffix", "reason"]
"""The columns of the table of files that are no images."""


def refuse_repeats(classes: Mapping[str, Sequence[str]]) -> None:
    """Raise ValueError where what makes up one of the `classes` is named for any of them again."""
    named = [entry for entries in classes.values() for entry in entries]
    twice = sorted({entry for entry in named if named.count(entry) > 1})
    if twice:
        raise ValueError(f"classes: {', '.join(twice)} is named more than once")


@dataclass(frozen=True)
class About:
    """What the people behind a data set want to be known."""

    title: str
    licence: str
    citation: str
    homepage: str


class Dataset(SettingsModel):
    """The settings of a data set, and how its raw files come to disk and are listed.

    Abstract. A subclass narrows `source` to its own name, adds settings and gives what is
    abstract here. Reading a study imports all of them: heavy libraries are imported in the
    functions that need them.
    """

    about: ClassVar[About | None] = None
    volumes: ClassVar[bool | None] = None
    """Whether its images are volumes; None where they may be."""
    has_parts: ClassVar[bool | None] = None
    """Whether it comes in official parts; None where it may."""
    facts: ClassVar[tuple[str, ...]] = ()
    """What its metadata says of every image, columns of `census`; empty: it has no census."""
    near_duplicates_by_default: ClassVar[NearDuplicates] = HOLD_OUT
    """What becomes of near-duplicates where a study says nothing of them."""

    source: str = Field(description="The kind of source.")
    published_images: dict[Name, PositiveInt] = Field(
        {},
        description="Images of each class that the source work counts; a difference is reported.",
    )
    prepare: Prepare | None = Field(None, description="In place of the study's prepare.")
    split: Split | None = Field(None, description="In place of the study's split.")
    subsample: Subsample | None = Field(
        None, description="Which of the images are used; all of them where absent."
    )
    near_duplicates: Annotated[NearDuplicates | None, BeforeValidator(_off_in_yaml)] = Field(
        None,
        description="Images that are nearly the same as one of another patient (compressed again,"
        " resized, moved by a pixel, mirrored): hold_out: those of the test are kept out of it, as"
        " equal ones are; tell: they are counted and listed; off: they are not looked for. Where"
        " absent hold_out for images of your own, tell for published data sets.",
    )

    @property
    def treats_near_duplicates(self) -> NearDuplicates:
        """What becomes of images that are nearly the same as one of another patient."""
        return self.near_duplicates or self.near_duplicates_by_default

    def stood_in_for(self, images: int, patients: int, size: int, folder: Path) -> Self:
        """Return the data set as a rehearsal takes it: drawn where its raw files are not there.

        Drawn are at least so many `images` and `patients` of each class, with `size` pixels of
        height. `folder` is where raw files and downloads lie.
        """
        return self

    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Return the classes it yields, in a fixed order."""

    @property
    def has_unlabelled(self) -> bool:
        """Whether it lists images of no class, for generators alone: their label is UNLABELLED."""
        return False

    @abstractmethod
    def raw_settings(self) -> dict[str, Any]:
        """Return the settings that the raw files depend on, as plain values.

        Data sets that agree in these share the raw files. Where there are none the raw files
        lie in the folder `data_dir/<source>`.
        """

    def index_settings(self) -> dict[str, Any]:
        """Return the settings that the list of samples depends on, as plain values."""
        return self.model_dump(mode="json", exclude=_LATER)

    @classmethod
    def raw_state(cls, raw: dict[str, Any]) -> str:
        """Return what tells the raw files at their source from changed ones.

        `raw` is what `raw_settings` returns. Computed at little cost whenever the workflow
        starts; must not fail when the files are not there yet. May be constant.
        """
        return ""

    @classmethod
    def missing(cls, raw: dict[str, Any], target: Path) -> str | None:
        """Return what the user must do before `fetch` can begin, or None.

        What is lacking, and after an empty line how to get it. Looks at this machine alone: no
        network is used.
        """
        return None

    @classmethod
    def remote_files(cls) -> Offer | None:
        """Return what is to be downloaded, asked of its source; None where nothing is.

        Raises `UserError` when the source can't be asked or has changed.
        """
        return None

    @classmethod
    @abstractmethod
    def fetch(cls, raw: dict[str, Any], target: Path) -> Path:
        """Bring the raw files to disk below the folder `target`; return the folder that has them.

        `target` is made when needed; an earlier, broken-off attempt may have left files there.
        Raises `UserError` when they can't be had.
        """

    def extra_state(self) -> str:
        """Return the same as `raw_state` for files besides the raw ones that `index` reads."""
        return ""

    @abstractmethod
    def index(self, root: Path) -> pd.DataFrame:
        """List the images below `root`, the folder that `fetch` returned; decodes none.

        Returns a row an image, sorted by `path` (and `frame`), all columns text:

        `sample_id`  unique, made of letters, digits and `._-`
        `path`       of the file, relative to `root`, with forward slashes
        `frame`      optional: which image of a file that holds several, as `read` takes it
        `label`      one of `class_names()`, or UNLABELLED where `has_unlabelled`
        `group`      the patient: images of one group are never split
        `part`       optional: train, validation or test, where the data set comes in such parts

        A path is written as `raw_names.printable` does. A file that is not there, or stands for one
        that isn't, is listed too: preparing rejects it with the reason.
        """

    def passed_over(self, root: Path) -> pd.DataFrame:
        """List the files below `root` that belong to a class and are no images.

        Returns a row a file with the columns of `PASSED_OVER`, all text: `path` as in `index`,
        `label`, how the name ends, and why it is none.
        """
        return pd.DataFrame(columns=PASSED_OVER, dtype=str)

    def without_parts(self) -> str | None:
        """Return why a split by official parts can't be made of it, None where it may be."""
        if self.has_parts is False:
            return "does not come in official parts: use another method"
        return None

    def census(self, root: Path) -> pd.DataFrame:
        """List all images that the metadata below `root` knows, those that `index` leaves out too.

        Asked for where there are `facts`. Returns a row an image, all columns text:

        `image`     its name, unique
        `path`      of its file as in `index`, empty where there is none
        `left_out`  why `index` does not list it, empty where it does
        `width`     in pixels as the metadata has it, empty where that says nothing
        `height`    the same

        and one for each of `facts`, unknown where the metadata says nothing.
        """
        raise NotImplementedError(f"{type(self).__name__} has no census")

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> RawImage:
        """Return the image of a row of `index`: a picture or a volume.

        `path` is absolute; `frame` is empty where the file holds one image. Called from several
        threads. Raises any exception, with a message for the user, when it can't be read.
        """
        return read_image(path, reading)


def sample_identifiers(paths: list[str]) -> list[str]:
    """Return a distinct identifier for each path, safe as a file name."""
    used: set[str] = set()
    identifiers = []
    for path in paths:
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", str(PurePosixPath(path).with_suffix("")))
        identifier, number = stem, 1
        while identifier in used:
            number += 1
            identifier = f"{stem}-{number}"
        used.add(identifier)
        identifiers.append(identifier)
    return identifiers

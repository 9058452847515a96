"""A study as one of its data sets has it: what all stages ask about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TypeVar

from synthmix.config.generators import trained_generators
from synthmix.config.models import Study
from synthmix.datasets.base import Dataset
from synthmix.errors import UserError
from synthmix.generate.models.settings import GeneratorSettings
from synthmix.leakage import Leakage
from synthmix.mix.plan import Mix
from synthmix.networks.plan import facts_of
from synthmix.prepare.settings import FoldSplit, Prepare, Split
from synthmix.repeats import fold_folder, split_folder
from synthmix.search.resolve import Trained, all_trained, search_of, searched_for
from synthmix.search.settings import Search

Entry = TypeVar("Entry")


@dataclass(frozen=True, eq=False)
class View:
    """The study `study` as its data set `dataset` has it.

    `settings` are those of the study with what the data set has of its own laid over; `file` is
    the study file; `seeds_of_run` are those of the run, of which the first seeds all but repeats.
    Of a rehearsal `written` are the settings of scale paper, which it has in short. `fellows` are
    the views of all data sets of the study. What takes time is found when it is first asked for: a
    job on a node needs little of all this.
    """

    study: str
    dataset: str
    settings: Study
    file: Path
    seeds_of_run: tuple[int, ...]
    written: Study | None = None
    fellows: "list[View]" = field(default_factory=list)

    @property
    def seed(self) -> int:
        """The master seed of the run."""
        return self.seeds_of_run[0]

    @property
    def seeds(self) -> list[int]:
        """The seeds of the trainings of a classifier on one mix of one split."""
        if len(self.seeds_of_run) > 1:
            return list(self.seeds_of_run[: 1 if self.settings.one_of_each else None])
        return [self.seed + number for number in range(self.settings.repeats.classifiers)]

    @property
    def splits(self) -> list[str]:
        """What the folders of the splits of the patients are called: "", "/split2", ..."""
        return [split_folder(n) for n in range(1, self.settings.repeats.splits + 1)]

    @property
    def data(self) -> Dataset:
        """The settings of the data set."""
        return self.settings.datasets[self.dataset]

    @cached_property
    def classes(self) -> list[str]:
        """The classes of the data set, in the order of all tables."""
        return list(self.data.class_names())

    @property
    def prepare(self) -> Prepare:
        """How its images are made equal."""
        return self.settings.prepare_of(self.dataset)

    @property
    def split(self) -> Split:
        """How its images are split."""
        return self.settings.split_of(self.dataset)

    @property
    def leakage(self) -> Leakage:
        """Whether test images may be seen in training, which is said wherever it matters."""
        return self.settings.leakage

    @property
    def has_volumes(self) -> bool:
        """Whether its images are volumes, not pictures."""
        return self.prepare.volume_shape is not None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of a prepared image as networks take it: (C, H, W), or (1, X, Y, Z)."""
        size, channels = self.prepare.image_size, self.prepare.channels
        volume = self.prepare.volume_shape
        return (1, *volume) if volume else (channels, size, size)

    @property
    def image_values(self) -> int:
        """The pixels or voxels of a prepared image, all channels."""
        size, channels = self.prepare.image_size, self.prepare.channels
        return prod(self.prepare.volume_shape or (size, size, channels))

    @property
    def image_bytes(self) -> int:
        """What a prepared image takes: uint8 a pixel value, float16 a voxel."""
        return (2 if self.has_volumes else 1) * self.image_values

    @property
    def fold_count(self) -> int:
        """How many folds are tested on in turn; 0 where images are split once."""
        cross = isinstance(self.split, FoldSplit) and self.split.cross_validate
        return self.split.folds if cross else 0

    @property
    def folds(self) -> list[str]:
        """What the folders of the folds are called: "/fold1", ...; [""] where there are none."""
        every = [fold_folder(n) for n in range(1, self.fold_count + 1)] or [""]
        return every[:1] if self.settings.one_of_each else every

    @cached_property
    def mixes(self) -> dict[str, Mix]:
        """What is compared, by name, in the order of the tables; empty without classifiers."""
        planned = self.settings.plan() if self.settings.classifiers else []
        return {mix.name: mix for mix in planned}

    @cached_property
    def baseline(self) -> str:
        """The first mix of real images alone, as they are; the first of all where none is.

        For a study with classifiers.
        """
        return next(
            (name for name, mix in self.mixes.items() if mix.is_baseline), next(iter(self.mixes))
        )

    @cached_property
    def classifiers(self) -> list[str]:
        """The classifiers that take the data set: those of volumes, or those of pictures."""
        return [
            name
            for name in self.settings.classifiers
            if facts_of(self.classifiers_trained[name].base).volumes == self.has_volumes
        ]

    @cached_property
    def classifiers_trained(self) -> dict[str, Trained]:
        """What classifiers and the candidates of their searches are trained with, by name."""
        return all_trained(self.settings.classifiers)

    @cached_property
    def generators_trained(self) -> dict[str, Trained]:
        """What generators and the candidates of their searches are trained with, by name."""
        return all_trained(self.settings.generators)

    @cached_property
    def generator_settings(self) -> dict[str, GeneratorSettings]:
        """The settings of the same that jobs are planned for: the longest training there may be."""
        return trained_generators(self.settings.generators)

    @cached_property
    def searches(self) -> dict[tuple[str, str], Search]:
        """The searches by kind, "generators" or "classifiers", and name."""
        entries = {"generators": self.settings.generators, "classifiers": self.settings.classifiers}
        found = {
            (kind, name): search_of(settings)
            for kind, named in entries.items()
            for name, settings in named.items()
        }
        return {key: search for key, search in found.items() if search is not None}

    @cached_property
    def candidates(self) -> dict[str, str]:
        """The generator that each candidate of a search for its settings is tried for."""
        return searched_for(self.settings.generators)

    @property
    def is_trained(self) -> bool:
        """Whether classifiers are trained on the data set."""
        return bool(self.classifiers)

    @property
    def measures_pipeline(self) -> bool:
        """Whether it is measured how fast images are read: of pictures, where it is asked for."""
        return self.settings.input_pipeline is not None and not self.has_volumes

    @property
    def published(self) -> Path | None:
        """The file of the values that the source of the study prints, if the study names one."""
        name = self.settings.published
        return None if name is None else self.file.parent / name

    def known(self, kind: str, name: str, of: Mapping[str, Entry]) -> Entry:
        """Return the entry `name` of `of`.

        Raises UserError, which calls it a `kind`, where there is none.
        """
        if name not in of:
            there = f"only {', '.join(of)}" if of else "none at all"
            raise UserError(f"{self.study} has no {kind} {name!r} of {self.dataset}, {there}")
        return of[name]

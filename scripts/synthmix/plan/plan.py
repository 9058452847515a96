"""The plan of a run: its studies as their data sets have them, and what these share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synthmix.config.load import Configuration
from synthmix.datasets.base import Dataset
from synthmix.errors import UserError
from synthmix.files import expanded
from synthmix.networks.plan import PRETRAINED
from synthmix.plan import acquire, classify, score
from synthmix.plan.view import View
from synthmix.repeats import ANY_DEAL
from synthmix.scales import DEMO, REHEARSAL
from synthmix.score.settings import INCEPTION
from synthmix.search.resolve import used_as_it_is

_AS_PUBLISHED = "_as_published"  # how the studies are called that follow their source
_NOTHING = "(?!)"  # a pattern that matches no text


@dataclass(frozen=True)
class Plan:
    """What `configuration` asks for, and all else that its project can make.

    `views` has every study as each of its data sets has it, by both names.
    """

    configuration: Configuration
    views: dict[tuple[str, str], View]

    @classmethod
    def of(cls, configuration: Configuration) -> "Plan":
        """Return the plan of a configuration; nothing of it is worked out yet."""
        seeds = tuple(configuration.workflow.seeds)
        views = {
            (study, dataset): View(
                study,
                dataset,
                settings,
                configuration.study_files[study],
                seeds,
                configuration.written.get((study, dataset)),
            )
            for (study, dataset), settings in configuration.views.items()
        }
        for view in views.values():
            view.fellows.extend(one for one in views.values() if one.study == view.study)
        return cls(configuration, views)

    @property
    def scale(self) -> str:
        """How large the studies are run: demo, paper or rehearsal."""
        return self.configuration.workflow.scale

    @property
    def master_seed(self) -> int:
        """The seed that all others of the run come from."""
        return self.configuration.workflow.seeds[0]

    @property
    def is_rehearsal(self) -> bool:
        """Whether jobs are run in short, to prove that they run."""
        return self.scale == REHEARSAL

    @property
    def results(self) -> str:
        """The folder of all results of the scale."""
        return f"results/{self.scale}"

    @property
    def data(self) -> str:
        """The folder of raw data and downloaded weights."""
        return self.configuration.workflow.data_dir

    @property
    def downloads(self) -> str:
        """The folder of the weights that trainings start from and scores are made by.

        That of a rehearsal is its own: random ones may stand in for what is not there.
        """
        return f"{self.results if self.is_rehearsal else self.data}/weights"

    @cached_property
    def studies(self) -> list[str]:
        """The studies that are asked for, then the others: any file of any study may be made."""
        return [*self.configuration.studies, *self.configuration.others]

    @cached_property
    def as_published(self) -> list[str]:
        """The studies that follow their source and are held against all that it prints."""
        all_studies = self.configuration.studies | self.configuration.others
        return sorted(
            name
            for name, study in all_studies.items()
            if name.endswith(_AS_PUBLISHED)
            and study.published is not None
            and study.published_values == "comparable"
        )

    @cached_property
    def asked(self) -> list[View]:
        """The views of the studies that are asked for."""
        return [v for v in self.views.values() if v.study in self.configuration.studies]

    def view(self, study: str, dataset: str) -> View:
        """Return a study as its data set has it.

        Raises UserError where there is no such study at the scale, or no such data set in it.
        """
        if (study, dataset) not in self.views:
            there = ", ".join("/".join(key) for key in self.views)
            hint = "; --config scale=paper has those without a demo" if self.scale == DEMO else ""
            raise UserError(f"no {study}/{dataset} at scale {self.scale}, but {there}{hint}")
        return self.views[study, dataset]

    def views_of(self, study: str) -> list[View]:
        """Return the views of a study, in the order of its data sets."""
        return [view for view in self.views.values() if view.study == study]

    def every_view(self) -> list[View]:
        """Return the views of all studies of the project.

        Raises UserError that says what is wrong where a study can't be read.
        """
        if self.configuration.others_wrong:
            raise UserError(self.configuration.others_wrong)
        return list(self.views.values())

    def on_page(self, page: str) -> list[View]:
        """Return what the page results/`page`.html reports on: one study, or all asked for.

        Left out is what has nothing to report: no classifier takes the data set.
        """
        study = re.search(r"(\w+)/report$", page)
        return reported(self.views_of(study[1]) if study else self.asked)

    @cached_property
    def raw(self) -> dict[str, Dataset]:
        """The data sets by the name of the folder with their raw files, which may share one."""
        return _raw(self.views.values())

    @cached_property
    def asked_raw(self) -> dict[str, Dataset]:
        """The same of the studies that are asked for alone."""
        return _raw(self.asked)

    def raw_of(self, name: str) -> Dataset:
        """Return the data set whose raw files lie in the folder `name`.

        Raises UserError where there is none at the scale.
        """
        if name not in self.raw:
            raise UserError(
                f"no data set at scale {self.scale} lies in {self.data}/{name}, but in"
                f" {', '.join(sorted(self.raw))}; --config scale=paper has the public ones"
            )
        return self.raw[name]

    def new_images(self) -> str:
        """Return where the images to classify are.

        Raises UserError where nothing is said of that, or there is nothing.
        """
        place = self.configuration.workflow.new_images
        if place is None:
            raise UserError(
                "new_images says which images are to be classified: add it to --config, such as"
                " new_images=my_folder, or set it in config.yaml; a folder, an archive or an image"
            )
        path = expanded(place).absolute()
        if not path.exists():
            raise UserError(
                f"new_images: {path} is not there: name a folder, an archive (.zip, .tar.gz) or an"
                " image"
            )
        return str(path)

    @cached_property
    def starting_weights(self) -> dict[str, dict[str, Any]]:
        """The files of weights that classifiers start from or scores take, and settings of each."""
        return _starting(self.views.values())

    @cached_property
    def asked_weights(self) -> dict[str, dict[str, Any]]:
        """The same of the studies that are asked for alone."""
        return _starting(self.asked)

    def starting_of(self, weights: str) -> dict[str, Any]:
        """Return the settings of what takes the file `weights`: a classifier, or scores.

        Raises UserError where nothing does.
        """
        if weights not in self.starting_weights:
            there = ", ".join(sorted(self.starting_weights)) or "none at all"
            raise UserError(f"nothing takes the weights {weights}, but {there}")
        return self.starting_weights[weights]

    @cached_property
    def score_weights(self) -> list[str]:
        """What has to be downloaded for the scores of the studies that are asked for."""
        return self.score_weights_of(self.asked)

    def score_weights_of(self, views: Iterable[View]) -> list[str]:
        """Return what has to be downloaded for the scores of some views."""
        scores = [view.settings.scores for view in views if view.settings.generators]
        downloaded = [s for s in scores if s.network == INCEPTION and s.weights == PRETRAINED]
        return sorted({s.inception_path(self.downloads) for s in downloaded})

    @cached_property
    def adopted(self) -> str:
        """A pattern that paths below `results` match whose generator is not trained itself.

        The best candidate of its search is used as it is.
        """
        folders = [
            f"{view.study}/{view.dataset}{ANY_DEAL}/generators/{name}"
            for view in self.views.values()
            for name, settings in view.settings.generators.items()
            if used_as_it_is(settings)
        ]
        return f"(?:{'|'.join(folders) or _NOTHING})/"


def reported(views: Iterable[View]) -> list[View]:
    """Return those views that have something to report: a classifier takes the data set."""
    return [view for view in views if view.is_trained]


def _raw(views: Iterable[View]) -> dict[str, Dataset]:
    return {acquire.raw_name(view): view.data for view in views}


def _starting(views: Iterable[View]) -> dict[str, dict[str, Any]]:
    return {
        name: settings
        for view in views
        for name, settings in (*classify.starting(view), *score.starting(view))
    }

"""A study of paper scale in short: what a rehearsal runs to prove that every job of it works.

Shrunk is how long and how much: epochs, images, resamples. What decides shapes and memory stays:
image sizes, networks, batch sizes, and the names of mixes and candidates.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from synthmix.config.learning_curve import LearningCurve
from synthmix.config.models import Mixes, Repeats, Study
from synthmix.datasets.base import Dataset
from synthmix.evaluate.comparisons import names_for
from synthmix.mix.plan import AS_TRAINING, Mix
from synthmix.prepare.settings import CountSplit, FoldSplit, LongTailSubsample, ShareSplit, Split
from synthmix.score.settings import ScoreSettings
from synthmix.search.resolve import all_trained, possible_settings, search_of
from synthmix.search.settings import Point, Search
from synthmix.settings import SettingsModel

IMAGES = 16  # of a class, unless a batch needs more
PATIENTS = 6  # of a class: two for each split
# settings that decide how large a training is
_BATCHES = ("batch_size", "autoencoder_batch_size")
_SIZES = (*_BATCHES, "accumulation_steps", "input_size", "unfrozen_layers", "unfrozen_share")
_SIZES += ("base_channels", "discriminator_channels", "channel_base", "channel_max", "latent_dim")
_SIZES += ("hidden_width", "num_channels", "num_res_blocks", "dense_layers", "working_size")


class OneOfEach(Study):
    """A study with one of all mixes that differ in a share alone."""

    one_of_each: ClassVar[bool] = True

    def plan(self) -> list[Mix]:
        """Return one training set of each kind, in the order of the tables."""
        return list(_of_each_kind(super().plan()).values())


@dataclass(frozen=True)
class Few:
    """What a rehearsal keeps of a data set: so many images and patients of each class."""

    images: int
    patients: int


def rehearse(
    study: Study, steps: int = 2, every_job: bool = False, data: str | Path = "data"
) -> Study:
    """Return `study`, of scale paper, in short: trainings make `steps` steps at the least.

    With `every_job` jobs stay that differ from another in a grid point alone. Published data sets
    whose raw files are not in the folder `data` are stood in for.
    """
    short = {
        "generators": {
            name: _searched_in_short(settings.model_copy(update=settings.in_short(steps)), steps)
            for name, settings in study.generators.items()
        },
        "classifiers": {
            name: _searched_in_short(_classifier(settings, steps), steps)
            for name, settings in study.classifiers.items()
        },
        "baselines": {
            name: _of_given(settings, _epochs(steps)) for name, settings in study.baselines.items()
        },
        "mixes": study.mixes and _mixes(study),
        "scores": _scores(study.scores),
        "export": study.export.model_copy(update={"images": min(4, study.export.images)}),
        "evaluation": study.evaluation.model_copy(update={"bootstrap_samples": 100}),
    }
    if not every_job:
        short["repeats"] = Repeats()
        short["learning_curve"] = study.learning_curve and _learning_curve(study)
        for section in ("generators", "classifiers"):
            short[section] = {n: _with_few_candidates(s) for n, s in short[section].items()}
    if study.test_sample is not None:
        few = min(study.test_sample.images, IMAGES * len(study.test_sample.class_shares))
        short["test_sample"] = study.test_sample.model_copy(update={"images": few})
    if study.input_pipeline is not None:
        read = max(2, min(study.input_pipeline.images, 2 * study.input_pipeline.batch_size))
        short["input_pipeline"] = study.input_pipeline.model_copy(
            update={"images": read, "turns": 1}
        )
    largest = max(few_of(study, name).images for name in study.datasets)
    pools = {"images": min(study.pools.images, IMAGES)}
    if study.pools.fill_to is not None:
        pools["fill_to"] = min(study.pools.fill_to, largest)
    short["pools"] = study.pools.model_copy(update=pools)
    short["datasets"] = {
        name: _dataset(study, name, dataset, Path(data)) for name, dataset in study.datasets.items()
    }
    if isinstance(study.split, CountSplit):
        short["split"] = _split(study.split, largest)
    kind = Study if every_job else OneOfEach
    return kind.model_construct(**dict(study) | short)


def few_of(study: Study, dataset: str) -> Few:
    """Return how many images and patients of each class a rehearsal of `study` keeps.

    A full batch of the largest training is among those that are learned from, of the smallest share
    of patients that a learning curve takes.
    """
    split, data = study.split_of(dataset), study.datasets[dataset]
    learned = max(IMAGES, *_needed(study, len(data.class_names())))
    smallest = study.learning_curve.shares[0] if study.learning_curve else 1
    images = math.ceil(learned / (_training_share(split) * smallest)) + 2
    if isinstance(data.subsample, LongTailSubsample):
        images = max(images, max(_tail(data.subsample.train, images).values()))
    folds = split.folds if isinstance(split, FoldSplit) else 0
    return Few(images, max(PATIENTS, 2 * folds))


def _needed(study: Study, classes: int) -> Iterator[int]:
    """Yield how many real training images of each class there have to be for a full batch."""
    yield 1
    for settings in _possible(study.generators):
        full = max(settings.get(name) or 1 for name in _BATCHES)
        yield math.ceil(full / (classes if settings["joint"] else 1))
    if study.mixes is None:  # else those are full, of synthetic and of repeated real images
        yield math.ceil(largest_batch(study) / classes)


def largest_batch(study: Study) -> int:
    """Return the largest batch that any classifier of the study takes; 1 without classifiers."""
    sizes = [settings["batch_size"] for settings in _possible(study.classifiers)]
    sizes += [way.given().get("batch_size", 1) for way in study.baselines.values()]
    return max(sizes, default=1)


def _possible(entries: Mapping[str, SettingsModel]) -> Iterator[dict[str, Any]]:
    """Yield the settings that trainings may have, as far as they tell how large batches are."""
    for trained in all_trained(entries).values():
        joint = getattr(entries[trained.origin], "joint", False)
        for settings in possible_settings(trained, entries, set(_BATCHES)):
            yield {**settings, "joint": joint}


def _training_share(split: Split) -> float:
    match split:
        case ShareSplit():
            return split.train
        case FoldSplit():
            return 1 - 2 / split.folds
        case CountSplit():
            train, rest = sum(split.train.values()), sum(split.validation.values())
            return train / (train + rest + sum(split.test.values()))
        case _:  # of official parts each keeps as many
            return 1 - split.validation


def _epochs(steps: int) -> dict[str, Any]:
    return {"epochs": steps, "patience": steps}


def _classifier(settings: SettingsModel, steps: int) -> SettingsModel:
    """Return a classifier in short; one that has the settings of another has but its own."""
    short = _epochs(steps) | ({"monte_carlo_passes": 2} if settings.monte_carlo_passes else {})
    return _of_given(settings, short) if settings.network is None else _with(settings, short)


def _with(settings: SettingsModel, values: Mapping[str, Any]) -> SettingsModel:
    return settings.model_copy(update=dict(values))


def _of_given(settings: SettingsModel, values: Mapping[str, Any]) -> SettingsModel:
    """Return `settings` with those of `values` that they give at all."""
    given = {name: value for name, value in values.items() if name in settings.model_fields_set}
    return _with(settings, given)


def _searched_in_short(settings: SettingsModel, steps: int) -> SettingsModel:
    """Return `settings`, whose search, if they have one, trains its candidates as briefly.

    A search that trains its candidates for less long than the rest still does.
    """
    search = search_of(settings)
    if search is None:
        return settings
    shorter = bool(search.epochs and search.epochs != settings.epochs)
    images = {"images": min(search.images, IMAGES)} if hasattr(search, "images") else {}
    epochs = settings.epochs if shorter else None
    longer = {"epochs": settings.epochs + 1} if shorter and hasattr(search, "images") else {}
    stages = [
        [_point_in_short(point, steps) for point in search.points(stage)]
        for stage in range(1, search.stage_count + 1)
    ]
    return _with(settings, longer | {"search": _search(search, stages, epochs=epochs, **images)})


def _point_in_short(point: Point, steps: int) -> Point:
    short = _epochs(steps) | {"sampling_steps": 2, "autoencoder_epochs": 1}
    return point | {name: value for name, value in short.items() if name in point}


def _search(search: Search, stages: Sequence[Sequence[Point]], **others: Any) -> Search:
    """Return `search` with other candidates, each once."""
    plain = search.model_dump(mode="json", exclude_unset=True) | others
    plain["grid"] = None
    plain["stages"] = [
        [point for place, point in enumerate(points) if point not in points[:place]]
        for points in stages
    ]
    return type(search).model_validate(plain)


def _with_few_candidates(settings: SettingsModel) -> SettingsModel:
    search = search_of(settings)
    if search is None:
        return settings
    stages = [few_candidates(search.points(n)) for n in range(1, search.stage_count + 1)]
    return _with(settings, {"search": _search(search, stages, epochs=search.epochs)})


def few_candidates(points: Sequence[Point]) -> list[Point]:
    """Return the largest of the candidates, another one, and one for each value that is no number.

    Such values choose code, as a network or an optimizer does; numbers choose sizes at the most.
    """
    largest = max(points, key=_size)
    kept = [largest, *(point for point in points if point != largest)][:2]
    for point in points:
        for name, value in point.items():
            chooses = isinstance(value, str | dict | bool) or value is None
            if chooses and not any(other[name] == value for other in kept):
                kept.append(point)
    return [point for point in points if point in kept]


def _size(point: Point) -> tuple[float, ...]:
    values = (point.get(name) or 0 for name in _SIZES)
    numbers = (sum(value) if isinstance(value, list) else value for value in values)
    return tuple(float(n) if isinstance(n, int | float) else math.inf for n in numbers)


def _learning_curve(study: Study) -> LearningCurve:
    """Return the learning curves with one share besides 1, the smallest: it runs short first.

    What they name is named by the training sets of its kind that are left.
    """
    curve = study.learning_curve
    changes: dict[str, Any] = {"real_patients": curve.shares[:1]}
    if curve.mixes is not None:
        kept = _of_each_kind(study.plan())
        named = [mix for mix in study.plan() if names_for(mix) & set(curve.mixes)]
        changes["mixes"] = list(dict.fromkeys(kept[_kind(mix)].name for mix in named))
    return curve.model_copy(update=changes)


def _of_each_kind(mixes: Iterable[Mix]) -> dict[tuple[Any, ...], Mix]:
    """Return the first of each kind."""
    kinds: dict[tuple[Any, ...], Mix] = {}
    for mix in mixes:
        kinds.setdefault(_kind(mix), mix)
    return kinds


def _kind(mix: Mix) -> tuple[Any, ...]:
    return mix.generator, mix.selection, mix.composition


def _least(study: Study) -> int:
    """Return how many training images let each class have real and synthetic ones in each mix."""
    shares = [share for shares in study.mixes.class_shares for share in shares.values() if share]
    parts = [part for share in study.mixes.real_shares for part in (share, 1 - share) if part]
    return math.ceil(2 / (min(shares) * max(min(parts, default=1), 0.1)))


def _mixes(study: Study) -> Mixes:
    """Return the mixes with fewer images: a full batch of the largest classifier at the least."""
    mixes = study.mixes
    train = min(mixes.train_images, max(largest_batch(study), _least(study)))
    few: dict[str, Any] = {"train_images": train, "when_real_runs_short": "repeat"}
    if mixes.validation_images is None:
        return mixes.model_copy(update=few)
    shares = mixes.validation_class_shares
    of_validation = mixes.class_shares if shares == AS_TRAINING else [shares]
    rarest = min(share for one in of_validation for share in one.values() if share)
    part = math.ceil(mixes.validation_images * train / mixes.train_images)
    validation = min(mixes.validation_images, max(part, math.ceil(2 / rarest)))
    return mixes.model_copy(update=few | {"validation_images": validation})


def _scores(scores: ScoreSettings) -> ScoreSettings:
    few = {"images": min(scores.images, 2 * IMAGES), "kid_subsets": 2}
    return scores.model_copy(update=few | {"plane_images": min(scores.plane_images, IMAGES)})


def _dataset(study: Study, name: str, dataset: Dataset, data: Path) -> Dataset:
    few, prepare = few_of(study, name), study.prepare_of(name)
    # some more: of what is drawn none may be left out as a copy of another
    size = prepare.image_size or 0
    drawn = dataset.stood_in_for(few.images + 4, few.patients, size, data)
    changes: dict[str, Any] = {}
    if isinstance(dataset.split, CountSplit):
        changes["split"] = _split(dataset.split, few.images)
    if isinstance(dataset.subsample, LongTailSubsample):
        tail = {"train": _tail(dataset.subsample.train, few.images)}
        if dataset.subsample.test_images is not None:
            tail["test_images"] = min(dataset.subsample.test_images, IMAGES * len(tail["train"]))
        changes["subsample"] = dataset.subsample.model_copy(update=tail)
    return drawn.model_copy(update=changes)


def _tail(train: Mapping[str, int], images: int) -> dict[str, int]:
    """Return the counts of a long tail so that the most frequent class has `images` at the most.

    Rare classes keep as many as all others have at the least.
    """
    factor = min(1, images / max(train.values()))
    return {label: max(min(n, IMAGES), math.floor(n * factor)) for label, n in train.items()}


def _split(split: CountSplit, images: int) -> CountSplit:
    parts = {part: dict(getattr(split, part)) for part in ("train", "validation", "test")}
    totals = {label: sum(counts[label] for counts in parts.values()) for label in split.train}
    return split.model_copy(
        update={
            part: {
                label: min(count, max(4, round(count * images / totals[label])))
                for label, count in counts.items()
            }
            for part, counts in parts.items()
        }
    )

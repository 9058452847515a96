"""Checks of a study that need more than one of its settings, or a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from synthmix.config.classifier_checks import check_classifiers
from synthmix.config.generator_searches import check_generator_searches, setting_path, trained_as
from synthmix.config.learning_curve_checks import check_learning_curve
from synthmix.config.models import COPIES, GeneratorSettings, Study
from synthmix.config.parse import KeyPath
from synthmix.config.paths import no_path_for_snakemake
from synthmix.errors import UserError, one_of
from synthmix.evaluate.comparisons import OF_PAIRS, WITH_BASELINES, names_for, pairs_of
from synthmix.evaluate.settings import check_threshold
from synthmix.files import exists, expanded, is_file
from synthmix.generate.models.weights_file import read_header
from synthmix.leakage import AS_PUBLISHED, NONE
from synthmix.mix.plan import AS_TRAINING, MIXED, REAL, REAL_ONLY
from synthmix.prepare.settings import (
    CountSplit,
    FoldSplit,
    LongTailSubsample,
    OfficialSplit,
    ShareSplit,
)
from synthmix.published.rows import read_headings, read_printed
from synthmix.scopes import ALL_CLASSES, UNLABELLED
from synthmix.shares import apportion

Finding = tuple[KeyPath, str]

SPLITS = ("train", "validation", "test")
_TOLERANCE = 1e-6


def check(study: Study, folder: Path) -> list[Finding]:
    """Return what does not fit together in `study`, whose file lies in `folder`: where and why."""
    return [
        *_check_published(study, folder),
        *_check_preparation(study),
        *_check_parts(study),
        *_check_classes(study),
        *_check_sums(study),
        *(_check_mix_sizes(study) if study.mixes else ()),
        *(_check_validation(study) if study.mixes else ()),
        *(_check_mixes(study) if study.has_mixes else ()),
        *_check_names_of_mixes(study),
        *_check_controls(study),
        *_check_comparisons(study),
        *check_learning_curve(study),
        *check_generator_searches(study),
        *_check_generators(study),
        *_check_scores(study),
        *check_classifiers(study),
        *_check_cross_validation(study),
        *_check_leakage(study),
        *_check_threshold(study),
        *_check_input_pipeline(study),
    ]


def _check_published(study: Study, folder: Path) -> Iterator[Finding]:
    if study.published is None:
        if study.deviations:
            text = "stand beside published values, and there are none: name their file in published"
            yield ("deviations",), f"{text}, or remove them"
        return
    if not (folder / study.published).is_file():
        yield ("published",), f"there is no file {folder / study.published}"
        return
    problem = no_path_for_snakemake(str(folder / study.published))
    if problem:
        yield ("published",), problem
        return
    # what it names and the study lacks is no mistake: studies may be cut down
    try:
        rows = read_printed(folder / study.published)
        read_headings(folder / study.published)
    except UserError as error:
        yield ("published",), str(error)
        return
    tables = list(dict.fromkeys(row.table for row in rows))
    for position, deviation in enumerate(study.deviations):
        if deviation.table is not None and deviation.table not in tables:
            path = ("deviations", position, "table")
            yield path, one_of(deviation.table, tables, f"tables in {study.published}")


def _check_preparation(study: Study) -> Iterator[Finding]:
    """Check what is said of how data sets are made equal, split and thinned out."""
    for name, dataset in study.datasets.items():
        own = ("datasets", name)
        classes = dataset.class_names()
        meanings = {ALL_CLASSES: "all of them", UNLABELLED: "images of none of them"}
        for taken in sorted(meanings.keys() & set(classes)):
            text = f"{taken} stands for {meanings[taken]}: call that class something else"
            yield (*own, "classes"), text
        prepare, split = study.prepare_of(name), study.split_of(name)
        prepare_path = (*own, "prepare") if dataset.prepare else ("prepare",)
        split_path = (*own, "split") if dataset.split else ("split",)
        if dataset.volumes and not prepare.volume_shape and prepare.channels == 1:
            text = f"{name} has volumes: channels: 3 takes their middle slices, volume_shape all"
            yield prepare_path, text
        for unused in sorted({"channels", "pad_to_square"} & prepare.model_fields_set):
            if prepare.volume_shape:
                yield (*prepare_path, unused), "means nothing with volume_shape: remove it"
        for unused in sorted({"voxel_size", "resample"} & prepare.model_fields_set):
            if not prepare.volume_shape:
                yield (*prepare_path, unused), "means nothing without volume_shape: remove it"
        if dataset.volumes is False and prepare.volume_shape:
            yield prepare_path, f"{name} has pictures: give image_size, not volume_shape"
        official = isinstance(split, OfficialSplit)
        if official and (trouble := dataset.without_parts()):
            yield split_path, f"{name} {trouble}"
        if not official and getattr(dataset, "parts", None):
            text = (
                "names parts that are dealt out anew: set split: {method: official}, or name the "
            )
            yield (*own, "parts"), f"{text}folders of all parts in classes and remove parts"
        for label in dataset.published_images:
            if label not in classes:
                path = (*own, "published_images", label)
                yield path, one_of(label, classes, f"classes of data set {name}")
        counts = {}
        if isinstance(split, CountSplit):
            counts = {(*split_path, part): getattr(split, part) for part in SPLITS}
        if isinstance(dataset.subsample, LongTailSubsample):
            counts[*own, "subsample", "train"] = dataset.subsample.train
        for path, named in counts.items():
            yield from _check_names(path, named, name, classes)


def _check_names(
    path: KeyPath, named: Iterable[str], dataset: str, classes: Sequence[str]
) -> Iterator[Finding]:
    """Check that each class of the data set is `named`, and nothing else."""
    missing = [label for label in classes if label not in named]
    unknown = [label for label in named if label not in classes]
    if missing or unknown:
        text = f"must name the classes of data set {dataset} ({', '.join(classes)})"
        text += f"; missing: {', '.join(missing)}" if missing else ""
        text += f"; unknown: {', '.join(unknown)}" if unknown else ""
        yield path, text


def _check_parts(study: Study) -> Iterator[Finding]:
    """Check that a study has all it takes to compare mixes, or nothing that is for them alone."""
    for section in ("mixes", "additions"):
        for part in ("generators", "classifiers"):
            if getattr(study, section) and not getattr(study, part):
                yield (part,), f"is missing: {section} need it"
    if not study.classifiers and not study.has_mixes:
        if study.selections:
            yield ("classifiers",), "is missing: selections are there for what they are trained on"
        if study.baselines:
            yield ("classifiers",), "is missing: baselines are other ways to train them"
    for section in ("mixes", "additions"):
        named = getattr(study, section) and getattr(study, section).generators
        for position, name in enumerate(named or ()):
            if name not in study.generators:
                path = (section, "generators", position)
                yield path, one_of(name, study.generators, "generators of this study")
    trained_as = (study.additions and study.additions.trained_as) or {}
    for generator, baseline in trained_as.items():
        path = ("additions", "trained_as", generator)
        if generator not in study.generators:
            yield path, one_of(generator, study.generators, "generators of this study")
        if baseline not in study.baselines:
            yield path, one_of(baseline, study.baselines, "baselines of this study")
    removals = (study.additions and study.additions.after_removal) or {}
    for selection, added in removals.items():
        path = ("additions", "after_removal", selection)
        if selection not in study.selections:
            yield path, one_of(selection, study.selections, "selections of this study")
        there = study.additions.generators or study.generators
        for position, name in enumerate(added):
            if name not in there:
                yield (*path, position), one_of(name, there, "generators that are added")


def _check_cross_validation(study: Study) -> Iterator[Finding]:
    for name, dataset in study.datasets.items():
        split = study.split_of(name)
        if not (isinstance(split, FoldSplit) and split.cross_validate):
            continue
        path = (*(("datasets", name) if dataset.split else ()), "split", "cross_validate")
        if study.test_sample:
            yield path, "tests on every image once: remove it or test_sample"
        if isinstance(dataset.subsample, LongTailSubsample):
            yield path, "goes not with a long_tail subsample, which takes official parts"


def _check_leakage(study: Study) -> Iterator[Finding]:
    """Check that test images can be drawn from the same pool as those that are trained on."""
    if study.leakage != AS_PUBLISHED:
        return
    for name, dataset in study.datasets.items():
        split, why = study.split_of(name), f"{AS_PUBLISHED} draws all images from one pool"
        if not isinstance(split, ShareSplit):
            text = f"{why}: data set {name} needs split.method: shares, not {split.method}"
            yield ("leakage",), text
        if isinstance(dataset.subsample, LongTailSubsample):
            text = f"{why}: not with the long_tail subsample of data set {name}, which splits first"
            yield ("leakage",), text


def _check_classes(study: Study) -> Iterator[Finding]:
    for name, settings in study.datasets.items():
        classes = settings.class_names()
        if study.positive_class and study.positive_class not in classes:
            kind = f"classes of data set {name}"
            yield ("positive_class",), one_of(study.positive_class, classes, kind)
        for path, shares in _class_shares(study):
            yield from _check_names(path, shares, name, classes)


def _check_threshold(study: Study) -> Iterator[Finding]:
    for dataset in study.datasets.values():
        classes = dataset.class_names()
        problem = check_threshold(study.evaluation, list(classes), study.positive_class)
        if problem:
            yield ("evaluation", "threshold"), problem


def _check_input_pipeline(study: Study) -> Iterator[Finding]:
    volumes = all(study.prepare_of(name).volume_shape for name in study.datasets)
    if study.input_pipeline and volumes:
        yield ("input_pipeline",), "is measured on pictures, and there are volumes only: remove it"


def _check_sums(study: Study) -> Iterator[Finding]:
    for path, shares in _class_shares(study):
        total = sum(shares.values())
        if abs(total - 1) > _TOLERANCE:
            yield path, f"sums to {total:.6g}, not 1"


def _check_mix_sizes(study: Study) -> Iterator[Finding]:
    training = [("training", study.mixes.train_images)]
    validated = study.mixes.validation_images
    validation = [] if validated is None else [("validation", validated)]
    alike = study.mixes.validation_class_shares == AS_TRAINING
    images = {
        "class_shares": training + validation * alike,
        "validation_class_shares": validation,
    }
    for path, shares in _class_shares(study):
        if path[0] != "mixes" or abs(sum(shares.values()) - 1) > _TOLERANCE:
            continue
        for kind, total in images[path[1]]:
            for label, count in apportion(total, shares).items():
                if count == 0:
                    yield path, f"leaves no {kind} image of {label} among {total}"


def _check_validation(study: Study) -> Iterator[Finding]:
    """Check that mixes of a fixed size say how many images validate, if they may."""
    path, images = ("mixes", "validation_images"), study.mixes.validation_images
    if study.mixes.validation == MIXED and images is None:
        yield path, f"is missing: with validation: {MIXED} a mix has so many validation images"
    if study.mixes.validation == REAL and images is not None:
        yield (
            path,
            f"means nothing where mixes are validated on the real images of their baselines: "
            f"remove it, or set validation: {MIXED}",
        )


def _check_controls(study: Study) -> Iterator[Finding]:
    """Check that the generator of copies can have its name."""
    if not study.needs_copies:
        return
    taken = COPIES in study.generators and not study.generators[COPIES].makes_copies
    if taken and study.copies is None:
        text = f"adds a generator called {COPIES}, and there is another one of that name"
        yield ("controls", "copies"), f"{text}: call that something else, or set this to false"


def _check_mixes(study: Study) -> Iterator[Finding]:
    for position, share in enumerate(study.mixes.real_shares if study.mixes else ()):
        if share == 1:
            yield (
                ("mixes", "real_shares", position),
                "1 leaves nothing synthetic; the real-only baseline is run anyway: remove it",
            )
    for section in ("mixes", "additions"):
        if getattr(study, section):
            yield from _check_mixed_generators(study, section)
        names = [mix.name for mix in study.plan() if mix.is_addition == (section == "additions")]
        for name in sorted({name for name in names if names.count(name) > 1}):
            if name not in study.selections and name not in study.baselines:
                text = f"two mixes would both be called {name}: their shares are too close"
                yield (section,), text


def _check_mixed_generators(study: Study, section: str) -> Iterator[Finding]:
    """Check that the images which classifiers are to learn from have a class."""
    named = getattr(study, section).generators
    for name in named or study.generators:
        settings = study.generators.get(name)
        if settings is not None and settings.learns_from == "all":
            yield (
                (section, "generators"),
                f"{name} learns from all images without their labels (learns_from: all), and its "
                f"images have no class that a classifier could learn: name other generators here, "
                f"or set learns_from: training",
            )


def _check_comparisons(study: Study) -> Iterator[Finding]:
    """Check that what is to be compared, or adjusted together, is there."""
    mixes = study.plan()
    generators = {mix.generator for mix in mixes if mix.generator}
    known = dict.fromkeys([*(mix.name for mix in mixes), *sorted(generators)])
    for position, pair in enumerate(study.compare):
        unknown = [name for name in pair if name not in known]
        for name in unknown:
            path = ("compare", position, pair.index(name))
            yield path, one_of(name, known, "mixes and generators of this study")
        if not unknown and not list(pairs_of(mixes, *pair)):
            text = "no two mixes differ in these alone: name two mixes, or two generators"
            yield ("compare", position), text
    named = {name for mix in mixes if not mix.is_baseline for name in names_for(mix)}
    there = {comparison.family for comparison in study.plan_comparisons()}
    for family, names in study.evaluation.families.items():
        path = ("evaluation", "families", family)
        if family in (WITH_BASELINES, *OF_PAIRS):
            yield path, "every study has a family of that name already: choose another one"
        for position, name in enumerate(names):
            if name not in named:
                text = "mixes, generators, selections and baselines of this study"
                yield (*path, position), one_of(name, sorted(named), text)
        if named.issuperset(names) and family not in there:
            text = "all that it names is in families before it: name something else, or remove it"
            yield path, text


def _check_names_of_mixes(study: Study) -> Iterator[Finding]:
    """Check that mixes with names of the user's choice have names of their own."""
    taken = dict.fromkeys(study.generators, "a generator") | {REAL_ONLY: "the baseline"}
    for section, one in (("selections", "a selection"), ("baselines", "a baseline")):
        for name in getattr(study, section):
            if name in taken:
                text = f"{taken[name]} has that name already: choose another one"
                yield (section, name), text
            taken[name] = one


def _check_scores(study: Study) -> Iterator[Finding]:
    scores = study.scores
    if problem := scores.check_network():
        yield ("scores", "network"), problem
    elif problem := scores.check_input_size():
        yield ("scores", "input_size"), problem
    elif problem := scores.check_weights() or no_path_for_snakemake(scores.weights):
        yield ("scores", "weights"), problem


def _check_generators(study: Study) -> Iterator[Finding]:
    for name in study.generators:
        findings = (
            finding
            for settings in trained_as(study, name)
            for finding in _check_generator(study, name, settings)
        )
        yield from dict.fromkeys(findings)  # candidates of a search agree in most of them


def _start_problem(study: Study, path: Path) -> str | None:
    """Return why a generator of `study` can't start from the weights in `path`, None if it can."""
    if not path.is_file():
        return f"there is no file {path}"
    if problem := no_path_for_snakemake(str(path)):
        return problem
    if path.suffix != ".safetensors" or study.leakage == AS_PUBLISHED:
        return None
    try:
        header = read_header(path)
    except UserError as error:
        return str(error)
    if header.leakage not in (NONE, study.leakage):
        what = "test images" if header.leakage == AS_PUBLISHED else "images of test patients"
        return (
            f"{path} has learned from {what} (leakage: {header.leakage}): train it with "
            f"leakage: {NONE}, or say leakage: {header.leakage} here too"
        )
    return None


def _check_generator(study: Study, name: str, settings: GeneratorSettings) -> Iterator[Finding]:
    start = getattr(settings, "init_from", None)
    problem = start and _start_problem(study, expanded(start))
    if problem:
        yield setting_path(study, name, "init_from"), problem
    if settings.is_ready:
        yield from _check_ready(study, name, settings)
    for dataset, own in study.datasets.items():
        prepare = study.prepare_of(dataset)
        path = ("datasets", dataset, "prepare") if own.prepare else ("prepare",)
        if prepare.image_size is None:
            yield path, f"generator {name} makes pictures: give image_size, not volume_shape"
            continue
        if settings.image_size is not None:
            path = setting_path(study, name, "image_size")
        size = settings.image_size or prepare.image_size
        problem = settings.check_image(size, prepare.channels)
        if problem:
            yield path, f"generator {name}: {problem}"


def _check_ready(study: Study, name: str, settings: GeneratorSettings) -> Iterator[Finding]:
    """Check that ready images, and the list of what they were made from, are there."""
    place = ("generators", name)
    images = expanded(settings.images)
    if not exists(images):
        text = f"{images} does not exist: name a folder, an archive or a table of images"
        yield (*place, "images"), text
    if settings.origin_is_known:
        listed = settings.learned_from
        if not is_file(listed):
            text = f"there is no file {expanded(listed)}: name the list of sample_id that they were"
            yield (*place, "learned_from"), f"{text} made from, or say unknown"
        elif problem := no_path_for_snakemake(listed):
            yield (*place, "learned_from"), problem
    for theirs, ours in settings.classes.items():
        for dataset, data in study.datasets.items():
            if ours not in data.class_names():
                text = one_of(ours, data.class_names(), f"classes of data set {dataset}")
                yield (*place, "classes", theirs), text


def _class_shares(study: Study) -> Iterator[tuple[KeyPath, Mapping[str, float]]]:
    if study.test_sample is not None:
        yield ("test_sample", "class_shares"), study.test_sample.class_shares
    if study.mixes is None:
        return
    for position, shares in enumerate(study.mixes.class_shares):
        yield ("mixes", "class_shares", position), shares
    if study.mixes.validation_class_shares != AS_TRAINING:
        yield ("mixes", "validation_class_shares"), study.mixes.validation_class_shares

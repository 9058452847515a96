"""What can be held against a source before anything is trained: rows, counts and settings."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from plan_data import ROOT, plan_of
from synthmix.classify.weight_counts import count_weights
from synthmix.evaluate.metrics import OF_CLASS, OF_POSITIVE, OVERALL, PUBLISHED_WAY
from synthmix.plan import classify, generate, published
from synthmix.plan.view import View
from synthmix.prepare.settings import CountSplit
from synthmix.published.finders import SIZES, find
from synthmix.published.judging import YES, is_inside
from synthmix.published.results import AbsentError, Ours, Results
from synthmix.published.rows import (
    BETTER_THAN,
    LEARNED_WEIGHTS,
    NETWORK_WEIGHTS,
    OF_TRAINING,
    PLANE,
    TRAINING_MINUTES,
    Printed,
    curves_file,
    read_curves,
    read_printed,
)
from synthmix.search.resolve import candidates
from synthmix.search.settings import is_value
from synthmix.search.tabulate_search import TEST_METRICS
from synthmix.shares import apportion

SUFFIX = "_as_published"
STUDIES = sorted(file.stem for file in (ROOT / "studies").glob(f"*{SUFFIX}.yaml"))
# beside the project where it was made: what two people read off the sources
READ_OFF = ROOT.parent / "shared" / "published"
# columns of these that tell what a value is of
_KEYS = {"table", "figure", "run", "dimensions", "class", "batch_size", "learning_rate", "epoch"}
_OF_TRAINING = ("loss", "accuracy", "balanced_accuracy", "macro_f1", "precision", "recall")
_OF_TRAINING += ("published_way_precision", "published_way_recall", *OF_TRAINING)


@cache
def views_of(study: str) -> list[View]:
    """Return a study of the project at paper scale, as each of its data sets has it."""
    return plan_of(study).views_of(study)


def rows_of(view: View) -> list[Printed]:
    """Return the published values of a data set that should have one of ours."""
    return [row for row in published.rows(view) if row.of != "none"]


# What the sources print, as it was read off them


def without_row(source: str) -> list[str]:
    """Return the values in the tables `source`_*.csv read off that are in no row of ours."""
    ours = _numbers_of(ROOT / "studies" / "published" / f"{source}.csv")
    return [
        f"{path.name}: {where}: {text}"
        for path in sorted(READ_OFF.glob(f"{source}_*.csv"))
        for where, tables, dataset, text in _read_off(path)
        if not _is_among(ours, tables, dataset, _value(text))
    ]


def _read_off(path: Path) -> Iterator[tuple[str, list[str], str, str]]:
    """Yield each value: where it is, its tables and data set ("" for any), and the text."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(csv.DictReader(file), start=2):
            tables = line.get("table") or line.get("figure") or ""
            named = [table for table in tables.split("/") if any(map(str.isdigit, table))]
            for column, text in line.items():
                # columns of the table of changes are data sets
                dataset = line.get("dataset", column if "transform" in line else "")
                known = text in ("true", "false") or not isinstance(_value(text), str)
                if column not in _KEYS and known:
                    yield f"line {number}, {column}", named, dataset, text


def _numbers_of(file: Path) -> dict[tuple[str, str], set[str | float]]:
    """Return the numbers of our rows and of the printed curves, by table and data set."""
    found: dict[tuple[str, str], set[str | float]] = defaultdict(set)
    for row in read_printed(file):
        found[row.table, row.dataset] |= {row.low, row.high} - {None}
        if row.of == "parameters" and row.low != row.high:  # rounded, such as to millions
            found[row.table, row.dataset].add((row.low + row.high) / 2)
    for curve in read_curves(curves_file(file)):
        for values in curve.values.values():
            found[curve.table, curve.dataset].update(values.values())
    return found


def _is_among(
    ours: dict[tuple[str, str], set[str | float]],
    tables: list[str],
    dataset: str,
    wanted: str | float,
) -> bool:
    """Return whether a value is in a table of ours; in any where none is called as it is."""
    own = [key for key in ours if set(tables) & set(key[0].split())] or list(ours)
    return any(wanted in ours[key] for key in own if not dataset or key[1] in ("", dataset))


def _value(text: str) -> str | float:
    """Return a number, 50M for one of millions; text where it is none."""
    try:
        return 1e6 * float(text[:-1]) if text.endswith("M") else float(text)
    except ValueError:
        return text


# What can be computed


def why_not(view: View, row: Printed) -> str:
    """Return why a run of the study has no number for a row; "" where it has one."""
    named = (
        ("classifier", row.named_classifiers, view.classifiers),
        ("mix", row.mixes, view.mixes),
        ("generator", [row.generator] if row.generator else [], view.settings.generators),
        ("class", [row.label] if row.label else [], view.classes),
    )
    for kind, names, there in named:
        for name in names:
            if name not in there:
                return f"there is no {kind} {name}"
    return _REASONS[row.of](view, row)


def _metrics(view: View, row: Printed) -> str:
    if row.split not in ("test", "validation"):
        return f"there are no metrics of {row.split} images"
    if not row.mix:
        return "it is of no mix"
    if row.metric.startswith(BETTER_THAN):
        other = row.metric.removeprefix(BETTER_THAN)
        return "" if other in view.classifiers else f"there is no classifier {other}"
    if row.label:
        known = OF_CLASS
    else:
        positive = (*OF_POSITIVE, *PUBLISHED_WAY) if view.settings.positive_class else ()
        known = (*OVERALL, *positive)
    return "" if row.metric in known else f"there is no metric {row.metric}"


def _confusion(view: View, row: Printed) -> str:
    counts = ("correct", "incorrect", "total", *(f"predicted_{name}" for name in view.classes))
    known = row.metric in counts and row.split in ("test", "validation")
    return "" if known else f"{row.metric} of {row.split} images is not counted"


def _images(view: View, row: Printed) -> str:
    known = ("images", "synthetic", "real") if row.mix else ("images", *SIZES)
    return "" if row.metric in known else f"{row.metric} is not counted"


def _census(view: View, row: Printed) -> str:
    known = (*view.data.facts, "size", "left_out")
    unknown = [fact for fact, _, _ in row.conditions if fact not in known]
    return f"the metadata has no {', '.join(unknown)}" if unknown else ""


def _history(view: View, row: Printed) -> str:
    return "" if row.metric in _OF_TRAINING else f"histories have no {row.metric}"


def _generator(view: View, row: Printed) -> str:
    scopes = generate.scopes(view, row.generator)
    if row.metric == TRAINING_MINUTES:
        return "" if row.label in ("", *scopes) else f"no model is of {row.label}"
    if (row.label or "all_classes") not in scopes:
        return f"no model is of {row.label or 'all classes'}, but of {', '.join(scopes)}"
    if "loss" in row.metric:
        return ""
    if not generate.has_snapshots(view, row.generator):
        return "it is not scored while it learns"
    return _by_inception(view, row)


def _scores(view: View, row: Printed) -> str:
    return "" if row.metric == PLANE else _by_inception(view, row)


def _by_inception(view: View, row: Printed) -> str:
    needs = row.metric in ("fid", "kid")
    has = view.settings.scores.network == "inception"
    return "" if has or not needs else f"no {row.metric} without the weights of Inception"


def _search(view: View, row: Printed) -> str:
    kind = "generators" if row.generator else "classifiers"
    name = row.generator or row.classifier
    search = view.searches.get((kind, name))
    if search is None:
        return f"{name} has no search"
    points = candidates(name, search, int(row.stage or 1)).values()
    tried = {key for point in points for key in point}
    wanted = {key: value for key, value in row.settings.items() if key in tried}
    if not any(all(is_value(v, point[k]) for k, v in wanted.items()) for point in points):
        return f"no candidate has {row.candidate}"
    known = TEST_METRICS if row.split == "test" else (search.score,)
    return "" if row.metric in known else f"candidates have no {row.metric}"


def _parameters(view: View, row: Printed) -> str:
    if row.metric == LEARNED_WEIGHTS:
        return "" if row.mix else "it is of no mix"
    try:
        _setting(view, row)
    except AbsentError as error:
        return str(error)
    return ""


def _pipeline(view: View, row: Printed) -> str:
    return "" if view.measures_pipeline else "no input pipeline is measured"


_REASONS = {
    "metrics": _metrics,
    "confusion": _confusion,
    "images": _images,
    "census": _census,
    "history": _history,
    "generator": _generator,
    "scores": _scores,
    "search": _search,
    "parameters": _parameters,
    "pipeline": _pipeline,
}

# What is known before anything has run


def otherwise(view: View, row: Printed) -> str:
    """Return what a count, a setting or a number of weights is here; "" where it is as printed.

    "" too where it is known only once there are data, or once a search has chosen.
    """
    ours = {"images": _count, "parameters": _known_setting}.get(row.of, lambda *_: None)(view, row)
    if ours is None or is_inside(row, ours) == YES:
        return ""
    return f"{row.table}, {row.dataset} {row.metric}: printed {row.low}, here {ours.low}"


def _known_setting(view: View, row: Printed) -> Ours | None:
    if row.metric == LEARNED_WEIGHTS:
        (settings, *_) = classify.possible(view, row.classifier, row.mix)
        counts = count_weights(settings, view.image_shape, len(view.classes))
        return Ours(*[float(counts.network_weights_trained)] * 2, exact=True)
    waiting = {name: choice for _, name, choice in published.choices(view)}
    if row.metric not in NETWORK_WEIGHTS and (row.generator or row.classifier) in waiting:
        return None
    return _setting(view, row)


@cache
def _setting(view: View, row: Printed) -> Ours:
    return find(row, _results(view))


@cache
def _results(view: View) -> Results:
    settings, networks = published.settings(view), published.networks(view)
    return Results(**published.there(view), confidence=0.95, settings=settings, networks=networks)


def _count(view: View, row: Printed) -> Ours | None:
    """Return a number of images that the settings alone tell."""
    counts = _of_mix(view, row) if row.mix else _of_data(view, row)
    if counts is None:
        return None
    labels = [row.label] if row.label else view.classes
    number = float(sum(counts[label] for label in labels))
    return Ours(number, number, exact=True)


def _of_mix(view: View, row: Printed) -> dict[str, int] | None:
    mix = view.mixes[row.mix]
    if mix.generator is None or mix.is_addition:
        return None
    found = mix.counts()
    parts = row.split.split("+") if row.split else list(found)
    origins = ("synthetic", "real") if row.metric == "images" else (row.metric,)
    return {
        label: sum(found[part][label].get(origin, 0) for part in parts for origin in origins)
        for label in view.classes
    }


def _of_data(view: View, row: Printed) -> dict[str, int] | None:
    if row.metric != "images":
        return None
    sample = view.settings.test_sample
    if row.split == "test" and sample is not None:
        return apportion(sample.images, sample.class_shares)
    if isinstance(view.split, CountSplit) and row.split in ("train", "validation", "test"):
        return getattr(view.split, row.split)
    kept = getattr(view.data.subsample, "train", None)
    if kept is not None and row.split == "train+validation":
        return dict(kept)
    return None

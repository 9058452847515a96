"""Where our number for a published value is: a function for each kind of place."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from safetensors import safe_open

from synthmix.evaluate.metrics import UNBOUNDED, bounds_of
from synthmix.evaluate.predictions import PROBABILITY, read_predictions
from synthmix.evaluate.score_predictions import (
    ALL_FOLDS,
    ALL_SEEDS,
    MEAN_OF_FOLDS,
    t_interval,
)
from synthmix.prepare.parts import rows_of
from synthmix.published.results import AbsentError, Ours, Results
from synthmix.published.rows import (
    BETTER_THAN,
    KEPT_FROM_0,
    LEARNED_WEIGHTS,
    NETWORK_WEIGHTS,
    OF_TRAINING,
    PLANE,
    TRAINING_MINUTES,
    Printed,
)
from synthmix.published.settings import (
    as_text,
    candidates,
    is_number,
    look_up,
    searched,
    trained_with,
)
from synthmix.scopes import ALL_CLASSES

SAMPLE = ("train", "validation", "test")
ORIGINS = ("synthetic", "real")
SIZES = {f"{side}_{end}": (side, end) for side in ("width", "height") for end in ("min", "max")}
# tensors that a network keeps but does not learn
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")

Estimate = tuple[float, float, float]  # a value and the ends of its interval, nan if undefined


def find(row: Printed, results: Results) -> Ours:
    """Return our number for a published value; raises AbsentError where there is none."""
    if row.of == "none":
        raise AbsentError(row.note)
    _require_names(row, results)
    return _FINDERS[row.of](row, results)


def _require_names(row: Printed, results: Results) -> None:
    named = (
        ("classifier", row.named_classifiers, results.classifiers),
        ("mix", row.mixes, results.mixes),
        ("generator", [row.generator] if row.generator else [], results.generators),
    )
    for kind, names, there in named:
        for name in names:
            if name not in there:
                raise AbsentError(f"this study has no {kind} {name} for the data set")


def _find_metrics(row: Printed, results: Results) -> Ours:
    """Return a metric of one classifier, or its range over all of them."""
    if row.metric.startswith(BETTER_THAN):
        return _is_better(row, results)
    table = results.table(results.metrics, "this study trains no classifiers")
    rows = table[
        (table["seed"].astype(str) == ALL_SEEDS)
        & (table["split"] == row.split)
        & (table["metric"] == row.metric)
        & (table["class"].fillna("") == row.label)
    ]
    if rows.empty:
        of_class = f" of {row.label}" if row.label else ""
        raise AbsentError(f"there is no {row.metric}{of_class} of {row.split} images")
    fold = rows["fold"].astype(str)
    means = rows[fold == MEAN_OF_FOLDS]
    # each fold counts alike, as sources average them; images are counted over all of them
    rows = means if len(means) and row.metric not in UNBOUNDED else rows[fold == ALL_FOLDS]
    exact = row.metric == "total"
    if row.is_of_several:
        return _over_classifiers(rows, row, results, exact)
    return _single(_metric_of(rows, row.classifier, row.mixes), row.metric, exact)


def _over_classifiers(rows: pd.DataFrame, row: Printed, results: Results, exact: bool) -> Ours:
    """Return the range of a metric over classifiers, and which of ours are left out of it."""
    names = row.classifiers_of(results.classifiers)
    left_out = [f"{name}, as in the source" for name in results.classifiers if name not in names]
    found, reason = [], AbsentError("this study trains none of these classifiers")
    for name in names:
        try:
            estimate = _metric_of(rows, name, row.mixes)
        except AbsentError as error:
            reason = error
            left_out.append(f"{name}, not trained so")
            continue
        if math.isnan(estimate[0]):
            reason = AbsentError(f"{row.metric} is undefined for our images")
            left_out.append(f"{name}, where it is undefined")
        else:
            found.append(estimate)
    if not found:
        raise reason
    return _range(found, exact, tuple(left_out))


def _is_better(row: Printed, results: Results) -> Ours:
    """Return yes where a classifier has the higher accuracy of two, else no."""
    other = row.metric.removeprefix(BETTER_THAN)
    ours, theirs = (
        _find_metrics(replace(row, metric="accuracy", classifier=name), results).low
        for name in (row.classifier, other)
    )
    said = "yes" if ours > theirs else "no"
    return Ours(said, said, exact=True)


def _metric_of(rows: pd.DataFrame, classifier: str, mixes: Sequence[str]) -> Estimate:
    """Return a metric of a classifier on a mix; of two the difference, without an interval."""
    own = rows[rows["classifier"] == classifier].set_index("mix")
    missing = [mix for mix in mixes if mix not in own.index]
    if missing or not mixes:
        raise AbsentError(
            f"there is no such metric of {classifier} trained on {', '.join(missing)}"
        )
    values = [tuple(own.loc[mix, ["value", "low", "high"]].astype(float)) for mix in mixes]
    if len(values) == 2:
        return values[0][0] - values[1][0], math.nan, math.nan
    return values[0]


def _single(estimate: Estimate, what: str, exact: bool = False) -> Ours:
    """Return one number of ours; raises AbsentError where it is undefined."""
    value, low, high = estimate
    if math.isnan(value):
        raise AbsentError(f"{what} is undefined for our images")
    known = not (exact or math.isnan(low) or math.isnan(high))
    return Ours(value, value, (low, high) if known else None, exact)


def _range(found: Sequence[Estimate], exact: bool, left_out: tuple[str, ...]) -> Ours:
    """Return the range of several estimates; its ends have the intervals of least and largest."""
    values, lows, highs = zip(*found, strict=True)
    ends = ((min(lows), min(highs)), (max(lows), max(highs)))
    known = not (exact or any(math.isnan(limit) for limit in (*lows, *highs)))
    return Ours(
        min(values),
        max(values),
        (min(lows), max(highs)) if known else None,
        exact,
        ends if known else None,
        left_out,
    )


def _find_images(row: Printed, results: Results) -> Ours:
    """Return a number of images, or the least or largest side of the raw ones."""
    _require_parts(row)
    if row.mix:
        count = _images_of_mix(row, results)
    else:
        wanted = row.split.split("+") if row.split != "sample" else SAMPLE
        # of published leaks an image may be in several parts
        if row.split or row.metric in SIZES:
            table = results.table(results.split, "there is no split")
            _require_class(row, table["label"])
            if row.split:
                parts = pd.concat([rows_of(table, part) for part in wanted])
                table = parts[~parts.index.duplicated()]
        else:
            table = results.table(results.index, "there is no index")
            _require_class(row, table["label"])
        table = table[table["label"] == row.label] if row.label else table
        if row.metric in SIZES:
            side, end = SIZES[row.metric]
            count = getattr(table[side], end)()
        elif row.metric == "images":
            count = len(table)
        else:
            raise AbsentError(f"images are not counted by {row.metric}")
    return Ours(float(count), float(count), exact=True)


def _images_of_mix(row: Printed, results: Results) -> float:
    table = results.table(results.composition, "this study composes no mixes")
    _require_class(row, table["label"])
    if row.metric not in ("images", *ORIGINS):
        raise AbsentError(f"images of mixes are not counted by {row.metric}")
    rows = table[table["mix"] == row.mix]
    rows = rows[rows["split"].isin(row.split.split("+"))] if row.split else rows
    rows = rows[rows["label"] == row.label] if row.label else rows
    if row.metric != "images":
        rows = rows[rows["origin"] == row.metric]
    return rows["images"].sum()


def _require_parts(row: Printed) -> None:
    """Raise AbsentError where there are no such parts of the images: they would count as 0."""
    for part in row.split.split("+") if row.split not in ("", "sample") else ():
        if part not in (*SAMPLE, "held_out"):
            raise AbsentError(f"no part of the images is called {part}")


def _require_class(row: Printed, labels: pd.Series) -> None:
    """Raise AbsentError where none of the `labels` is the class of a row."""
    if row.label and row.label not in set(labels):
        raise AbsentError(f"there are no images of a class {row.label}")


def _find_census(row: Printed, results: Results) -> Ours:
    """Return how many images have what `candidate` tells, or what percentage of them all."""
    table = results.table(results.census, "the metadata of this data set says nothing of images")
    chosen = pd.Series(True, index=table.index)
    for fact, wanted, value in row.conditions:
        if fact not in table:
            raise AbsentError(f"the metadata of this data set has no {fact}")
        has = table[fact].fillna("").astype(str).str.lower() == value.lower()
        if wanted and not has.any():
            raise AbsentError(f"our metadata lists no image of {fact} {value}")
        chosen &= has if wanted else ~has
    count = float(chosen.sum())
    if row.metric == "images":
        return Ours(count, count, exact=True)
    # as it is printed, to hundredths
    percent = round(100 * count / _images_in_all(row, len(table)), 2)
    return Ours(percent, percent, exact=True)


def _images_in_all(row: Printed, listed: int) -> int:
    """Return of how many images a percentage is: percent_of_<a number>, or of those `listed`."""
    of, _, number = row.metric.partition("_of_")
    if of != "percent" or (number and not (number.isdigit() and int(number))):
        raise AbsentError(f"images of the metadata are not counted by {row.metric}")
    return int(number or listed)


def _find_confusion(row: Printed, results: Results) -> Ours:
    """Return how many images of a class are said to be of which, the mean over the repeats."""
    files = {"test": results.test, "validation": results.validation}.get(row.split, {})
    repeats = files.get((row.classifier, row.mix), ())
    if not repeats:
        raise AbsentError(f"there are no predictions of {row.split or 'no'} images")
    tables = [read_predictions(folds) for folds in repeats]
    for table in tables:
        _require_class(row, table["label"])
    counts = [_count(table, row) for table in tables]
    mean = (float(np.mean(counts)), math.nan, math.nan)
    return _single(mean, row.metric, row.metric == "total")


def _count(table: pd.DataFrame, row: Printed) -> int:
    table = table[table["label"] == row.label] if row.label else table
    if row.metric == "total":
        return len(table)
    right = table["label"] == table["predicted"]
    if row.metric in ("correct", "incorrect"):
        return int((right if row.metric == "correct" else ~right).sum())
    said = row.metric.removeprefix("predicted_")
    known = {*table["label"], *table["predicted"]}
    known.update(name.removeprefix(PROBABILITY) for name in table)
    if said == row.metric or said not in known:
        raise AbsentError(f"predictions are not counted by {row.metric}")
    return int((table["predicted"] == said).sum())


def _find_history(row: Printed, results: Results) -> Ours:
    """Return what was measured while training, the mean over trainings with Student's t."""
    files = results.histories.get((row.classifier, row.mix), ())
    if not files:
        raise AbsentError("there is no history of such a training")
    tables = [results.table(path, "") for path in files]
    values = np.array([_of_history(table, row) for table in tables])
    bounds = None if row.metric in ("loss", *OF_TRAINING) else bounds_of(row.metric)
    limits = t_interval(values, results.confidence, bounds)
    return _single((float(values.mean()), *limits), row.metric)


def _of_history(table: pd.DataFrame, row: Printed) -> float:
    if row.metric == "epochs":
        return float(table["epoch"].max())
    if row.metric in OF_TRAINING:
        first = 0 if row.metric == KEPT_FROM_0 else 1
        return float(table.loc[table["kept"], "epoch"].iloc[0]) - 1 + first
    if row.metric not in table:
        raise AbsentError(f"histories have no {row.metric.replace('_', ' ')}")
    rows = table[table["split"] == row.split].set_index("epoch")
    if row.epoch in ("lowest", "highest"):
        values = rows[row.metric]
        return float(values.min() if row.epoch == "lowest" else values.max())
    if row.epoch == "best":
        losses = table[table["split"] == "validation"].set_index("epoch")["loss"]
        return float(rows.loc[losses.idxmin(), row.metric])
    if row.epoch == "kept":
        return float(rows.loc[rows["kept"], row.metric].iloc[0])
    epoch = rows.index.max() if row.epoch == "last" else int(row.epoch)
    if epoch not in rows.index:
        raise AbsentError(f"a training of ours ended before epoch {epoch}")
    return float(rows.loc[epoch, row.metric])


def _find_generator(row: Printed, results: Results) -> Ours:
    """Return the best score of a generator's snapshots, its last loss or its time of training."""
    if row.metric == TRAINING_MINUTES:
        minutes = _training_minutes(row, results)
        return Ours(minutes, minutes)
    scope = row.label or ALL_CLASSES
    history = results.generator_histories.get((row.generator, scope))
    if history is None:
        models = ", ".join(s for g, s in results.generator_histories if g == row.generator)
        raise AbsentError(f"{row.generator} has no model of {scope}, but of {models or 'none'}")
    losses = results.table(history, "")
    if row.metric in losses:
        value = float(losses[row.metric].dropna().iloc[-1])
    else:
        value = _of_snapshots(row, results, scope)
    return _single((value, math.nan, math.nan), row.metric)


def _training_minutes(row: Printed, results: Results) -> float:
    """Return how long the model of a class was trained; without one all models of a generator."""
    files = [
        path
        for (generator, scope), path in results.generator_times.items()
        if generator == row.generator and row.label in ("", scope)
    ]
    if not files:
        raise AbsentError(f"{row.generator} has no model of {row.label or 'any class'}")
    return sum(float(results.table(path, "")["seconds"].max()) for path in files) / 60


def _of_snapshots(row: Printed, results: Results, scope: str) -> float:
    path = results.snapshots.get((row.generator, scope))
    missing = f"{row.generator} has no such loss, and it was not scored on the way"
    table = results.table(path, missing)
    own = table[table["score"] == row.metric]
    if own.empty:
        scored = ", ".join(table["score"].unique()).replace("_", " ") or "nothing"
        raise AbsentError(
            f"snapshots were scored by {scored}, not by {row.metric.replace('_', ' ')}"
        )
    return float(own["value"].min())


def _find_scores(row: Printed, results: Results) -> Ours:
    """Return a score of a generator's images, or how much of the variance their plane has."""
    if row.metric == PLANE:
        plane = results.table(results.planes.get(row.generator), "there is no plane of its images")
        explained = float(plane[["x_explained", "y_explained"]].iloc[0].sum())
        return Ours(explained, explained)
    table = results.table(results.scores, "this study scores no generators")
    rows = table[(table["generator"] == row.generator) & (table["score"] == row.metric)]
    rows = rows[
        (rows["label"] == row.label) if row.label else (rows["scope"].astype(str) == ALL_CLASSES)
    ]
    if rows.empty:
        raise AbsentError(f"its images are not scored by {row.metric.replace('_', ' ')}")
    return _single(tuple(rows.iloc[0][["value", "low", "high"]].astype(float)), row.metric)


def _find_search(row: Printed, results: Results) -> Ours:
    """Return the score that a candidate is chosen by, or a metric of its test images."""
    own = candidates(row, results)
    first = own.iloc[0]
    if row.split != "test" and row.metric == first["score"]:
        return _single(tuple(first[["value", "low", "high"]].astype(float)), row.metric)
    column = f"{row.split}_{row.metric}"
    if column not in own:
        raise AbsentError(f"the table of the search has no {column.replace('_', ' ')}")
    limits = (first.get(f"{column}_{end}", math.nan) for end in ("low", "high"))
    estimate = (float(first[column]), *map(float, limits))
    return _single(estimate, row.metric, exact=row.metric == "total")


def _find_parameters(row: Printed, results: Results) -> Ours:
    """Return a setting of a classifier or generator, or how many weights a classifier learned."""
    if row.metric == LEARNED_WEIGHTS:
        path = results.weights.get((row.classifier, row.mix))
        if path is None:
            raise AbsentError("there are no weights of such a training")
        count = float(_learned_weights(path))
        return Ours(count, count, exact=True)
    if row.metric in NETWORK_WEIGHTS:
        count = float(_weights_of_network(row, results))
        return Ours(count, count, exact=True)
    name = searched(row)[1]
    value = look_up(trained_with(results, searched(row)), row.metric)
    if value is None:
        raise AbsentError(f"{name} has no {row.metric} set")
    text = as_text(value)
    shown = float(text) if is_number(text) else text
    return Ours(shown, shown, exact=True)


def _weights_of_network(row: Printed, results: Results) -> int:
    """Return how many weights a network has, or of a candidate with the settings of the row."""
    # torch is long to import
    from synthmix.classify.weight_counts import count_weights

    for found in results.networks:
        if (found["classifier"], found["candidate"]) == (row.classifier, row.candidate):
            sizes = (found["settings"], found["image_shape"], found["classes"])
            return getattr(count_weights(*sizes), row.metric)
    raise AbsentError(f"no network of {row.classifier} has {row.candidate}")


def _learned_weights(path: Any) -> int:
    with safe_open(path, framework="np") as file:
        return sum(
            math.prod(file.get_slice(name).get_shape())
            for name in file.keys()  # noqa: SIM118 - a file, not a mapping
            if not name.endswith(_STATISTICS)
        )


def _find_pipeline(row: Printed, results: Results) -> Ours:
    """Return how fast a way of reading images is."""
    table = results.table(results.pipeline, "this study measures no input pipeline")
    own = table[table["loader"] == row.candidate]
    if own.empty or row.metric not in own:
        raise AbsentError(f"there is no {row.metric.replace('_', ' ')} of {row.candidate}")
    value = float(own[row.metric].iloc[0])
    return Ours(value, value)


_FINDERS: dict[str, Callable[[Printed, Results], Ours]] = {
    "metrics": _find_metrics,
    "confusion": _find_confusion,
    "images": _find_images,
    "census": _find_census,
    "history": _find_history,
    "generator": _find_generator,
    "scores": _find_scores,
    "search": _find_search,
    "parameters": _find_parameters,
    "pipeline": _find_pipeline,
}

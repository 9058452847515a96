"""The results of a data set that published values are looked up in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd

from synthmix.store import read_table

Training = tuple[str, str]  # a classifier and a mix
Model = tuple[str, str]  # a generator and what it learns: a class, or all of them
Searched = tuple[str, str]  # generators or classifiers, and the name of one
Interval = tuple[float, float]
File = str | Path


class AbsentError(Exception):
    """There is no number of ours; the message says why, for a table."""


@dataclass(frozen=True)
class Ours:
    """Our number: `low` and `high` are equal but for several classifiers, of which it is the range.

    `interval` is from the lower limit of the lowest one to the upper limit of the highest; None
    where there is none. What is `exact` is no estimate: it is as published or it is not. `ends` are
    the intervals of both ends of a range over several classifiers, where each has one, and
    `left_out` says which of ours are not in that range, and why.
    """

    low: float | str
    high: float | str
    interval: Interval | None = None
    exact: bool = False
    ends: tuple[Interval, Interval] | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """What there is of one data set of a study: names, and the files that its rows refer to.

    A file that is None was not asked for or is not made. Trainings have a file for each repeat and
    fold; `validation` and `test` are their predictions, one list of folds a repeat. `settings` are
    those of the classifiers and generators, by kind and name, before what is `chosen` for them:
    `base` and `own`, which go under and over that, and `origin`, whose search it is. `searches` are
    tables, by kind and name too. `networks` are those whose weights are counted: classifier and
    candidate as rows have them, settings, image_shape and classes.
    """

    classifiers: Sequence[str]
    mixes: Sequence[str]
    generators: Sequence[str]
    confidence: float
    metrics: File | None = None
    composition: File | None = None
    index: File | None = None
    split: File | None = None
    census: File | None = None
    scores: File | None = None
    pipeline: File | None = None
    histories: Mapping[Training, Sequence[File]] = field(default_factory=dict)
    test: Mapping[Training, Sequence[Sequence[File]]] = field(default_factory=dict)
    validation: Mapping[Training, Sequence[Sequence[File]]] = field(default_factory=dict)
    weights: Mapping[Training, File] = field(default_factory=dict)
    generator_histories: Mapping[Model, File] = field(default_factory=dict)
    generator_times: Mapping[Model, File] = field(default_factory=dict)
    snapshots: Mapping[Model, File] = field(default_factory=dict)
    planes: Mapping[str, File] = field(default_factory=dict)
    searches: Mapping[Searched, File] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    chosen: Mapping[Searched, File] = field(default_factory=dict)
    networks: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of_files(
        cls,
        tables: Mapping[str, File | None],
        keys: Mapping[str, Sequence[Sequence[str]]],
        files: Mapping[str, Sequence[File]],
        folds: int,
        **others: Any,
    ) -> Self:
        """Return the results whose `files` are of `keys`, as many of each, in their order.

        Both go by the name of a field; predictions have `folds` files a repeat. `tables` are the
        fields that are a file.
        """
        several = {name: by_key(keys[name], files[name]) for name in keys}
        for name in ("test", "validation"):
            several[name] = {
                key: [found[start : start + folds] for start in range(0, len(found), folds)]
                for key, found in several[name].items()
            }
        for name in several.keys() - {"histories", "test", "validation"}:
            several[name] = {key: found[0] for key, found in several[name].items()}
        return cls(**tables, **several, **others)

    def table(self, path: File | None, otherwise: str) -> pd.DataFrame:
        """Return a table, read once; raises AbsentError with `otherwise` where there is none."""
        if path is None:
            raise AbsentError(otherwise)
        return self._read(path)

    @cached_property
    def _read(self) -> Callable[[File], pd.DataFrame]:
        tables: dict[File, pd.DataFrame] = {}

        def read(path: File) -> pd.DataFrame:
            if path not in tables:
                tables[path] = read_table(path)
            return tables[path]

        return read


def by_key(
    keys: Sequence[str | Sequence[str]], files: Sequence[File]
) -> dict[str | tuple[str, ...], list[File]]:
    """Return `files` by their keys, the same number for each, in the order of the keys."""
    each = len(files) // max(1, len(keys))
    return {
        key if isinstance(key, str) else tuple(key): list(files[place * each : (place + 1) * each])
        for place, key in enumerate(keys)
    }

"""The scores of all generators of a data set in one table."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from synthmix.files import write_table
from synthmix.leakage import NONE, each_leakage
from synthmix.store import read_table

REPEAT = ["split_number", "fold", "generator_training"]
_ESTIMATE = ["value", "low", "high"]


def tabulate_scores(
    scored: Sequence[tuple[str | Path, Sequence[int | None]]],
    output: str | Path,
    each: str | Path,
    leakage: str = NONE,
    of_ready: Mapping[str, str] | None = None,
) -> None:
    """Join the tables that `score_generator` and `score_real` wrote, in this order.

    Each of `scored` is a table and the numbers of its split, fold and training; a fold is None
    where there are none, a training for real images. The table `each` has them all, `output` the
    means over them: of values, and of the ends of their intervals, which thus are as wide as those
    of one training. A column says with which `leakage` the images were split, and of the generators
    of ready images what `of_ready` has of them (see `each_leakage`).
    """
    tables = [
        read_table(table).assign(**dict(zip(REPEAT, numbers, strict=True)))
        for table, numbers in scored
    ]
    joined = pd.concat(tables, ignore_index=True)
    joined["leakage"] = each_leakage(joined["generator"], leakage, of_ready or {})
    write_table(each, joined.astype(dict.fromkeys(REPEAT, "Int64")))
    write_table(output, _means(joined).drop(columns=REPEAT))


def _means(joined: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each score of each class of a generator; what is undefined stays out."""
    keys = ["generator", "label", "score"]
    groups = joined.groupby(keys, sort=False, dropna=False)
    if (groups.size() == 1).all():
        return joined
    means = groups.first().assign(**groups[_ESTIMATE].mean())
    return means.reset_index()[list(joined)]

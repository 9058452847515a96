"""The scores of all generators of a data set in one table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from synthmix.files import write_table
from synthmix.leakage import NONE
from synthmix.store import read_table


def tabulate_scores(tables: Sequence[str | Path], output: str | Path, leakage: str = NONE) -> None:
    """Join the tables that `score_generator` and `score_real` wrote, in this order.

    A column says with which `leakage` the images were split.
    """
    joined = pd.concat([read_table(table) for table in tables], ignore_index=True)
    write_table(output, joined.assign(leakage=leakage))

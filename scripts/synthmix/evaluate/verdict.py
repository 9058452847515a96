"""The measure that verdicts are about, and how tables name it."""

import pandas as pd

ACCURACY = "accuracy"
JUDGED_BY = "judged_by"  # the column of that name; tables leave it out where it is accuracy


def measure_column(measure: str) -> dict[str, str]:
    """Return the column that says that verdicts are about `measure`, none for accuracy."""
    return {} if measure == ACCURACY else {JUDGED_BY: measure}


def judged_by(table: pd.DataFrame) -> str:
    """Return the measure that the verdicts of `table` are about."""
    return table[JUDGED_BY].iloc[0] if JUDGED_BY in table and len(table) else ACCURACY

"""Which test images are worth a look: where a classifier is surest, and where it is least sure."""

import pandas as pd

from synthmix.figures.predictions import classes_of, probabilities

WRONG, RIGHT, UNSURE = "wrong, and most confident", "right, and most confident", "least sure"


def choose_examples(table: pd.DataFrame, most: int) -> dict[str, pd.DataFrame]:
    """Return at most `most` rows of a table of predictions for each kind, the clearest first.

    The rows have two more columns: `chance`, the probability of the predicted class, and `right`.
    The least sure images are those with the smallest lead of the most probable class over the
    next; an image is of one kind only. Ties are settled by the order of the table.
    """
    table = _judged(table)
    surest = table.sort_values("chance", ascending=False, kind="stable")
    chosen = {
        WRONG: surest[~surest["right"]].head(most),
        RIGHT: surest[surest["right"]].head(most),
    }
    taken = pd.concat(chosen.values()).index
    rest = table.drop(taken).sort_values("lead", kind="stable")
    return chosen | {UNSURE: rest.head(most)}


def example_text(row: pd.Series, most: int) -> str:
    """Return what stands above an example; class names have at most `most` characters."""
    chance = f"{row['chance']:.2f}"
    label, predicted = (_short(row[name], most) for name in ("label", "predicted"))
    return (
        f"\u2713 {label}\nprobability {chance}"
        if row["right"]
        else f"\u2717 {predicted} {chance}\ntrue: {label}"
    )


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    chances, classes = probabilities(table), classes_of(table)
    said = [classes.index(label) for label in table["predicted"]]
    ordered = pd.DataFrame(chances).apply(sorted, axis=1, result_type="expand").to_numpy()
    return table.assign(
        chance=chances[range(len(table)), said],
        lead=ordered[:, -1] - ordered[:, -2],
        right=(table["label"] == table["predicted"]).to_numpy(),
    )


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most // 2]}\u2026{name[-(most - 1) // 2 :]}"

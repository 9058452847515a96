"""What a study says of how results are judged; no torch here."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from synthmix.settings import Name, SettingsModel

LARGEST_PROBABILITY = 0.5
MARGIN = 0.02
AUTO = "auto"

Between = Annotated[float, Field(gt=0, lt=1)]


class SensitivityThreshold(SettingsModel):
    """A threshold chosen on the validation images of each training."""

    sensitivity: Annotated[float, Field(gt=0, le=1)] = Field(
        description="The highest threshold with at least this sensitivity there is taken."
    )


class Evaluation(SettingsModel):
    """How results are judged."""

    bootstrap_samples: Annotated[int, Field(ge=100)] = Field(
        2000, description="Resamples of the test patients behind each interval."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Coverage of the intervals."
    )
    significance: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        0.05, description="Largest Holm-adjusted p-value that counts as evidence."
    )
    margin: Annotated[float, Field(gt=0, lt=1)] = Field(
        MARGIN,
        description="Differences below it, to either side, don't matter: a mix whose interval lies"
        " within makes no difference.",
    )
    verdict: Literal["auto", "accuracy", "balanced_accuracy", "macro_f1"] = Field(
        AUTO,
        description="Measure in which a mix helps or hurts, and one classifier is better than"
        " another. Balanced accuracy and macro F1 weigh rare classes as much as frequent ones."
        " auto decides by the images of the data set: of two classes, the larger with over 60%,"
        " balanced accuracy; of more, the largest with over 1.5 times the smallest, macro F1; else"
        " accuracy.",
    )
    families: dict[Name, Annotated[list[str], Field(min_length=1)]] = Field(
        {},
        description="Comparisons that p-values are adjusted for together, by a name of your choice:"
        " of each the mixes, or their generators, selections or baselines. What none of them names"
        " is one family, and so are the pairs of compare.",
    )
    threshold: Between | SensitivityThreshold = Field(
        LARGEST_PROBABILITY,
        description="Probability from which an image is said to be of positive_class; with two"
        " classes alone. 0.5: the more probable class.",
    )


def check_threshold(
    settings: Evaluation, classes: Sequence[str], positive_class: str | None
) -> str | None:
    """Return what is wrong with the threshold of a data set with these classes, None if nothing."""
    if settings.threshold == LARGEST_PROBABILITY:
        return None
    if len(classes) != 2:
        return f"is for two classes, and these are {len(classes)}: remove it"
    if positive_class is None:
        return "is a probability of positive_class, which is missing: name it, or remove this"
    return None

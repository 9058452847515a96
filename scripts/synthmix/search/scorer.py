"""The metrics of a candidate of a search, with their intervals, from a table of its predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.metrics import bounds_of, weighted_metrics
from synthmix.evaluate.predictions import Predictions, read_predictions

Estimate = tuple[float, float, float]  # a value and the ends of its interval, nan if undefined


@dataclass(frozen=True)
class Scorer:
    """How the predictions of one data set are scored."""

    classes: Sequence[str]
    positive_class: str | None
    bootstrap_samples: int
    confidence: float
    seed: int

    def estimates(self, predictions: str | Path, metrics: Sequence[str]) -> dict[str, Estimate]:
        """Return `metrics` of a table of predictions, with bootstrap intervals over patients."""
        table = read_predictions([predictions])
        judged = Predictions.from_table(table, self.classes)
        bootstrap = Bootstrap(table["group"], self.bootstrap_samples, self.seed)
        values = bootstrap.apply(
            lambda weights: weighted_metrics(judged, weights, self.positive_class)
        )
        return {
            metric: (
                float(values[metric, ""][0]),
                *bootstrap.interval(values[metric, ""], self.confidence, bounds_of(metric)),
            )
            for metric in metrics
        }

"""Classifiers of a study that differ in mixup alone: what a figure of its alpha is drawn of."""

import json
from typing import Any

from synthmix.plan import classify, published
from synthmix.plan.view import View
from synthmix.search.chosen import lay_over

_VARIED = ("mixup", "monte_carlo_passes")


def series(view: View) -> list[dict[str, Any]]:
    """Return the lines of the figure: of each a label, and its points in the order of alpha.

    A line has classifiers whose settings are the same but for the alpha of mixup, 0 for none, and
    is there with two of them at least; one with Monte Carlo dropout is another line than one
    without. A point is a classifier, its alpha, and its printed accuracy, None where none is.
    """
    families: dict[str, list[tuple[float, int | None, str]]] = {}
    for name in view.classifiers:
        if classify.choice(view, name) is not None:
            continue
        found = classify.trained(view, name)
        settings = lay_over(dict(found.base), found.own)
        alpha, passes = settings["mixup"] or 0, settings["monte_carlo_passes"]
        others = {key: value for key, value in settings.items() if key not in _VARIED}
        families.setdefault(json.dumps(others, sort_keys=True), []).append((alpha, passes, name))
    varied = [family for family in families.values() if len({alpha for alpha, *_ in family}) > 1]
    return [line for family in varied for line in _lines(view, family, len(varied) > 1)]


def _lines(
    view: View, family: list[tuple[float, int | None, str]], several: bool
) -> list[dict[str, Any]]:
    printed = {
        row.classifier: row.low
        for row in published.rows(view, "metrics")
        if (row.metric, row.mix, row.split, row.label) == ("accuracy", view.baseline, "test", "")
    }
    of_family = f"as {family[0][2]}, " if several else ""
    return [
        {
            "label": of_family + (f"dropout on, {passes} passes" if passes else "dropout off"),
            "points": [
                {"alpha": alpha, "classifier": name, "published": printed.get(name)}
                for alpha, own, name in sorted(family, key=lambda point: point[0])
                if own == passes
            ],
        }
        for passes in dict.fromkeys(own for _, own, _ in family)
    ]

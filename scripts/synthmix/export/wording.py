"""What a data card says of scores and of memorisation."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from synthmix.scopes import ALL_CLASSES
from synthmix.score.names import NEAR, NEAR_TEST, is_known, lower_is_better
from synthmix.score.names import title as score_title


def score_rows(scores: pd.DataFrame) -> list[tuple[str, str, str, str, str]]:
    """Return class, score, value with interval, the better direction and cautions."""
    rows = []
    for row in scores[scores["score"].map(is_known)].to_dict("records"):
        name = row["score"]
        if name in (NEAR, NEAR_TEST):
            continue  # that is said in words
        better = "lower" if lower_is_better(name) else "higher"
        title = class_title(row["label"])
        rows.append((title, score_title(name), _value(row), better, _text(row["caution"])))
    return rows


def memorisation(scores: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Return what is known of copies: a sentence a class, and the nearest pairs.

    `scores` and `pairs` are the tables of `score_generator`. An image is suspiciously near when it
    is as near to a training image as few real images that no generator has seen are.
    """
    lines = [
        "An image is suspiciously near when its nearest training image is as near, in the features "
        "that the scores are of, as it is for few real images that the generator has not seen."
    ]
    for label in dict.fromkeys(scores["label"]):
        own = scores[scores["label"] == label].set_index("score").to_dict("index")
        lines.append(f"- **{class_title(label)}**: {_verdict(own)}")
    lines += _of_test(scores)
    pairs = pairs[pairs["part"] == "training"]
    within = int((pairs["distance"] <= pairs["limit"]).sum())
    equal = int((pairs["distance"] == 0).sum())
    nearest = f"Of the {len(pairs)} nearest pairs {within} are that near"
    lines.append(f"\n{nearest}; {equal} {'is' if equal == 1 else 'are'} at no distance at all.")
    return f"{lines[0]}\n\n" + "\n".join(lines[1:])


def _of_test(scores: pd.DataFrame) -> list[str]:
    """Return what is known of ready images that are near test images; nothing of others."""
    together = scores[scores["label"] == ALL_CLASSES].set_index("score").to_dict("index")
    if NEAR_TEST not in together:
        return []
    near, chance = together[NEAR_TEST], together[f"{NEAR_TEST}_by_chance"]
    if math.isnan(near["value"]) or math.isnan(chance["high"]):
        return ["- **test images**: unknown, there was nothing to compare with."]
    facts = (
        f"{near['value']:.1%} of {near['images_synthetic']:,} images; chance allows up to "
        f"{chance['high']:.1%}"
    )
    if near["value"] > chance["high"]:
        return [f"- **test images of the study: too many images are suspiciously near** ({facts})."]
    return [f"- **test images of the study**: no more are near than chance allows ({facts})."]


def _verdict(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the scores of a class, by their names, say of copies."""
    near, chance = scores.get(NEAR), scores.get("suspiciously_near_by_chance")
    if near is None or chance is None or math.isnan(near["value"]) or math.isnan(chance["high"]):
        return "unknown: there were no held-out images to compare with."
    share, most = near["value"], chance["high"]
    facts = f"{share:.1%} of {near['images_synthetic']:,} images; chance allows up to {most:.1%}"
    if share > most:
        return f"**too many are suspiciously near: it has copied** ({facts})."
    return f"no more are suspiciously near than chance allows ({facts})."


def class_title(label: str) -> str:
    """Return how a card calls a class, or all of them."""
    return "all classes" if label == ALL_CLASSES else label


def _value(row: Mapping[str, Any]) -> str:
    # a zero may have a sign
    value, low, high = (row[name] + 0.0 for name in ("value", "low", "high"))
    if math.isnan(value):
        return "unknown"
    if math.isnan(low) or math.isnan(high):
        return f"{value:.4g}"
    return f"{value:.4g} ({low:.3g} to {high:.3g})"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

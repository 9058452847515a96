"""Dealing patients out by shares of their images, and telling where the shares can't be had."""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

LOGGER = logging.getLogger(__name__)
# of the share of the smallest split: patients with so many images would spoil it if they came last
_LARGE = 0.25
_MISSED = 0.1  # of the images of a class


def deal(
    images: pd.Series, shares: Mapping[str, float], random: np.random.Generator
) -> dict[str, str]:
    """Return the split of each group of one class, of so many `images` each, by `shares` (sum 1).

    Large groups go first, the largest to the split that lacks most images; the others in random
    order, each to the split that is furthest below its share. No split stays empty where there are
    as many groups as splits.
    """
    shuffled = images.iloc[random.permutation(len(images))]
    is_large = shuffled >= _LARGE * min(shares.values()) * images.sum()
    # one image more or less is no matter
    is_large &= shuffled > 1
    large = shuffled[is_large].sort_values(ascending=False, kind="stable")
    order = [*large.index, *shuffled.index[~is_large]]
    dealt = dict.fromkeys(shares, 0)
    result = {}
    for position, group in enumerate(order):
        empty = [split for split in shares if not dealt[split]]
        # the last groups go to splits that have none yet, so that none stays empty
        candidates = empty if len(order) - position <= len(empty) else list(shares)
        if position < len(large):
            target = max(candidates, key=lambda split: shares[split] * images.sum() - dealt[split])
        else:
            target = min(candidates, key=lambda split: dealt[split] / shares[split])
        dealt[target] += images[group]
        result[group] = target
    return result


def tell_missed_shares(
    samples: pd.DataFrame, splits: pd.Series, shares: Mapping[str, float]
) -> None:
    """Log the classes of which a split has got another share of the images than `shares` asks for.

    Another one is off by more than a tenth of the images of the class, or by more than half of what
    was asked for if that is less, and by more than one image.
    """
    for label, own in samples.groupby("label"):
        counts = splits[own.index].value_counts().reindex(list(shares), fill_value=0)
        missed = any(
            abs(counts[name] - share * len(own)) > max(1, min(_MISSED, share / 2) * len(own))
            for name, share in shares.items()
        )
        if missed:
            largest = own["group"].value_counts()
            got = (
                f"{name} has {counts[name] / len(own):.0%}, not {share:.0%}"
                for name, share in shares.items()
            )
            LOGGER.warning(
                "class %s, %d images: the shares that were asked for can't be had: %s. Patients "
                "stay whole, and the largest of %d, %s, has %d images of it",
                label,
                len(own),
                ", ".join(got),
                len(largest),
                largest.index[0],
                largest.iloc[0],
            )

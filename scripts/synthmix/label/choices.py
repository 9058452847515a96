"""The labels that can be given, and the key of each."""

import string
import unicodedata
from collections.abc import Sequence

from synthmix.errors import UserError

SPARE_KEYS = string.digits[1:] + string.ascii_lowercase


def label_keys(labels: Sequence[str], keys: Sequence[str] | None = None) -> dict[str, str]:
    """Return the key of each label, in the order of `labels`.

    Without `keys` a label has its first letter, or the next free digit or letter where another
    label has that. Raises UserError for labels or keys that are fewer than two, twice there, or
    can't be told from others in a table or on a keyboard.
    """
    _check_labels(labels)
    if keys is None:
        return dict(zip(labels, _keys_for(labels), strict=True))
    if len(keys) != len(labels):
        raise UserError(f"--keys: {len(keys)} keys for {len(labels)} labels: give one for each")
    for key in keys:
        if len(key) != 1 or not _is_plain(key) or key.isspace():
            raise UserError(f"--keys: {key!r} is not one letter, digit or sign, as in --keys g b")
    folded = [key.casefold() for key in keys]
    if len(set(folded)) < len(folded):
        raise UserError(f"--keys {' '.join(keys)}: a key is there twice; capitals count as small")
    return dict(zip(labels, keys, strict=True))


def _check_labels(labels: Sequence[str]) -> None:
    if len(labels) < 2:
        raise UserError(f"--labels: {len(labels)} given; two at least, as in --labels good bad")
    if len(labels) > len(SPARE_KEYS):
        raise UserError(f"--labels: {len(labels)} given; no more than {len(SPARE_KEYS)} have a key")
    if len(set(labels)) < len(labels):
        raise UserError(f"--labels {' '.join(labels)}: a label is there twice")
    for label in labels:
        # the table is read without the spaces around
        if not label or label != label.strip() or not _is_plain(label):
            raise UserError(
                f"--labels: {label!r} is empty, begins or ends with a space, or has signs that "
                "can't be seen: call it something else"
            )


def _keys_for(labels: Sequence[str]) -> list[str]:
    """Return a key for each label: its first letter where that is free."""
    keys: list[str] = []
    wanted = [label[0].casefold() for label in labels]
    for position, key in enumerate(wanted):
        if key in wanted[:position] or len(key) != 1:
            free = (spare for spare in SPARE_KEYS if spare not in wanted and spare not in keys)
            key = next(free)
        keys.append(key)
    return keys


def _is_plain(text: str) -> bool:
    """Return whether all of `text` can be seen, and be written in UTF-8."""
    return not any(unicodedata.category(sign).startswith("C") for sign in text)

"""What mixes are called where people read them, and in which order they come."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.store import read_table

# in the order in which mixes of the same class shares are shown
KINDS = ("synthetic_mix", "selected_real", "trained_otherwise", "real_only")


@dataclass(frozen=True)
class MixName:
    """A mix in words: its `group` (class shares) and its `short` name within the group."""

    group: str
    short: str

    @property
    def full(self) -> str:
        """The name outside its group."""
        return f"{self.group}, {self.short}" if self.group else self.short


def mix_names(table: pd.DataFrame) -> dict[str, MixName]:
    """Return the names of the mixes of `table`, grouped by class shares, each with its baseline.

    Reads the columns mix, kind, generator, selection, training, addition, class_shares and
    real_share. Names say only what differs: the class shares and the generator are left out where
    all mixes have the same.
    """
    mixes = table.drop_duplicates("mix")
    shares = list(mixes["class_shares"].unique())
    generators = [name for name in mixes["generator"].unique() if pd.notna(name) and name]
    order = sorted(
        mixes.itertuples(),
        key=lambda mix: (
            shares.index(mix.class_shares),
            KINDS.index(mix.kind),
            generators.index(mix.generator) if mix.generator in generators else 0,
            mix.real_share,
        ),
    )
    with_generator = len(generators) > 1
    called = Counter((mix.class_shares, _short_name(mix, with_generator)) for mix in order)
    names = {}
    for mix in order:
        short = _short_name(mix, with_generator)
        if called[mix.class_shares, short] > 1 and isinstance(mix.training, str) and mix.training:
            short += f", as {mix.training}"  # as controls are of generators that are trained so
        names[mix.mix] = MixName(_unbroken(mix.class_shares) if len(shares) > 1 else "", short)
    return names


def read_mix_names(mixes: str | Path | None, present: Iterable[str]) -> dict[str, MixName]:
    """Return the names of the mixes `present`, from the table of the study's `mixes`.

    Without that table the mixes are called and ordered as in `present`.
    """
    present = list(dict.fromkeys(present))
    if mixes is None:
        return {mix: MixName("", mix) for mix in present}
    return {mix: name for mix, name in mix_names(read_table(mixes)).items() if mix in present}


def _unbroken(class_shares: str) -> str:
    """Keep the share of a class on the line of its name, wherever the text is wrapped."""
    return " / ".join(part.replace(" ", "\u00a0") for part in class_shares.split(" / "))


def _short_name(mix: Any, with_generator: bool) -> str:
    if mix.kind == "real_only":
        return "real only"
    if mix.kind == "selected_real":
        return f"{mix.selection}, real\u00a0only"
    if mix.kind == "trained_otherwise":
        return f"{mix.training}, real\u00a0only"
    added = isinstance(mix.addition, str) and mix.addition  # an empty column is read as numbers
    real = added or f"{100 * mix.real_share:g}%\u00a0real"  # never parted
    return f"{mix.generator}, {real}" if with_generator else real

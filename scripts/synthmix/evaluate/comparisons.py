"""Which mixes are compared with which, and which of the comparisons are adjusted together.

Imports neither torch nor pandas: the workflow plans its jobs with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from synthmix.mix.plan import Mix, copy_of

# families that every study has
WITH_BASELINES, PAIRS, WITH_COPIES = "mixes", "pairs", "copies"
OF_PAIRS = (PAIRS, WITH_COPIES)  # those in which two mixes are compared, not one with its baseline
NO_FAMILIES: Mapping[str, Sequence[str]] = {}


@dataclass(frozen=True)
class Comparison:
    """A mix, what it is compared with, and the family that its p-values are adjusted in."""

    mix: str
    baseline: str
    family: str = WITH_BASELINES

    @property
    def is_pair(self) -> bool:
        """Whether two mixes are compared, not one with its baseline."""
        return self.family in OF_PAIRS

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, for a rule's parameters."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the comparison that `to_dict` gave as plain values."""
        return cls(**values)


def plan_comparisons(
    mixes: Sequence[Mix],
    compare: Iterable[Sequence[str]] = (),
    families: Mapping[str, Sequence[str]] = NO_FAMILIES,
    copies: str | None = None,
) -> list[Comparison]:
    """Return the comparisons of a study in the order of its tables.

    First each mix against its baseline, if there is one, in the first of the `families` that names
    it, its generator, its selection or its baseline, then the pairs that `compare` asks for, each
    once: the same the other way round would count as another question. Last each mix with synthetic
    images against the same with `copies`, the generator of them, where that is no such pair.
    """
    baselines = {mix.name for mix in mixes if mix.generator is None}
    with_baselines = [
        Comparison(mix.name, mix.baseline, _family(mix, families))
        for mix in mixes
        if not mix.is_baseline and mix.baseline in baselines
    ]
    pairs = [(one, other) for names in compare for one, other in pairs_of(mixes, *names)]
    once: dict[frozenset[str], tuple[str, str]] = {}
    for pair in pairs:
        once.setdefault(frozenset(pair), pair)
    asked = [Comparison(*pair, PAIRS) for pair in once.values()]
    return (
        with_baselines
        + asked
        + [
            Comparison(mix.name, control.name, WITH_COPIES)
            for mix, control in _with_controls(mixes, copies)
            if frozenset((mix.name, control.name)) not in once
        ]
    )


def _with_controls(mixes: Sequence[Mix], copies: str | None) -> Iterator[tuple[Mix, Mix]]:
    """Yield each mix with synthetic images and the same with copies in their place."""
    for mix in mixes if copies else ():
        control = copy_of(mix, mixes, copies) if mix.generator not in (None, copies) else None
        if control is not None:
            yield mix, control


def pairs_of(mixes: Sequence[Mix], first: str, second: str) -> Iterator[tuple[str, str]]:
    """Yield the names of two mixes each, of those that two names stand for.

    Names of mixes stand for these. Names of generators stand for all their mixes, of which those
    are a pair that differ in the generator alone.
    """
    names = [mix.name for mix in mixes]
    if first in names and second in names:
        yield first, second
        return
    others = {_but_for_generator(mix): mix.name for mix in mixes if mix.generator == second}
    for mix in mixes:
        if mix.generator == first and _but_for_generator(mix) in others:
            yield mix.name, others[_but_for_generator(mix)]


def names_for(mix: Mix) -> set[str]:
    """Return the names that a family may have for a mix."""
    own = (mix.name, mix.generator, mix.selection, mix.training)
    return {name for name in own if name is not None}


def _family(mix: Mix, families: Mapping[str, Sequence[str]]) -> str:
    for family, named in families.items():
        if names_for(mix) & set(named):
            return family
    return WITH_BASELINES


def _but_for_generator(mix: Mix) -> tuple[Any, ...]:
    shares = tuple((mix.class_shares or {}).items())
    return shares, mix.real_share, mix.fill, mix.ratio, mix.selection

"""Which mixes a study compares, and how many images of each kind they need.

Imports neither torch nor pandas: the workflow plans its jobs with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from synthmix.shares import apportion

REAL_ONLY = "real_only"
AS_THEY_ARE = "as they are"


@dataclass(frozen=True)
class Mix:
    """One training set: class shares, a share of real images, and the generator of the rest.

    `generator` is None and `real_share` 1 for a mix of real images alone, which takes all that its
    class shares allow; `train_images` and `validation_images` don't bind it. Where it has no
    `class_shares` either, it takes all there are, the classes as they are. With a `selection` it
    is trained on images which that keeps, without it is the real-only baseline.
    """

    name: str
    generator: str | None
    class_shares: dict[str, float] | None
    validation_class_shares: dict[str, float] | None
    real_share: float
    train_images: int | None
    validation_images: int | None
    when_real_runs_short: str
    selection: str | None = None

    @property
    def baseline(self) -> str:
        """The name of the real-only mix with the same class shares."""
        return _mix_name(REAL_ONLY, self.class_shares)

    @property
    def is_baseline(self) -> bool:
        """Whether this is the real-only mix that others are compared with."""
        return self.generator is None and self.selection is None

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return the number of images by split, class and origin; not for the baseline."""
        origin_shares = {"synthetic": 1 - self.real_share, "real": self.real_share}
        return {
            split: {
                label: apportion(count, origin_shares)
                for label, count in apportion(images, shares).items()
            }
            for split, images, shares in self.splits()
        }

    def splits(self) -> tuple[tuple[str, int, dict[str, float]], ...]:
        """Return the name, the number of images and the class shares of each part."""
        return (
            ("train", self.train_images, self.class_shares),
            ("validation", self.validation_images, self.validation_class_shares),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the mix as plain values, for a rule's parameters."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the mix that `to_dict` gave as plain values."""
        return cls(**values)


def plan_mixes(
    generators: Iterable[str],
    class_shares: Iterable[Mapping[str, float]],
    validation_class_shares: Mapping[str, float],
    real_shares: Iterable[float],
    train_images: int,
    validation_images: int,
    when_real_runs_short: str,
    selections: Iterable[str] = (),
) -> list[Mix]:
    """Return the mixes of a study in the order of its tables: by generator, real share, classes.

    Then come the mixes of each of the `selections`, last the real-only baselines: of either one
    for each entry of `class_shares`.
    """
    class_shares = list(class_shares)
    wanted = [
        (generator, None, shares, real_share)
        for generator in generators
        for real_share in real_shares
        for shares in class_shares
    ]
    wanted += [(None, name, shares, 1.0) for name in (*selections, None) for shares in class_shares]
    return [
        Mix(
            name=_mix_name(
                generator or selection or REAL_ONLY, shares, real_share if generator else None
            ),
            generator=generator,
            class_shares=dict(shares),
            validation_class_shares=dict(validation_class_shares),
            real_share=real_share,
            train_images=train_images,
            validation_images=validation_images,
            when_real_runs_short=when_real_runs_short,
            selection=selection,
        )
        for generator, selection, shares, real_share in wanted
    ]


def plan_real_mixes(selections: Iterable[str] = ()) -> list[Mix]:
    """Return the mixes of a study without synthetic images: all real ones, classes as they are.

    First those of each of the `selections`, last the real-only baseline.
    """
    return [
        Mix(
            name=selection or REAL_ONLY,
            generator=None,
            class_shares=None,
            validation_class_shares=None,
            real_share=1.0,
            train_images=None,
            validation_images=None,
            when_real_runs_short="fail",
            selection=selection,
        )
        for selection in (*selections, None)
    ]


def pool_size(mixes: Iterable[Mix], generator: str, label: str) -> int:
    """Return how many synthetic images of a class the mixes of a generator need at the most."""
    return max(
        (
            sum(classes.get(label, {}).get("synthetic", 0) for classes in mix.counts().values())
            for mix in mixes
            if mix.generator == generator
        ),
        default=0,
    )


def describe_class_shares(shares: Mapping[str, float] | None) -> str:
    """Return class shares as tables show them: "cancer 30 / normal 70", or "as they are"."""
    if shares is None:
        return AS_THEY_ARE
    return " / ".join(f"{label} {100 * share:g}" for label, share in shares.items())


def _mix_name(
    origin: str, class_shares: Mapping[str, float] | None, real_share: float | None = None
) -> str:
    """Return the name of a mix of images from `origin`, of real ones alone without `real_share`."""
    if class_shares is None:
        return origin
    classes = "-".join(f"{label}{100 * share:g}" for label, share in class_shares.items())
    name = f"{origin}-{classes}"
    return name if real_share is None else f"{name}-real{100 * real_share:g}"

"""Which mixes a study compares, and how many images of each kind they need.

Imports neither torch nor pandas: the workflow plans its jobs with it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from synthmix.shares import apportion, largest_sample

REAL_ONLY = "real_only"
REAL_STORE = "real"
AS_THEY_ARE = "as they are"
ELSEWHERE = "elsewhere"  # where a generator's images were made that are ready ones
AS_TRAINING = "as_training"  # validation images have the class shares of the training images
REAL, MIXED = "real", "mixed"  # what a mix of a fixed size is validated on

RealCounts = Mapping[str, Mapping[str, int]]  # images by split and class
Counts = dict[str, dict[str, dict[str, int]]]  # images by split, class and origin
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Mix:
    """One training set: class shares, a share of real images, and the generator of the rest.

    `generator` is None and `real_share` 1 for a mix of real images alone, which takes all that its
    class shares allow; `train_images` and `validation_images` don't bind it. Where it has no
    `class_shares` either, it takes all there are, the classes as they are. With a `selection` it
    is trained on images which that keeps, with a `training` in the way that the study calls so;
    without either it is the real-only baseline.

    Without `validation_images` a mix with a generator is validated on the images that its baseline
    is validated on: real ones, as many as the class shares allow.

    An addition has a `generator` and no `class_shares`: all real images, or with a `selection` as
    well those that it keeps, to which synthetic ones are added, either `fill` of what each class
    lacks to the largest or `ratio` for each real one. Its `real_share` follows from the real images
    there are, so that it is None.
    """

    name: str
    generator: str | None
    class_shares: dict[str, float] | None
    validation_class_shares: dict[str, float] | None
    real_share: float | None
    train_images: int | None
    validation_images: int | None
    when_real_runs_short: str
    selection: str | None = None
    training: str | None = None
    fill: float | None = None
    ratio: float | None = None
    adds_to_validation: bool = False

    @property
    def baseline(self) -> str:
        """The name of the real-only mix with the same class shares, trained in the same way.

        A study may lack it.
        """
        if self.generator is not None and self.training is not None:
            return self.training
        return _mix_name(REAL_ONLY, self.class_shares)

    @property
    def is_baseline(self) -> bool:
        """Whether this is the real-only mix that others are compared with."""
        return self.generator is None and self.selection is None and self.training is None

    @property
    def has_other_images(self) -> bool:
        """Whether it is to have other images than its baseline, not only another training."""
        return self.generator is not None or self.selection is not None

    @property
    def is_addition(self) -> bool:
        """Whether synthetic images are added to all the real ones."""
        return self.fill is not None or self.ratio is not None

    @property
    def takes_real(self) -> bool:
        """Whether real images are in it, if only to validate on."""
        return self.real_share != 0 or self.validation_images is None

    @property
    def composition(self) -> tuple[Any, ...]:
        """How its images come together and are learned from, whatever makes or removes some.

        Mixes that differ in a number alone have the same, but for shares of none and of all.
        """
        share = self.real_share if self.real_share in (None, 0, 1) else "some"
        made = self.generator is not None, self.selection is not None, self.training
        ways = self.fill is None, self.ratio is None, self.adds_to_validation
        return (*made, self.class_shares is None, share, *ways)

    def counts(self, real: RealCounts | None = None) -> Counts:
        """Return the number of images by split, class and origin of a mix with a generator.

        `real` says how many real images there are. An addition depends on it, and so does the
        validation on real images alone, which is left out where it is not known.
        """
        if self.is_addition:
            return {
                split: {
                    label: {"real": images, "synthetic": added}
                    for label, images, added in self._added(split, classes)
                }
                for split, classes in (real or {}).items()
                if split in ("train", "validation")
            }
        origin_shares = {"synthetic": 1 - self.real_share, "real": self.real_share}
        found = {
            split: {
                label: apportion(count, origin_shares)
                for label, count in apportion(images, shares).items()
            }
            for split, images, shares in self.splits()
            if images is not None
        }
        if self.validation_images is None and real is not None:
            there = real.get("validation", {})
            shares = self.validation_class_shares
            sample = largest_sample({label: there.get(label, 0) for label in shares}, shares)
            found["validation"] = {n: {"real": k, "synthetic": 0} for n, k in sample.items()}
        return found

    def _added(self, split: str, real: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
        """Yield class, real images and synthetic ones added to them."""
        largest = max(real.values(), default=0)
        for label, images in real.items():
            wanted = self.ratio * images if self.fill is None else self.fill * (largest - images)
            adds = split == "train" or self.adds_to_validation
            yield label, images, round(wanted) if adds else 0

    def splits(self) -> tuple[tuple[str, int | None, dict[str, float] | None], ...]:
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


def plan_study(
    generators: Iterable[str],
    mixes: Settings | None = None,
    additions: Settings | None = None,
    selections: Iterable[str] = (),
    baselines: Iterable[str] = (),
    copying: Collection[str] = (),
    copies: str | None = None,
) -> list[Mix]:
    """Return the mixes of a study in the order of its tables, by the sections of its file.

    With additions or baselines there is a real-only mix of the classes as they are, which these
    and the selections are compared with; otherwise those have the class shares of the mixes.
    Images of the generators `copying` are training images or blends of them: they validate nothing.
    With `copies`, a generator, there is each mix of another one with its images too.
    """
    generators, planned = list(generators), []
    as_they_are = mixes is None or additions is not None or bool(list(baselines))
    if mixes is not None:
        named = mixes.get("generators") or generators
        planned += plan_mixes(
            named,
            **{name: value for name, value in mixes.items() if name != "generators"},
            selections=() if as_they_are else selections,
        )
    if additions is not None:
        named = additions.get("generators") or generators
        for name in named:
            validates = additions["validation"] == "added" and name not in copying
            ways = additions["fill"], additions["ratios"], validates
            training = (additions.get("trained_as") or {}).get(name)
            removals = additions.get("after_removal") or {}
            after = [selection for selection, added in removals.items() if name in added]
            for selection in (None, *after):
                planned += plan_additions([name], *ways, selection, training)
    if copies is not None:
        planned = with_copies(planned, copies)
    return planned + (plan_real_mixes(selections, baselines) if as_they_are else [])


def with_copies(planned: Sequence[Mix], copies: str) -> list[Mix]:
    """Return the mixes `planned`, and what each is with images of the generator `copies` instead.

    Of those there is each once. They come after the last mix with synthetic images.
    """
    planned = list(planned)
    controls: list[Mix] = []
    for mix in planned:
        there = planned + controls
        if mix.generator in (None, copies) or copy_of(mix, there, copies) is not None:
            continue
        name = f"{copies}{mix.name.removeprefix(mix.generator)}"
        if mix.training is not None or any(other.name == name for other in there):
            name += f"-as-{mix.training or REAL_ONLY}"
        controls.append(_with_generator(mix, copies, name))
    ends = [place for place, mix in enumerate(planned, start=1) if mix.generator is not None]
    end = max(ends, default=0)
    return planned[:end] + controls + planned[end:]


def copy_of(mix: Mix, mixes: Iterable[Mix], copies: str) -> Mix | None:
    """Return which of the `mixes` is `mix` with images of the generator `copies`, if one is."""
    wanted = _with_generator(mix, copies, "")
    return next((other for other in mixes if replace(other, name="") == wanted), None)


def _with_generator(mix: Mix, copies: str, name: str) -> Mix:
    # copies of training images validate nothing
    return replace(mix, name=name, generator=copies, adds_to_validation=False)


def plan_mixes(
    generators: Iterable[str],
    class_shares: Iterable[Mapping[str, float]],
    validation_class_shares: Mapping[str, float] | str,
    real_shares: Iterable[float],
    train_images: int,
    validation_images: int | None,
    when_real_runs_short: str,
    selections: Iterable[str] = (),
    real_only: bool = True,
    validation: str = MIXED,
) -> list[Mix]:
    """Return the mixes of a study in the order of its tables: by generator, real share, classes.

    Then come the mixes of each of the `selections`, last the `real_only` baselines, if there are
    to be any: of either one for each entry of `class_shares`. Validation images have the
    `validation_class_shares`, or, as `as_training` asks for, those of the training images. Where
    `validation` is real, those of a mix are its baseline's, else so many, real and synthetic ones
    in its shares.
    """
    class_shares = list(class_shares)
    wanted = [
        (generator, None, shares, real_share)
        for generator in generators
        for real_share in real_shares
        for shares in class_shares
    ]
    alone = (*selections, None) if real_only else selections
    wanted += [(None, name, shares, 1.0) for name in alone for shares in class_shares]
    return [
        Mix(
            name=_mix_name(
                generator or selection or REAL_ONLY, shares, real_share if generator else None
            ),
            generator=generator,
            class_shares=dict(shares),
            validation_class_shares=dict(
                shares if validation_class_shares == AS_TRAINING else validation_class_shares
            ),
            real_share=real_share,
            train_images=train_images,
            validation_images=None if validation == REAL else validation_images,
            when_real_runs_short=when_real_runs_short,
            selection=selection,
        )
        for generator, selection, shares, real_share in wanted
    ]


def plan_additions(
    generators: Iterable[str],
    fill: Iterable[float],
    ratios: Iterable[float],
    adds_to_validation: bool,
    selection: str | None = None,
    training: str | None = None,
) -> list[Mix]:
    """Return the mixes of all real images and synthetic ones added to them, by generator.

    With a `selection` of the real images that it keeps, with a `training` learned from in the way
    that the study calls so.
    """
    ways = [("filled", "fill", share) for share in fill]
    ways += [("added", "ratio", ratio) for ratio in ratios]
    return [
        _as_they_are(
            f"{generator}-{word}"
            + (f"{100 * value:g}" if (word, value) != ("filled", 1) else "")
            + (f"-after-{selection}" if selection else ""),
            generator=generator,
            selection=selection,
            training=training,
            real_share=None,
            adds_to_validation=adds_to_validation,
            **{way: value},
        )
        for generator in generators
        for word, way, value in ways
    ]


def plan_real_mixes(selections: Iterable[str] = (), baselines: Iterable[str] = ()) -> list[Mix]:
    """Return the mixes of real images alone, the classes as they are.

    First those of each of the `selections`, then those of each way to train of the `baselines`,
    last the real-only baseline.
    """
    return [
        *(_as_they_are(name, selection=name) for name in selections),
        *(_as_they_are(name, training=name) for name in baselines),
        _as_they_are(REAL_ONLY),
    ]


def _as_they_are(name: str, real_share: float | None = 1.0, **others: Any) -> Mix:
    """Return a mix that is not bound by class shares or numbers of images."""
    return Mix(
        name=name,
        generator=others.pop("generator", None),
        class_shares=None,
        validation_class_shares=None,
        real_share=real_share,
        train_images=None,
        validation_images=None,
        when_real_runs_short="fail",
        **others,
    )


def pool_size(
    mixes: Iterable[Mix], generator: str, label: str, real: RealCounts | None = None
) -> int:
    """Return how many synthetic images of a class the mixes of a generator need at the most.

    Additions count where `real` says how many real images there are. Of which classes a selection
    removes any is not known here: after it a class may lack nearly as many as the largest has.
    """
    needed = [0]
    for mix in mixes:
        if mix.generator != generator:
            continue
        counts = mix.counts(real)
        if mix.selection and mix.fill and real and label in real.get("train", {}):
            largest = max(real["train"].values())
            counts["train"][label] = {"synthetic": round(mix.fill * (largest - 1))}
        needed.append(
            sum(classes.get(label, {}).get("synthetic", 0) for classes in counts.values())
        )
    return max(needed)


def describe_class_shares(shares: Mapping[str, float] | None) -> str:
    """Return class shares as tables show them: "cancer 30 / normal 70", or "as they are"."""
    if shares is None:
        return AS_THEY_ARE
    return " / ".join(f"{label} {100 * share:g}" for label, share in shares.items())


def describe_addition(mix: Mix) -> str:
    """Return what is added to real images, as tables show it: "filled", "50% filled after x"."""
    if not mix.is_addition:
        return ""
    after = f" after {mix.selection}" if mix.selection else ""
    if mix.ratio is not None:
        return f"{100 * mix.ratio:g}% added{after}"
    return ("filled" if mix.fill == 1 else f"{100 * mix.fill:g}% filled") + after


def _mix_name(
    origin: str, class_shares: Mapping[str, float] | None, real_share: float | None = None
) -> str:
    """Return the name of a mix of images from `origin`, of real ones alone without `real_share`."""
    if class_shares is None:
        return origin
    classes = "-".join(f"{label}{100 * share:g}" for label, share in class_shares.items())
    name = f"{origin}-{classes}"
    return name if real_share is None else f"{name}-real{100 * real_share:g}"

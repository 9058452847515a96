"""The files that a training and its predictions read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from synthmix.networks.plan import backbone_name


@dataclass(frozen=True)
class BaselineFiles:
    """What a training knows of the baseline of its mix: the table of that, and what it has trained.

    `weights` and `history` are those of the same classifier on the baseline, where the mix may
    turn out to have the same images; None where it can't.
    """

    mix: str | Path
    weights: str | Path | None = None
    history: str | Path | None = None


@dataclass(frozen=True)
class TrainingFiles:
    """What a training may read. Which of it that does depends on its settings, once known.

    `images` go by store, `features` by (backbone, store), `weights` by their name. `chosen` says
    what the stages of a search have chosen, `start` is the classifier that this one goes on from.
    `baseline` is there where the mix has one and something of it is to be known.
    """

    mix: str | Path
    images: Mapping[str, str | Path]
    features: Mapping[tuple[str, str], str | Path] = field(default_factory=dict)
    weights: Mapping[str, str | Path] = field(default_factory=dict)
    chosen: str | Path | None = None
    start: str | Path | None = None
    baseline: BaselineFiles | None = None

    @classmethod
    def of_job(cls, snakemake: Any) -> Self:
        """Return the files of a job, whose parameters name those of which there are several."""
        files, params = snakemake.input, snakemake.params
        features = [(backbone, store) for backbone in params.backbones for store in params.stores]
        return cls(
            mix=files.mix,
            images=dict(zip(params.stores, _all(files.images), strict=True)),
            features=dict(zip(features, _all(files.features), strict=True)),
            weights=dict(zip(params.weights, _all(files.weights), strict=True)),
            chosen=_only(files.get("chosen", [])),
            start=_only(files.get("start", [])),
            baseline=_baseline_of_job(files),
        )

    def has_features(self, settings: Mapping[str, Any], master_seed: int) -> bool:
        """Return whether there are features of the frozen part that `settings` ask for.

        Without them the frozen part is gone through in every epoch, to the same end.
        """
        backbone = backbone_name(settings, master_seed)
        return any(name == backbone for name, _ in self.features)

    def sources(self, settings: Mapping[str, Any], master_seed: int) -> dict[str, str | Path]:
        """Return the files of the stores: features where there are any of use, else images."""
        if not self.has_features(settings, master_seed):
            return dict(self.images)
        backbone = backbone_name(settings, master_seed)
        return {store: path for (name, store), path in self.features.items() if name == backbone}


def _baseline_of_job(files: Any) -> BaselineFiles | None:
    mix = _only(files.get("baseline", []))
    if mix is None:
        return None
    weights, history = (_only(files.get(f"baseline_{name}", [])) for name in ("weights", "history"))
    return BaselineFiles(mix, weights, history)


def _only(files: Any) -> str | None:
    return next(iter(_all(files)), None)


def _all(files: Any) -> list[str]:
    return [files] if isinstance(files, str) else list(files)

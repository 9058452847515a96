"""The files that a training and its predictions read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from synthmix.classify.networks.plan import backbone_name


@dataclass(frozen=True)
class TrainingFiles:
    """What a training may read. Which of it that does depends on its settings, once known.

    `images` go by store, `features` by (backbone, store), `weights` by their name. `chosen` says
    what the stages of a search have chosen, `start` is the classifier that this one goes on from.
    """

    mix: str | Path
    images: Mapping[str, str | Path]
    features: Mapping[tuple[str, str], str | Path] = field(default_factory=dict)
    weights: Mapping[str, str | Path] = field(default_factory=dict)
    chosen: str | Path | None = None
    start: str | Path | None = None

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
            chosen=next(iter(_all(files.get("chosen", []))), None),
            start=next(iter(_all(files.get("start", []))), None),
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


def _all(files: Any) -> list[str]:
    return [files] if isinstance(files, str) else list(files)

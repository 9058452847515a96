"""Settings of the scores of generators; no torch here."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from synthmix.files import expanded, is_file
from synthmix.settings import PositiveInt, SettingsModel

# The file that pytorch-fid downloads; `fetch_score_weights` has its address.
INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"

# What tables of scores call real images that no generator has seen.
HELD_OUT_REAL = "held_out_real"

# Whose features are compared: pytorch-fid's Inception network, or one of our own.
FeatureKind = Literal["inception", "own"]

# features of Inception alone make these distances FID and KID
FRECHET = {"inception": "fid", "own": "frechet_distance_own_features"}
KERNEL = {"inception": "kid", "own": "kernel_distance_own_features"}


class ScoreSettings(SettingsModel):
    """How generators are scored."""

    weights: str = Field(
        "auto",
        description="The network whose features are compared. download: pytorch-fid's Inception"
        " network, for FID; the path of a file of its weights; none: a small network trained on"
        " the real training images, whose distances are not called FID; auto: download at scale"
        " paper, none in demos.",
    )
    images: Annotated[int, Field(ge=2)] = Field(
        10_000,
        description="Synthetic images of a class that are scored, at the most, and real ones"
        " that take part in precision, recall, density, coverage and KID.",
    )
    neighbours: PositiveInt = Field(
        5, description="The neighbour that sets the radii of precision, recall and coverage."
    )
    kid_subsets: Annotated[int, Field(ge=2)] = Field(
        100, description="Subsets of images behind KID and its interval."
    )
    kid_subset_size: Annotated[int, Field(ge=2)] = Field(
        1000, description="Images of such a subset at the most; never over half of those there are."
    )
    near_percentile: Annotated[float, Field(gt=0, lt=50)] = Field(
        1.0,
        description="A synthetic image is suspiciously near a training image where it is no farther"
        " from it than this percentage of the held-out real images are from theirs.",
    )
    plane_images: Annotated[int, Field(ge=2)] = Field(
        100, description="Real images, and as many synthetic ones, in the plane of the PCA."
    )

    def at_scale(self, demo: bool) -> Self:
        """Return them with `auto` decided: a demo downloads nothing."""
        if self.weights != "auto":
            return self
        return self.model_copy(update={"weights": "none" if demo else "download"})

    @property
    def features(self) -> FeatureKind:
        """Whose features are compared; of `auto` those of a demo, until it is decided."""
        return "inception" if self._are_given else "own"

    def weights_path(self, folder: str) -> str | None:
        """Return where the Inception weights lie, `folder` being for downloads; None for none."""
        if not self._are_given:
            return None
        if self.weights == "download":
            return str(Path(folder) / INCEPTION_FILE)
        return str(expanded(self.weights))

    @property
    def _are_given(self) -> bool:
        return self.weights not in ("auto", "none")

    def check_weights(self) -> str | None:
        """Return what is wrong with `weights`, or None where they can be had."""
        if self.weights in ("auto", "download", "none") or is_file(self.weights):
            return None
        return f"{self.weights!r} is neither auto, download nor none, and there is no such file"

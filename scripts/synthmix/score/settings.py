"""Settings of the scores of generators; no torch here."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field

from synthmix.files import expanded, is_file
from synthmix.networks.plan import IMAGENET, PRETRAINED
from synthmix.registry import (
    CLASSIFIERS,
    classifier_modules,
    family_of,
    load_classifier_facts,
)
from synthmix.settings import PositiveInt, SettingsModel

# The file that pytorch-fid downloads; `fetch_score_weights` has its address.
INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"

# What tables of scores call real images that no generator has seen.
HELD_OUT_REAL = "held_out_real"

# Networks of scores alone: that of FID, and a small one that is trained on the study's own images.
AUTO, INCEPTION, OWN = "auto", "inception", "own"
# What demos compare the features of: its weights are installed, and nothing is downloaded.
_IN_DEMOS = {"network": "efficientnet_lite0", "input_size": 64}
# what earlier versions had for weights, and how that is written now
_FORMER = {"auto": "network: auto", "none": "network: own", "download": "network: inception"}


def scoring_networks() -> list[str]:
    """Return the networks of classifiers whose features can be compared."""
    facts = {name: load_classifier_facts(name) for name in CLASSIFIERS}
    return sorted(name for name, known in facts.items() if known.pretrained)


class ScoreSettings(SettingsModel):
    """How generators are scored."""

    network: str = Field(
        AUTO,
        description="The network whose features are compared. inception: pytorch-fid's, for FID;"
        " own: a small network trained on the real training images; or a network of"
        " docs/classifiers.md with ImageNet weights, such as efficientnet_lite0; auto: inception"
        " at scale paper, efficientnet_lite0 at 64 x 64 pixels in demos: its weights are not"
        " downloaded.",
    )
    input_size: Annotated[int, Field(ge=8, le=1024)] | None = Field(
        None,
        description="Height and width in pixels at which such a network of classifiers sees images;"
        " where absent, what it was made for.",
    )
    weights: str = Field(
        PRETRAINED,
        description="The weights of that network. pretrained: downloaded, or installed with"
        " synthmix; or the path of a file of them.",
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
        """Return them with `auto` decided: a demo downloads nothing.

        It stays where there is a file of weights, of which one must be told what they are of.
        """
        if self.network != AUTO or self.weights != PRETRAINED:
            return self
        decided = _IN_DEMOS if demo else {"network": INCEPTION}
        return self.model_copy(update=decided)

    @property
    def starting(self) -> dict[str, Any] | None:
        """What `fetch_weights` is asked for; None where the network is no classifier's."""
        if self.network in (AUTO, INCEPTION, OWN):
            return None
        own = PRETRAINED if family_of(self.network) else IMAGENET
        weights = own if self.weights == PRETRAINED else self.weights
        return {"network": self.network, "weights": weights}

    @property
    def network_modules(self) -> tuple[str, ...]:
        """The modules of the network, where it is one that classifiers have."""
        return classifier_modules(self.network) if self.starting else ()

    def inception_path(self, folder: str) -> str | None:
        """Return where Inception's weights lie, `folder` being for downloads, if they are used."""
        if self.network != INCEPTION:
            return None
        if self.weights == PRETRAINED:
            return str(Path(folder) / INCEPTION_FILE)
        return str(expanded(self.weights))

    def check_network(self) -> str | None:
        """Return what is wrong with `network`, or None."""
        known = [AUTO, INCEPTION, OWN, *scoring_networks()]
        if self.network in known or family_of(self.network):
            return None
        return f"{self.network!r} is none of {', '.join(known)}, or timm/ and a name of timm's"

    def check_input_size(self) -> str | None:
        """Return what is wrong with `input_size`, or None."""
        if self.input_size is None or self.network == AUTO:
            return None
        if self.starting is None:
            return f"{self.network} has a size of its own: remove it"
        least = load_classifier_facts(self.network).minimum_size
        if self.input_size < least:
            return f"{self.network} needs images of {least} pixels or more, not {self.input_size}"
        return None

    def check_weights(self) -> str | None:
        """Return what is wrong with `weights`, or None where they can be had."""
        if self.weights == PRETRAINED:
            return None
        if self.weights in _FORMER:
            return f"{self.weights!r} is written scores: {_FORMER[self.weights]} now"
        if self.network in (AUTO, OWN):
            return f"say which network's they are: {self.network!r} takes no file of weights"
        if not is_file(self.weights):
            return f"{self.weights!r} is not {PRETRAINED}, and there is no such file"
        return None

"""What a study says of the loss of a classifier; no torch here."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from synthmix.settings import Name, NonNegativeFloat, SettingsModel, Share


class CrossEntropy(SettingsModel):
    """Cross entropy, with two classes the binary one of the difference of the two outputs."""

    name: Literal["cross_entropy"] = "cross_entropy"


LossSettings = CrossEntropy

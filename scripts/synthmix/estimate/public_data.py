"""What is known of the public data sets before they are there.

From their publications and pages; None where that is not known. The size is that of the download
and, where archives are unpacked, of their content besides.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublicData:
    """Images of all classes, and gigabytes on disk once it is fetched."""

    images: int | None
    gigabytes: float | None


PUBLIC_DATA = {
    # the source work on mammograms speaks of 47 GB for all of its three folders
    "mini_ddsm": PublicData(None, 47),
    # the source work on skin lesions: 24 GB
    "isic": PublicData(None, 24),
    "brain_tumor": PublicData(3064, 1.8),
    "covid_xray": PublicData(None, None),
    "retina": PublicData(3200, None),
    "mnist": PublicData(70_000, 0.07),
    "fashion_mnist": PublicData(70_000, 0.09),
    "cifar10": PublicData(60_000, 0.36),
    "mr_art": PublicData(436, None),
}

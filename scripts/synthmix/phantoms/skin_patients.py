"""What the patients on drawn dermatoscopic images are like, and their skin.

Colours are RGB in [0, 1]. The ranges are chosen by eye.
"""

from dataclasses import dataclass

import numpy as np

from synthmix.phantoms.textures import FloatImage

GROUPS = ("benign", "malignant", "sonic", "indeterminate")
STICKERS = "SONIC"  # the collection whose images have them
_COLLECTIONS = ("HAM10000", "MSK-1", "UDA-1")
_AGES = {"benign": (46, 15), "malignant": (60, 13), "indeterminate": (54, 14), "sonic": (13, 2)}

# As lit and white-balanced by three kinds of dermatoscope.
_SKINS = np.array([(0.90, 0.62, 0.56), (0.78, 0.67, 0.72), (0.88, 0.74, 0.70)], np.float32)


@dataclass(frozen=True)
class Patient:
    """What the images of a patient share."""

    identifier: str
    collection: str
    age: int
    sex: str
    skin: FloatImage
    relief: float
    """How strong the texture of the skin is."""
    mottling: float
    """How uneven its redness is."""
    hairs: int
    vignette: bool
    """Whether the dermatoscope leaves the corners dark."""
    aspect: float
    """Width of an image."""


def random_patient(generator: np.random.Generator, group: str, identifier: str) -> Patient:
    """Return a new patient with lesions of a group."""
    child = group == "sonic"
    # Malignant lesions come from other clinics, with other devices, somewhat more often.
    shares = (0.36, 0.34, 0.30) if group == "malignant" else (0.48, 0.27, 0.25)
    device = 2 if child else int(generator.choice(len(_SKINS), p=shares))
    tone = generator.normal(0, 0.02, 3) + generator.normal(0, 0.05)
    return Patient(
        identifier=identifier,
        collection=STICKERS if child else _COLLECTIONS[device],
        age=int(5 * np.clip(round(generator.normal(*_AGES[group]) / 5), 1, 17)),
        sex=str(generator.choice(("female", "male"))),
        skin=np.clip(_SKINS[device] + tone, 0.3, 0.96).astype(np.float32),
        relief=generator.uniform(0.010, 0.035),
        mottling=generator.gamma(1.5, 0.04),
        hairs=0 if child or generator.random() < 0.6 else int(generator.integers(2, 26)),
        vignette=device == 1 and bool(generator.random() < 0.35),
        aspect=generator.choice((1.4, 1.5)) if device == 1 else 4 / 3,
    )

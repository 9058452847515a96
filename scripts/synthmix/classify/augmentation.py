"""Random changes of training images: torchvision's of pictures, TorchIO's of volumes.

All is drawn from torch's global random numbers, anew for each image.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torchvision.transforms import InterpolationMode, v2

Change = Callable[[torch.Tensor], torch.Tensor]

_AFFINE = ("rotation_degrees", "width_shift", "height_shift", "shear_degrees", "zoom")
_COLOUR = ("brightness", "contrast", "saturation", "hue")


def build_augmentation(settings: Mapping[str, Any], volumes: bool) -> Change:
    """Return what changes a batch of images at random, to images of the same shape and dtype.

    Of pictures, uint8 (N, C, H, W), by the settings of an Augmentation; of `volumes`, z-scored
    float32 (N, 1, X, Y, Z), X from left to right, by those of a VolumeAugmentation. What comes in
    from beyond the edges is black, or as dark as the darkest voxel: the background of most medical
    images, where repeated edges would draw streaks.
    """
    change = _volume_change(settings) if volumes else _picture_change(settings)
    return lambda images: torch.stack([change(image) for image in images])


def _picture_change(settings: Mapping[str, Any]) -> Change:
    steps: list[v2.Transform] = []
    if any(settings[name] for name in _AFFINE):
        steps.append(_affine(settings))
    if settings["horizontal_flip"]:
        steps.append(v2.RandomHorizontalFlip())
    if settings["vertical_flip"]:
        steps.append(v2.RandomVerticalFlip())
    if settings["quarter_turns"]:
        steps.append(v2.Lambda(_turned))
    if settings["centre_crop"]:
        steps.append(v2.Lambda(partial(_cropped, settings["centre_crop"])))
    if any(settings[name] for name in _COLOUR):
        steps.append(v2.ColorJitter(**{name: settings[name] for name in _COLOUR}))
    if settings["brightness_shift"]:
        steps.append(v2.Lambda(partial(_shifted, settings["brightness_shift"])))
    if settings["blur"]:
        steps.append(v2.Lambda(partial(_blurred, settings["blur"])))
    if settings["noise"]:
        steps.append(v2.Lambda(partial(_noisy, settings["noise"])))
    return v2.Compose(steps)


def _turned(picture: torch.Tensor) -> torch.Tensor:
    """Return a picture (C, W, W) turned by a whole number of right angles."""
    return torch.rot90(picture, int(torch.randint(4, ())), (1, 2))


def _cropped(most: float, picture: torch.Tensor) -> torch.Tensor:
    """Return half of the pictures (C, H, W) enlarged from their middle, `most` of a side less."""
    if torch.rand(()) < 0.5:
        return picture
    height, width = picture.shape[1:]
    share = 1 - most * float(torch.rand(()))
    size = [max(1, round(share * side)) for side in (height, width)]  # of small pictures 0 else
    middle = v2.functional.center_crop(picture, size)
    return v2.functional.resize(middle, [height, width], antialias=True)


def _shifted(most: float, picture: torch.Tensor) -> torch.Tensor:
    """Return a picture, uint8, lighter or darker by the share `most` of its range at the most."""
    shift = round(255 * most * (2 * float(torch.rand(())) - 1))
    return (picture.to(torch.int16) + shift).clamp(0, 255).to(torch.uint8)


def _blurred(most: float, picture: torch.Tensor) -> torch.Tensor:
    """Return a picture (C, H, W) blurred by up to `most` pixels of deviation."""
    deviation = max(1e-3, most * float(torch.rand(())))
    # beyond three deviations there is next to nothing, and reflected edges are no wider than a side
    reach = min(round(3 * deviation), min(picture.shape[1:]) - 1)
    return v2.functional.gaussian_blur(picture, [2 * reach + 1] * 2, [deviation] * 2)


def _noisy(most: float, picture: torch.Tensor) -> torch.Tensor:
    """Return a picture, uint8, with noise of up to `most` of its range of deviation."""
    noise = 255 * most * float(torch.rand(())) * torch.randn(picture.shape)
    return (picture + noise.to(picture.device)).round().clamp(0, 255).to(torch.uint8)


def _affine(settings: Mapping[str, Any]) -> v2.Transform:
    return v2.RandomAffine(
        settings["rotation_degrees"],
        translate=(settings["width_shift"], settings["height_shift"]),
        scale=(1 - settings["zoom"], 1 + settings["zoom"]),
        shear=settings["shear_degrees"] or None,
        interpolation=InterpolationMode.BILINEAR,
        fill=0,
    )


def _volume_change(settings: Mapping[str, Any]) -> Change:
    def change(volume: torch.Tensor) -> torch.Tensor:
        changed = volume.cpu()
        for step in _volume_steps(settings, tuple(volume.shape[1:])):
            changed = step(changed)
        return changed.to(volume)

    return change


def _volume_steps(settings: Mapping[str, Any], shape: tuple[int, ...]) -> list[Change]:
    """Return what is done to volumes (1, *`shape`), in the order in which a scan comes about."""
    import torchio

    steps: list[Change] = []
    if settings["rotation_degrees"] or settings["shift"] or settings["zoom"]:
        steps.append(
            torchio.RandomAffine(
                scales=settings["zoom"],
                degrees=settings["rotation_degrees"],
                translation=tuple(settings["shift"] * length for length in shape),
                isotropic=True,
            )
        )
    if settings["elastic"]:
        steps.append(
            torchio.RandomElasticDeformation(
                max_displacement=tuple(settings["elastic"] * length for length in shape)
            )
        )
    if settings["horizontal_flip"]:
        steps.append(torchio.RandomFlip(axes=(0,)))
    if settings["bias_field"]:
        steps.append(partial(_above_darkest, torchio.RandomBiasField(settings["bias_field"])))
    if settings["noise"]:
        steps.append(torchio.RandomNoise(std=(0, settings["noise"])))
    return steps


def _above_darkest(change: Change, volume: torch.Tensor) -> torch.Tensor:
    """Apply what multiplies intensities, which z-scores are not: theirs begin at the darkest."""
    darkest = volume.amin()
    return change(volume - darkest) + darkest

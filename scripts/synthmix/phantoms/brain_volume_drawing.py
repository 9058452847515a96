"""Heads around a template brain, and scans of them with artefacts.

The anatomy is real: the MNI152 template of brains, which nilearn ships. Skull, scalp and neck
are added around it, each subject's head is another deformation of it, and TorchIO spoils the
scans as subjects do who move.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torchio
from nilearn.datasets import load_mni152_template
from scipy import ndimage

from synthmix.phantoms.sizes import FIELD_OF_VIEW_MM

_TEMPLATE_MM = 2  # of the voxels that heads are built from
_WHITE_MATTER = 1000  # in the unit of the files, about as in MR-ART
_AIR = 1e-3  # darker voxels of the template are not brain


def template_head(resolution_mm: float) -> np.ndarray:
    """Return a head around the template brain, white matter about 1, (X, Y, Z) float32."""
    brain = _template_brain()
    inside = brain > _AIR
    skull = _closed(inside, 12 / _TEMPLATE_MM)
    beyond = ndimage.distance_transform_edt(~skull) * _TEMPLATE_MM  # mm
    head = _with_neck(beyond < 16)
    depth = ndimage.distance_transform_edt(head) * _TEMPLATE_MM  # mm below the skin
    # On T1: fat bright, muscle grey, fluid dark, bone darker still but for its marrow.
    values = np.where(head, 0.38, 0.0)
    values[head & (depth < 6)] = 0.85
    values[beyond < 9] = 0.06
    values[(beyond > 5) & (beyond < 7)] = 0.3
    values[beyond < 3] = 0.18
    values[inside] = brain[inside]
    ratio = resolution_mm / _TEMPLATE_MM
    smooth = ndimage.gaussian_filter(values.astype(np.float32), 0.3 * (ratio - 1))
    return ndimage.zoom(smooth, 1 / ratio, order=1, mode="nearest", grid_mode=True)


def _template_brain() -> np.ndarray:
    """Return the brain of the template in the middle of the field of view, top at its top."""
    image = load_mni152_template(resolution=1)
    brain = image.get_fdata(dtype=np.float32)[2:-3]  # 192 mm wide, as the field of view is
    _, deep, tall = brain.shape
    back = (FIELD_OF_VIEW_MM[1] - deep) // 2
    below = FIELD_OF_VIEW_MM[2] - tall - 4
    placed = np.pad(
        brain,
        ((0, 0), (back, FIELD_OF_VIEW_MM[1] - deep - back), (below, 4)),
    )
    blocks = [part for side in FIELD_OF_VIEW_MM for part in (side // _TEMPLATE_MM, _TEMPLATE_MM)]
    return placed.reshape(blocks).mean(axis=(1, 3, 5))


def _closed(inside: np.ndarray, radius: float) -> np.ndarray:
    """Return `inside` with every gap filled that a ball of `radius` voxels can't get into."""
    grown = ndimage.distance_transform_edt(~inside) < radius
    return ndimage.distance_transform_edt(grown) > radius


def _with_neck(head: np.ndarray) -> np.ndarray:
    """Return the mask `head` with a neck below it, and the jaw that goes with it."""
    x, y, z = np.ogrid[tuple(slice(length) for length in head.shape)]
    lowest = np.argmax(head.any(axis=(0, 1)))
    middle_x, middle_y = head.shape[0] / 2, head.shape[1] * 0.45
    height = np.clip((z - lowest) * _TEMPLATE_MM / 60, 0, 1)  # the neck widens into the head
    wide = (56 + 12 * height) / _TEMPLATE_MM
    deep = (62 + 20 * height) / _TEMPLATE_MM
    neck = ((x - middle_x) / wide) ** 2 + ((y - middle_y) / deep) ** 2 < 1
    return head | (neck & (z < lowest + 70 / _TEMPLATE_MM))


def random_anatomy(
    head: np.ndarray, resolution_mm: float, generator: np.random.Generator
) -> np.ndarray:
    """Return another subject's head of the same shape as `head`."""
    with _seeded_torch(generator):
        deform = torchio.RandomAffineElasticDeformation(
            affine_kwargs={
                "scales": (0.9, 1.08),
                "degrees": 6,
                "translation": 6,
                "default_pad_value": 0,
                "image_interpolation": "linear",
            },
            elastic_kwargs={
                "num_control_points": 7,
                "max_displacement": 9,
                "image_interpolation": "linear",
            },
        )
        uneven = torchio.RandomBiasField(0.3, order=2)
        deformed = _transformed(uneven, _transformed(deform, head, resolution_mm), resolution_mm)
    return deformed.clip(0) ** generator.uniform(0.8, 1.25)  # contrast between tissues


def scan(
    anatomy: np.ndarray, resolution_mm: float, severity: float, generator: np.random.Generator
) -> np.ndarray:
    """Return a scan of `anatomy`, int16, with artefacts as strong as `severity` (0..1) says."""
    # Rows of k-space are taken one after another; TorchIO takes them along the last axis.
    order = (0, 1, 2) if generator.random() < 0.5 else (0, 2, 1)
    scan = anatomy.transpose(order)
    with _seeded_torch(generator):
        for step in _artefacts(severity, generator):
            scan = _transformed(step, scan, resolution_mm)
    scan = scan.transpose(order) * _sensitivity(scan.shape[2])
    if severity > 0.5 and generator.random() < 0.25:
        scan = _misplaced(scan, generator)
    noise = (0.012 + 0.05 * severity**2) * generator.uniform(0.5, 1.5)
    real, imaginary = generator.normal(0, noise, (2, *scan.shape)).astype(np.float32)
    magnitude = np.hypot(scan + real, imaginary)  # Rician noise, as scanners have it
    gain = _WHITE_MATTER * generator.uniform(0.5, 1.5)
    return (magnitude * gain).round().clip(0, 32767).astype(np.int16)


def _sensitivity(height: int) -> np.ndarray:
    """Return how well the coil hears each of `height` slices: less (0..1) the lowest 70 mm."""
    above = np.linspace(0, FIELD_OF_VIEW_MM[2], height)  # mm
    return np.clip(above / 70, 0, 1).astype(np.float32) ** 1.5


def _artefacts(severity: float, generator: np.random.Generator) -> list[Any]:
    """Return transforms of TorchIO that spoil a scan as much as `severity` (0..1) says."""
    steps: list[Any] = []
    motion = severity * generator.uniform(0.7, 1.3)
    if motion > 0.05:
        steps.append(
            torchio.RandomMotion(
                degrees=9 * motion, translation=9 * motion, num_transforms=2 + int(5 * motion)
            )
        )
    if generator.random() < severity * 0.6:
        steps.append(
            torchio.RandomGhosting(
                num_ghosts=(3, 8), axes=(2,), intensity=(0.4 * severity, 0.9 * severity)
            )
        )
    if generator.random() < severity**2 * 0.2:
        steps.append(torchio.RandomSpike(num_spikes=1, intensity=(0.1, 0.3)))
    return steps


def _misplaced(scan: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return `scan` with part of the head outside the field of view: cut off, or wrapped round."""
    axis = int(generator.integers(1, 3))
    length = scan.shape[axis]
    shift = int(length * generator.uniform(0.15, 0.35)) * int(generator.choice([-1, 1]))
    moved = np.roll(scan, shift, axis)
    if generator.random() < 0.5:
        outside = slice(0, shift) if shift > 0 else slice(length + shift, length)
        np.moveaxis(moved, axis, 0)[outside] = 0
    return moved


def _transformed(transform: Any, volume: np.ndarray, resolution_mm: float) -> np.ndarray:
    """Return `volume` after a transform of TorchIO, which thinks in mm."""
    affine = np.diag([resolution_mm] * 3 + [1])
    tensor = torch.from_numpy(np.ascontiguousarray(volume, np.float32))[None]
    return transform(torchio.ScalarImage(tensor=tensor, affine=affine)).numpy()[0]


@contextmanager
def _seeded_torch(generator: np.random.Generator) -> Iterator[None]:
    """Have TorchIO draw from `generator`'s seed, and leave torch as it was afterwards.

    On one thread, so that sums are not of another order on another machine.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(generator.integers(2**63)))
            yield
    finally:
        torch.set_num_threads(threads)

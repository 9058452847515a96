"""How alike two pictures are, whatever was done to a copy: compressed, resized, moved, mirrored.

Pictures are planes (..., P, S, S): one of grey, or the three middle slices of a volume.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synthmix.prepare.duplicates import MIRRORED, NEAR, TURNED


@dataclass(frozen=True)
class Turn:
    """What a copy may be of a picture: transposed, then mirrored.

    Called with planes (..., P, S, S) it returns them turned; only the first `mirrors` of the P
    planes are mirrored.
    """

    kind: str
    transposed: bool = False
    upside_down: bool = False
    left_right: bool = False
    mirrors: int | None = None

    def __call__(self, planes: np.ndarray) -> np.ndarray:
        if self.transposed:
            planes = planes.swapaxes(-1, -2)
        down, right = (slice(None, None, -1 if it else 1) for it in self._mirrored)
        turned = planes[..., : self.mirrors, down, right]
        if self.mirrors is None:
            return turned
        return np.concatenate([turned, planes[..., self.mirrors :, :, :]], axis=-3)

    def of_embeddings(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the embeddings of planes turned, from those (N, P, K, K) of planes as they are.

        Mirroring changes but the signs of waves.
        """
        if self.transposed:
            embeddings = embeddings.swapaxes(-1, -2)
        waves = np.arange(embeddings.shape[-1])
        down, right = ((-1) ** (waves * it) for it in self._mirrored)
        signs = np.ones(embeddings.shape[1:], np.float32)
        signs[: self.mirrors] = np.outer(down, right)
        return embeddings * signs

    @property
    def _mirrored(self) -> tuple[bool, bool]:
        return self.upside_down, self.left_right


_PICTURE_TURNS = (
    Turn(NEAR),
    Turn(MIRRORED, left_right=True),
    Turn(MIRRORED, upside_down=True),
    Turn(TURNED, upside_down=True, left_right=True),
    Turn(TURNED, transposed=True, upside_down=True),
    Turn(TURNED, transposed=True, left_right=True),
    Turn(MIRRORED, transposed=True),
    Turn(MIRRORED, transposed=True, upside_down=True, left_right=True),
)
# of the axial, the coronal and the sagittal slice the middle sagittal one stays as it is
_VOLUME_TURNS = (Turn(NEAR), Turn(MIRRORED, left_right=True, mirrors=2))
# Embeddings have whole numbers and this length: sums of their products stay below 2 ** 24, where
# float32 has every whole number. Then no order of summing, no number of threads changes a result.
_LENGTH = 2048
_BLOCK = 1024  # thumbnails
_MOST_SHIFT = 2.0  # pixels
_NEARBY = 2.0  # pixels
_WEAK = 0.05  # of the mean strength of details


def turns(of_volumes: bool) -> tuple[Turn, ...]:
    """Return what a copy may be of a picture; volumes are mirrored from left to right alone."""
    return _VOLUME_TURNS if of_volumes else _PICTURE_TURNS


def embed(thumbnails: np.ndarray, waves: int) -> np.ndarray:
    """Return an embedding of each of the `thumbnails` (N, P, S, S): (N, P, waves, waves) float32.

    The lowest `waves` frequencies of the cosine transform in each direction, all but brightness,
    weighted with their frequency so that all of them count; each embedding has the same length, and
    its numbers are whole.
    """
    from scipy.fft import dct

    transform = dct(np.eye(thumbnails.shape[-1]), axis=0, norm="ortho")[:waves].astype(np.float32)
    frequencies = np.hypot(*np.mgrid[:waves, :waves]).astype(np.float32)
    embeddings = np.empty((*thumbnails.shape[:2], waves, waves), np.float32)
    for begin in range(0, len(thumbnails), _BLOCK):
        block = thumbnails[begin : begin + _BLOCK].astype(np.float32)
        found = (transform @ block @ transform.T) * frequencies
        length = np.linalg.norm(found.reshape(len(block), -1), axis=1)[:, None, None, None]
        embeddings[begin : begin + _BLOCK] = np.rint(found * (_LENGTH / np.maximum(length, 1e-6)))
    return embeddings


def candidates(
    embeddings: np.ndarray, turned: np.ndarray, least: float, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (i, j), i < j, of which i is like j `turned`: their cosine is `least`.

    Both (N, P, K, K) as `embed` makes them. At most the `most` likest of each i; memory
    doesn't grow with N squared.
    """
    count = len(embeddings)
    embeddings, turned = (each.reshape(count, -1) for each in (embeddings, turned))
    rows = 256  # few: what is below the diagonal is left out by blocks
    limit = np.float32(least * _LENGTH**2)
    first, second = [], []
    for begin in range(0, count, rows):
        products = embeddings[begin : begin + rows] @ turned[begin:].T
        i, j = np.divmod(np.flatnonzero(products >= limit), products.shape[1])
        keep = j > i
        i, j = i[keep], j[keep]
        if len(i) and np.bincount(i).max() > most:
            order = np.lexsort((j, -products[i, j], i))
            place = np.arange(len(i)) - np.searchsorted(i, i)  # i is sorted as it is
            order = order[place < most]
            i, j = i[order], j[order]
        first.append(i + begin)
        second.append(j + begin)
    return np.concatenate(first or [[]]).astype(int), np.concatenate(second or [[]]).astype(int)


def correlations(
    one: np.ndarray, other: np.ndarray, blur: np.ndarray | float = 1.0, step: float = 0.25
) -> np.ndarray:
    """Return the correlation of each pair of pictures, (n, P, S, S) each: (n,), at most 1.

    That of their details: of what is finer than a sixteenth of the picture, so that a common
    outline makes nothing alike, and coarser than `blur` (n,) pixels, which compression and resizing
    leave. The best of all shifts of up to two pixels, in `step`s of one, counts.
    """
    spectra, band = _spectra(one, other), _band(one.shape[-1], blur)
    energies = [(_halved(band) * (s.real**2 + s.imag**2)).sum((1, 2, 3)) for s in spectra]
    shifted = _at_shifts(spectra, band, step).max(1)
    return shifted / np.maximum(np.sqrt(energies[0] * energies[1]), 1e-6)


def local_correlations(
    one: np.ndarray, other: np.ndarray, blur: np.ndarray | float = 1.0
) -> np.ndarray:
    """Return a correlation of each pair of pictures, (n, P, S, S) each, to which all places count.

    To `correlations` a sharp outline counts far more than what it holds. Here details are divided
    by how strong they are nearby first, at the shift at which those are most alike.
    """
    from scipy.fft import irfft2
    from scipy.ndimage import gaussian_filter

    side, step = one.shape[-1], 0.25
    spectra, band = _spectra(one, other), _band(one.shape[-1], blur)
    best = _at_shifts(spectra, band, step).argmax(1)
    down, right = _shifts(side, step)
    rows, columns = np.divmod(best, len(down))
    spectra[1] *= (down[rows][:, :, None] * right.T[columns][:, None]).conj()[:, None]
    evened = []
    for spectrum in spectra:
        details = irfft2(spectrum * np.sqrt(band)[:, None], s=(side, side), workers=1)
        energy = gaussian_filter(details**2, (0, 0, _NEARBY, _NEARBY))
        # what is weaker than that everywhere is noise
        least = _WEAK**2 * (details**2).mean((1, 2, 3), keepdims=True)
        evened.append(details / np.sqrt(np.maximum(energy + least, 1e-6)))
    products = [(x * y).sum((1, 2, 3)) for x, y in (evened, evened[:1] * 2, evened[1:] * 2)]
    return products[0] / np.maximum(np.sqrt(products[1] * products[2]), 1e-6)


def _spectra(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    from scipy.fft import rfft2

    return [rfft2(_faded(planes.astype(np.float32)), workers=1) for planes in (one, other)]


def _at_shifts(spectra: list[np.ndarray], band: np.ndarray, step: float) -> np.ndarray:
    """Return the products of two pictures' details at all shifts, row by row: (n, shifts)."""
    count, _, side, columns = spectra[0].shape
    cross = (_halved(band) * spectra[0] * spectra[1].conj()).sum(1)
    down, right = _shifts(side, step)
    # all in one product: many small ones keep threads waiting for each other
    moved = (cross.reshape(-1, columns) @ right).reshape(count, side, -1)
    return (down @ moved).real.reshape(count, -1)


def _faded(planes: np.ndarray) -> np.ndarray:
    """Return the planes about their mean, fading at the edges: what a shift moves in is none."""
    mean = planes.mean((-2, -1), keepdims=True)
    return (planes - mean) * _window(planes.shape[-1])


@lru_cache
def _window(side: int) -> np.ndarray:
    """Return weights (S, S): 1 in the middle, falling as a cosine over a fifth at each edge."""
    edge = np.minimum(np.arange(side), np.arange(side)[::-1]) + 1
    line = (1 - np.cos(np.pi * np.minimum(edge / (0.2 * (side + 1)), 1))) / 2
    return (line[:, None] * line).astype(np.float32)


def _band(side: int, blur: np.ndarray | float) -> np.ndarray:
    """Return the squared weight of each frequency (n, S, S // 2 + 1); n is 1 for one `blur`."""
    squares = (np.fft.fftfreq(side)[:, None] ** 2 + np.fft.rfftfreq(side) ** 2).astype(np.float32)
    levels, which = np.unique(np.atleast_1d(np.asarray(blur, np.float32)), return_inverse=True)
    coarse = np.maximum(np.float32(side / 16), 4 * levels)
    # the transforms of Gaussians of these deviations
    fine, low = (
        np.exp(np.float32(-2 * np.pi**2) * squares * (deviation**2)[:, None, None])
        for deviation in (levels, coarse)
    )
    band = (fine * (1 - low)) ** 2
    return band if len(band) == 1 else band[which]


def _halved(band: np.ndarray) -> np.ndarray:
    """Return the weights of half a spectrum, whose columns mostly stand for two of the whole."""
    side = band.shape[-2]
    columns = np.arange(side // 2 + 1)
    repeats = np.where((columns == 0) | (2 * columns == side), 1, 2).astype(np.float32)
    return band[:, None] * repeats


@lru_cache
def _shifts(side: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what turns a cross spectrum into the correlations at all shifts."""
    shifts = np.arange(-_MOST_SHIFT, _MOST_SHIFT + step / 2, step)
    down = np.exp(2j * np.pi * np.outer(shifts, np.fft.fftfreq(side)))
    right = np.exp(2j * np.pi * np.outer(np.fft.rfftfreq(side), shifts))
    return down.astype(np.complex64), right.astype(np.complex64)

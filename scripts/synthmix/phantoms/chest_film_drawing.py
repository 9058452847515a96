"""Drawing of chest films: a thorax, its lungs and what disease does to them, and the film.

Lengths are in half the side of a film and intensities in [0, 1] (0: air, black), unless a
docstring says otherwise. A thorax has coordinates of its own, `x` to the right of the film (the
patient's left) and `y` downwards, both 0 between the hila; a film turns, shifts and scales it.

The ranges are chosen by eye. As in the real data, much differs between the classes besides the
lungs: viral pneumonia is mostly seen in children, and COVID-19 in bedside films with lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synthmix.phantoms.textures import (
    FloatImage,
    eight_bit,
    enlarged,
    reduced,
    soft_step,
)

_CHILDREN = {"Normal": 0.25, "Viral Pneumonia": 0.6, "COVID": 0.02, "Lung_Opacity": 0.1}
_BEDSIDE = {"Normal": 0.15, "Viral Pneumonia": 0.15, "COVID": 0.45, "Lung_Opacity": 0.35}
_WHITE = 0.82  # intensity of a lung without air
_OVERSAMPLING = 2  # of what is drawn with lines


@dataclass(frozen=True)
class _Thorax:
    """A thorax and how it lies in its film."""

    scale: float
    angle: float
    """Radians."""
    right: float
    down: float
    width: float
    """Of the lungs, from the middle to the side."""
    apex: float
    """Level of the lungs' upper end."""
    base: float
    """Level of the angles between diaphragm and ribs."""
    rise: tuple[float, float]
    """Height of the two domes of the diaphragm above `base`."""
    heart: float
    """How far the heart reaches beyond the great vessels to the patient's left."""
    rib_spacing: float
    rib_fall: float
    """How steeply ribs fall towards the side."""

    def seen(self, size: int) -> tuple[FloatImage, FloatImage]:
        """Return x and y at each pixel of a film, (`size`, `size`)."""
        line = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
        right, down = line[None, :] - self.right, line[:, None] - self.down
        cosine, sine = np.cos(self.angle) / self.scale, np.sin(self.angle) / self.scale
        x, y = cosine * right + sine * down, cosine * down - sine * right
        return x.astype(np.float32), y.astype(np.float32)

    def placed(self, points: NDArray[np.floating], size: int) -> NDArray[np.floating]:
        """Return the pixel at which each of `points` (..., 2), x and y, lies in a film."""
        cosine, sine = np.cos(self.angle) * self.scale, np.sin(self.angle) * self.scale
        middle = np.array([self.right + 1, self.down + 1])
        return (points @ np.array([[cosine, sine], [-sine, cosine]]) + middle) * size / 2


def draw(
    generator: np.random.Generator, folder: str, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a film of the class `folder` and the outline of its lungs, (`size`, `size`) each."""
    # disease is drawn apart: all else is as it would be without
    disease = generator.spawn(1)[0]
    child = generator.random() < _CHILDREN[folder]
    bedside = generator.random() < _BEDSIDE[folder]
    thorax = _random_thorax(generator, child, bedside)
    x, y = thorax.seen(size)
    lungs = _lungs(thorax, x, y)
    open_lungs = lungs * (1 - _heart(thorax, x, y))
    tissue = _soft_tissue(generator, thorax, x, y)
    film = tissue * (1 - (generator.uniform(0.66, 0.78) - 0.12 * (y > 0) * y) * open_lungs)
    film += 0.16 * generator.uniform(0.7, 1.3) * open_lungs * _vessels(generator, thorax, size)
    film += generator.uniform(0.6, 1.2) * _bones(thorax, open_lungs, x, y)
    film += 0.02 * _clouds(generator, size, 6)
    if not child and generator.random() < 0.35:
        film += _breasts(generator, thorax, x, y) * open_lungs
    opacity = open_lungs * _opacity(disease, folder, thorax, x, y)
    film += opacity * (_WHITE * tissue - film)
    film *= _body(thorax, x, y)
    if bedside:
        film += 0.25 * _lines(generator, thorax, size)
    mask = np.where(lungs > 0.5, 255, 0).astype(np.uint8)
    return _marked(generator, _exposed(generator, film, bedside)), mask


def _random_thorax(generator: np.random.Generator, child: bool, bedside: bool) -> _Thorax:
    """Return a new patient; a child's thorax is rounder and often turned, its heart larger."""
    base = generator.uniform(0.58, 0.80) - (0.14 if bedside else 0.0) - (0.16 if child else 0.0)
    right_rise = generator.uniform(0.16, 0.27)
    return _Thorax(
        scale=generator.uniform(0.80, 1.10) if child else generator.uniform(0.98, 1.22),
        angle=generator.normal(0, 0.09 if child else 0.035),
        right=generator.normal(0, 0.06),
        down=generator.normal(0.0, 0.06),
        width=generator.uniform(0.64, 0.76),
        apex=generator.uniform(-0.66, -0.56) if child else generator.uniform(-0.82, -0.72),
        base=base,
        rise=(right_rise, right_rise - generator.uniform(0.02, 0.10)),
        heart=generator.uniform(0.20, 0.32) + 0.05 * child + 0.05 * bedside,
        rib_spacing=generator.uniform(0.125, 0.15),
        rib_fall=generator.uniform(0.15, 0.3) if child else generator.uniform(0.3, 0.6),
    )


def _bump(x: FloatImage, y: FloatImage, width: float, height: float) -> FloatImage:
    """Return a Gaussian, 1 where `x` and `y` are 0."""
    return np.exp(-((x / width) ** 2) - (y / height) ** 2)


def _clouds(generator: np.random.Generator, size: int, cells: int) -> FloatImage:
    """Return smooth noise of mean about 0 and deviation about 1, over some `cells` a side."""
    clouds = np.zeros((size, size), np.float32)
    for octave in range(3):
        coarse = generator.standard_normal((cells << octave,) * 2, dtype=np.float32)
        clouds += enlarged(coarse, (size, size)) / 2**octave
    return clouds


def _lungs(thorax: _Thorax, x: FloatImage, y: FloatImage) -> FloatImage:
    """Return where the lungs lie, 0 to 1, the part behind the heart included."""
    side = np.abs(x)
    height = np.clip((thorax.base - y) / (thorax.base - thorax.apex), 0, 1)
    outer = thorax.width * (1 - height**2.4) ** (1 / 2.4)
    rise = np.where(x < 0, *thorax.rise)
    dome = thorax.base - rise * (1 - ((side / thorax.width - 0.42) / 0.58) ** 2)
    inner = 0.11 + 0.05 * height
    return (
        soft_step(side - outer, 0.018) * soft_step(inner - side, 0.02) * soft_step(y - dome, 0.014)
    )


def _heart(thorax: _Thorax, x: FloatImage, y: FloatImage) -> FloatImage:
    """Return where the heart, the aortic arch and the great vessels lie, 0 to 1."""
    down = np.clip((y + 0.22) / (thorax.base + 0.10), 0, 1)
    left = 0.11 + thorax.heart * np.sin(0.5 * np.pi * down) ** 1.6
    right = 0.12 + 0.30 * thorax.heart * np.sin(np.pi * down)
    vessels_and_heart = soft_step(x - left, 0.022) * soft_step(-x - right, 0.022)
    arch = soft_step(np.hypot(x - 0.09, y + 0.30) - 0.09, 0.02)
    return 1 - (1 - vessels_and_heart) * (1 - 0.8 * arch)


def _body(thorax: _Thorax, x: FloatImage, y: FloatImage) -> FloatImage:
    """Return the share of the body's thickness that rays cross: 0 beside it, up to 1."""
    neck, torso = 0.27, thorax.width + 0.20
    shoulders = soft_step(-(y - thorax.apex + 0.06), 0.05)
    armpits = 0.16 * soft_step(y + 0.15, 0.12)
    edge = neck + (torso + armpits - neck) * shoulders
    return soft_step(np.abs(x) - edge, 0.02)


def _soft_tissue(
    generator: np.random.Generator, thorax: _Thorax, x: FloatImage, y: FloatImage
) -> FloatImage:
    """Return the intensity of the body as if it had no lungs and no bones."""
    wall = generator.uniform(0.50, 0.62)
    spine = 0.20 * _bump(x, np.zeros_like(y), 0.2, 1)
    vertebrae = 0.02 * soft_step(np.abs(x) - 0.07, 0.015) * np.cos(2 * np.pi * y / 0.11)
    windpipe = -0.08 * soft_step(np.abs(x - 0.01) - 0.03, 0.01) * soft_step(y + 0.22, 0.04)
    belly = generator.uniform(0.14, 0.26) * soft_step(thorax.base - 0.1 - y, 0.1)
    heart = 0.06 * _heart(thorax, x, y) * soft_step(-y - 0.1, 0.15)
    flank = -0.12 * soft_step(thorax.width + 0.04 - np.abs(x), 0.05)
    tissue = wall + spine + vertebrae + windpipe + belly + heart + flank
    if generator.random() < 0.6:  # gas in the stomach, below the left dome
        left, level = generator.uniform(0.25, 0.45), thorax.base + generator.uniform(0.0, 0.12)
        gas = _bump(x - left, y - level, *generator.uniform(0.07, 0.15, 2))
        tissue -= generator.uniform(0.1, 0.3) * gas
    return tissue


def _bones(thorax: _Thorax, open_lungs: FloatImage, x: FloatImage, y: FloatImage) -> FloatImage:
    """Return the intensity that ribs and collar bones add."""
    side = np.abs(x) / thorax.width
    behind = y - thorax.rib_fall * (side**2.2 - 0.25 * side)
    front = y + 0.55 * thorax.width * side
    waves = [np.cos(2 * np.pi * level / thorax.rib_spacing) for level in (behind, front)]
    ribs = 0.075 * soft_step(0.25 - waves[0], 0.22)
    ribs += 0.035 * soft_step(0.35 - waves[1], 0.22) * soft_step(0.45 - side, 0.08)
    wall = soft_step(np.abs(side - 0.98) - 0.1, 0.02) * soft_step(y - thorax.base, 0.1)
    cage = np.maximum(open_lungs, 0.35 * wall)
    level = thorax.apex + 0.20 - 0.16 * side + 0.05 * np.sin(np.pi * side)
    collar = np.exp(-(((y - level) / 0.028) ** 2)) * soft_step(np.abs(side - 0.58) - 0.46, 0.02)
    blades = _bump(np.abs(x) - thorax.width - 0.10, y + 0.42, 0.10, 0.22)
    return ribs * cage + 0.13 * collar + 0.10 * blades


def _vessels(generator: np.random.Generator, thorax: _Thorax, size: int) -> FloatImage:
    """Return the vessels that branch from both hila, 0 to about 1."""
    large = size * _OVERSAMPLING
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    pieces, widths = _branches(generator)
    places = thorax.placed(pieces, large).reshape(-1, 4)
    # those drawn last lie above: thick ones
    for place, width in zip(places[::-1].tolist(), widths[::-1].tolist(), strict=True):
        pixels = max(1, round(width * thorax.scale * large / 2))
        pen.line(place, fill=int(255 * min(1, 0.25 + width / 0.04)), width=pixels)
    return reduced(image, (size, size), 0.6 * size / 100)


def _branches(generator: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Return the pieces of the vessels of both lungs: points (N, 2, 2) and widths (N,)."""
    sides = np.repeat([-1, 1], 9)
    headings = np.tile(np.linspace(-1.4, 1.4, 9), 2) + generator.normal(0, 0.12, 18)
    starts = np.stack([sides * 0.15, generator.normal(0.02, 0.05, 18)], axis=1)
    widths = np.full(18, 0.034)
    pieces, all_widths = [], []
    for _ in range(5):
        lengths = generator.uniform(0.10, 0.18, len(sides))
        directions = np.stack([sides * np.cos(headings), np.sin(headings)], axis=1)
        ends = starts + lengths[:, None] * directions
        pieces.append(np.stack([starts, ends], axis=1))
        all_widths.append(widths)
        # each ends in two, which turn apart
        turns = np.tile([-1, 1], len(sides)) * generator.uniform(0.1, 0.45, 2 * len(sides))
        sides, starts = np.repeat(sides, 2), np.repeat(ends, 2, axis=0)
        headings = np.repeat(headings, 2) + turns
        widths = np.repeat(widths, 2) * generator.uniform(0.55, 0.72, len(sides))
    return np.concatenate(pieces), np.concatenate(all_widths)


def _lines(generator: np.random.Generator, thorax: _Thorax, size: int) -> FloatImage:
    """Return tubes and leads that lie on the patient at the bedside, 0 to 1."""
    large = size * _OVERSAMPLING
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    along = np.linspace(0, 1, 12)
    for _ in range(generator.integers(1, 4)):
        ends, bend = generator.uniform(-0.9, 0.9, (2, 2)), generator.normal(0, 0.25, 2)
        points = ends[0] + along[:, None] * (ends[1] - ends[0])
        points += np.sin(np.pi * along)[:, None] * bend
        places, radius = thorax.placed(points, large), large / 70
        pen.line(places.ravel().tolist(), fill=200, width=max(1, large // 120))
        pen.ellipse([*(places[-1] - radius), *(places[-1] + radius)], fill=255)
    return reduced(image, (size, size), 0.4 * size / 100)


def _breasts(
    generator: np.random.Generator, thorax: _Thorax, x: FloatImage, y: FloatImage
) -> FloatImage:
    """Return the haze that breasts lay over the lower lungs; it may be taken for an opacity."""
    side, level = generator.uniform(0.36, 0.46), thorax.base - generator.uniform(0.24, 0.36)
    radius = np.hypot(np.abs(x) - side, y - level)
    return generator.uniform(0.04, 0.13) * soft_step(radius - generator.uniform(0.24, 0.34), 0.03)


def _opacity(
    generator: np.random.Generator, folder: str, thorax: _Thorax, x: FloatImage, y: FloatImage
) -> FloatImage:
    """Return the share of the air that disease has replaced, 0 to 1, for a finding."""
    if folder == "Normal":
        return np.zeros_like(x)
    severity = generator.beta(1.6, 1.4)
    amount = np.zeros_like(x)
    for right, down, width, height, density in _patches(generator, folder, thorax):
        amount += density * _bump(x - right, y - down, width, height)
    clouds = _clouds(generator, len(x), 9 if folder == "Viral Pneumonia" else 6)
    texture = np.clip(0.8 + 0.45 * clouds, 0, 2)
    return np.clip((0.2 + 0.8 * severity) * (1 - np.exp(-1.6 * amount * texture)), 0, 0.95)


def _patches(
    generator: np.random.Generator, folder: str, thorax: _Thorax
) -> Iterator[tuple[float, float, float, float, float]]:
    """Yield the opacities of a finding: x, y, half width, half height and density.

    COVID-19: several, on both sides, outer and lower. Viral pneumonia: around the hila, often
    stronger on one side, with scattered ones. Others: one large one.
    """
    shares = generator.permutation([1.0, generator.uniform(0.0, 1.0)])
    for side, share in zip((-1, 1), shares, strict=True):
        if folder == "COVID":
            for _ in range(generator.integers(3, 8)):
                right = thorax.width * generator.uniform(0.55, 0.95)
                down = generator.triangular(-0.35, thorax.base - 0.15, thorax.base)
                sizes = generator.uniform(0.14, 0.32, 2)
                yield side * right, down, *sizes, (0.5 + 0.5 * share) * generator.uniform(0.8, 2.2)
        elif folder == "Viral Pneumonia":
            hilum = generator.uniform(0.18, 0.28), generator.uniform(-0.08, 0.14)
            yield side * hilum[0], hilum[1], *generator.uniform(0.18, 0.36, 2), 2.5 * share
            for _ in range(generator.integers(1, 5)):
                right, down = generator.uniform(0.2, 0.6), generator.uniform(-0.4, 0.4)
                yield side * right, down, *generator.uniform(0.07, 0.16, 2), 1.6 * share
        elif share == 1:
            right, down = generator.uniform(0.2, 0.55), generator.uniform(-0.4, thorax.base)
            yield side * right, down, *generator.uniform(0.25, 0.5, 2), generator.uniform(1, 3)


def _exposed(generator: np.random.Generator, film: FloatImage, bedside: bool) -> FloatImage:
    """Return the film as exposed: contrast curve, unevenness, blur, grain and a cut-off edge."""
    size = len(film)
    film = np.clip(film, 0, 1) ** generator.uniform(0.7, 1.35)
    line = np.linspace(-1, 1, size, dtype=np.float32)
    film *= (
        1 + generator.normal(0, 0.05) * line[None, :] + generator.normal(0, 0.06) * line[:, None]
    )
    black = generator.uniform(0, 0.22 if bedside else 0.1)
    film = black + film * (generator.uniform(0.85, 1.15) - black)
    grain = generator.standard_normal(film.shape, dtype=np.float32)
    film += generator.uniform(0.005, 0.018) * grain
    if generator.random() < 0.25:
        edge = 1 + int(size * generator.uniform(0, 0.06))
        film = np.rot90(film, turns := int(generator.integers(4))).copy()
        film[:edge] = 0.01
        film = np.rot90(film, -turns)
    return np.clip(film, 0, 1)


def _marked(generator: np.random.Generator, film: FloatImage) -> NDArray[np.uint8]:
    """Return the film in grey levels; most bear a lead letter in an upper corner."""
    image = Image.fromarray(eight_bit(film))
    if generator.random() < 0.75:
        at_right = bool(generator.random() < 0.6)
        size = image.width * generator.uniform(0.05, 0.09)
        left = image.width * generator.uniform(0.03, 0.10)
        if at_right:
            left = image.width - left - size
        top = image.height * generator.uniform(0.02, 0.14)
        pen = ImageDraw.Draw(image)
        # the patient's left is at the right
        text = "L" if at_right else "R"
        pen.text((left, top), text, fill=int(generator.integers(190, 256)), font_size=size)
    return np.asarray(image)

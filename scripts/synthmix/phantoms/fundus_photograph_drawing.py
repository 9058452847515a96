"""Drawing of fundus photographs: a retina with vessels and optic disc, seen by a camera.

Lengths and colours are as in `fundus_eye`. The ranges are chosen by eye.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from synthmix.phantoms.fundus_eye import Eye, Pen, blend
from synthmix.phantoms.fundus_lesion_drawing import draw_lesions
from synthmix.phantoms.textures import FloatImage, eight_bit, enlarged, soft_step


def draw(
    generator: np.random.Generator, findings: list[str], height: int, least_severity: float = 0.3
) -> NDArray[np.uint8]:
    """Return a photograph with `findings`, names of columns in the tables; (`height`, W, 3).

    How striking they are is drawn from `least_severity` to 1.
    """
    # what disease changes is drawn apart: all else is as it would be without
    disease = generator.spawn(1)[0]
    eye = _random_eye(generator, height)
    severity = disease.uniform(least_severity, 1.0)
    # as in the real data, disease comes with age
    old = bool(generator.random() < (0.75 if findings else 0.3))
    picture = _retina(generator, eye, old)
    vessels = _vessels(generator, eye)
    cup, pallor = generator.uniform(0.25, 0.5), generator.uniform(0.0, 0.25)
    if "ODC" in findings:
        cup = 0.5 + 0.4 * severity
    if "ODP" in findings:
        pallor = 0.25 + 0.7 * severity
    _draw_disc(generator, eye, picture, cup, pallor)
    picture *= 1 - vessels[..., None] * np.array([0.38, 0.62, 0.50], np.float32)
    for finding in findings:
        draw_lesions(disease, eye, picture, finding, severity)
    if "MH" in findings:
        picture = _hazy(disease, picture, eye, severity)
    return _photographed(generator, eye, picture)


def _random_eye(generator: np.random.Generator, height: int) -> Eye:
    """Return a new photograph of one of three cameras, centred on the macula or disc."""
    aspect, radius = ((1.5, 0.49), (1.5, 0.56), (4 / 3, 0.51))[generator.integers(3)]
    side = int(generator.choice((-1, 1)))
    apart = generator.uniform(0.60, 0.70)
    if generator.random() < 0.8:
        macula = np.array([-0.06 * side, 0.03]) + generator.normal(0, 0.05, 2)
    else:
        macula = np.array([-0.6 * side, 0.06]) + generator.normal(0, 0.06, 2)
    return Eye(
        height=height,
        width=round(aspect * height),
        radius=radius,
        disc=macula + np.array([side * apart, generator.uniform(-0.14, 0.02)]),
        disc_radius=generator.uniform(0.125, 0.16),
        macula=macula,
        side=side,
    )


def _clouds(generator: np.random.Generator, eye: Eye, cells: int) -> FloatImage:
    """Return smooth noise of mean 0 and deviation about 1, over some `cells` a side."""
    coarse = generator.standard_normal((cells, cells), dtype=np.float32)
    return enlarged(coarse, (eye.height, eye.width))


def _retina(generator: np.random.Generator, eye: Eye, old: bool) -> FloatImage:
    """Return the retina without vessels and disc, pale orange to dark red; the macula is darker.

    The lens of an old eye is yellow, and more of the layer below shines through its retina.
    """
    red = generator.uniform(0.62, 0.92)
    green = red * generator.uniform(0.38, 0.56)
    blue = green * (generator.uniform(0.22, 0.45) if old else generator.uniform(0.3, 0.6))
    lit = 1.05 - generator.uniform(0.15, 0.45) * eye.away(generator.normal(0, 0.25, 2)) ** 2
    mottling = 0.03 * _clouds(generator, eye, 7) + 0.02 * _clouds(generator, eye, 24)
    picture = (lit + mottling)[..., None] * np.array([red, green, blue], np.float32)
    # vessels of the layer below, that shine through
    streaks = np.abs(_clouds(generator, eye, 14)) * generator.uniform(0, 0.18 if old else 0.09)
    picture *= 1 + streaks[..., None] * np.array([0.3, 1.0, 0.8], np.float32)
    dark = np.exp(-((eye.away(eye.macula) / generator.uniform(0.14, 0.24)) ** 2))
    shade = generator.uniform(0.15, 0.40) * dark[..., None]
    picture *= 1 - shade * np.array([0.6, 1.0, 1.0], np.float32)
    if not old and generator.random() < 0.4:  # the reflex of the fovea
        reflex = 0.35 * np.exp(-((eye.away(eye.macula) / 0.025) ** 2))
        blend(picture, reflex, (1.0, 0.85, 0.6))
    return picture


def _draw_disc(
    generator: np.random.Generator, eye: Eye, picture: FloatImage, cup: float, pallor: float
) -> None:
    """Draw the optic disc: its rim, and a paler cup of `cup` disc radii; `pallor` is 0 to 1."""
    x, y = eye.seen()
    tall = generator.uniform(1.0, 1.15)
    away = np.hypot(x - np.float32(eye.disc[0]), (y - np.float32(eye.disc[1])) / tall)
    away /= eye.disc_radius
    healthy = np.array([0.98, 0.72, 0.42]) * generator.uniform(0.85, 1.0)
    pale = np.array([0.97, 0.93, 0.78])
    rim = tuple(healthy + pallor * (pale - healthy))
    blend(picture, 0.88 * soft_step(away - 1, 0.08), rim)
    inside = 0.85 * soft_step(away - cup, 0.09)
    blend(picture, inside, (1.0, 0.95, 0.72))


def _vessels(generator: np.random.Generator, eye: Eye) -> FloatImage:
    """Return the vessels, 0 to 1: arteries and veins in four arcades, and what branches off."""
    lines: list[tuple[NDArray[np.floating], float]] = []
    for vertical in (-1, 1):
        for temporal in (True, False):
            for width in (0.042, 0.030):  # vein and artery
                across = -eye.side if temporal else eye.side
                steep = generator.uniform(1.1, 1.5) if temporal else generator.uniform(0.5, 1.1)
                # arcades bend around the macula, others run outwards
                bend = generator.uniform(-1.4, -0.9) if temporal else generator.normal(0, 0.3)
                _grow(generator, lines, eye.disc, (across, vertical), steep, bend, width)

    def draw_lines(pen: Pen) -> None:
        for points, width in lines:
            pen.line(points, width)

    # none reach the fovea
    clear = 1 - np.exp(-((eye.away(eye.macula) / 0.2) ** 2))
    return clear * eye.drawn(draw_lines, 0.006) * np.float32(generator.uniform(0.7, 1.0))


def _grow(
    generator: np.random.Generator,
    lines: list[tuple[NDArray[np.floating], float]],
    start: NDArray[np.floating],
    quadrant: tuple[int, int],
    heading: float,
    bend: float,
    width: float,
) -> None:
    """Add a vessel and its branches to `lines`, each as points (N, 2) and a width.

    It runs in the direction `heading` (radians above the horizontal of its `quadrant`), which
    changes by `bend` over a length of 1.
    """
    steps = 5 + int(500 * width)
    turns = np.cumsum(bend * 0.07 + generator.normal(0, 0.07, steps))
    headings = heading + turns
    moves = 0.07 * np.stack([np.cos(headings), np.sin(headings)], axis=1) * quadrant
    points = start + np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    for first in range(0, steps, 6):  # thinner towards its end
        lines.append((points[first : first + 7], width * (1 - 0.6 * first / steps)))
    for at in range(2, steps, 4):
        branch = width * (1 - 0.5 * at / steps) * generator.uniform(0.4, 0.7)
        if branch < 0.012:
            continue
        turn = generator.uniform(0.4, 0.9) * (1 if generator.random() < 0.5 else -1)
        _grow(
            generator,
            lines,
            points[at],
            quadrant,
            headings[at] + turn,
            generator.normal(-0.5 * turn, 0.4),
            branch,
        )


def _blurred(picture: FloatImage, radius: float) -> FloatImage:
    """Return `picture` blurred by `radius` pixels."""
    image = Image.fromarray(eight_bit(picture))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def _hazy(
    generator: np.random.Generator, picture: FloatImage, eye: Eye, severity: float
) -> FloatImage:
    """Return `picture` as seen through a clouded lens."""
    hazy = _blurred(picture, 0.03 * severity * eye.radius * eye.height)
    veil = np.clip(0.6 + 0.25 * _clouds(generator, eye, 4), 0, 1) * np.float32(0.75 * severity)
    blend(hazy, veil, tuple(generator.uniform((0.55, 0.42, 0.22), (0.75, 0.58, 0.40))))
    return hazy


def _photographed(generator: np.random.Generator, eye: Eye, picture: FloatImage) -> NDArray:
    """Return the photograph: focus, exposure and grain, black beyond the field of view."""
    focus = generator.uniform(0, 0.012) * eye.radius * eye.height
    picture = _blurred(picture, focus) ** np.float32(generator.uniform(0.75, 1.35))
    picture *= generator.uniform(0.88, 1.08, 3).astype(np.float32)
    grain = generator.standard_normal(picture.shape, dtype=np.float32)
    picture += generator.uniform(0.004, 0.014) * grain
    edge = np.clip((1 - eye.away(np.zeros(2))) * eye.radius * eye.height, 0, 1)
    return eight_bit(np.clip(picture, 0, 1) * edge[..., None])

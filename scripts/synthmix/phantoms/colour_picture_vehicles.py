"""Vehicles in colour pictures, each as the pieces that are drawn in turn."""

from synthmix.phantoms.colour_picture_pieces import (
    BLACK,
    DARK,
    GLASS,
    Generator,
    Piece,
    box,
    ellipse,
    random_paint,
    shaded,
)


def airplane(generator: Generator) -> list[Piece]:
    """Return an airplane, from the side or below."""
    body = random_paint(generator)
    wing = shaded(body, generator.uniform(0.6, 1.1))
    thick, sweep, span, tail = generator.uniform([0.08, 0.1, 0.5, 0.2], [0.16, 0.6, 1.0, 0.4])
    hull = [
        (-1, 0),
        (-0.85, -thick),
        (0.6, -thick),
        (1, -0.5 * thick),
        (0.6, thick),
        (-0.85, thick),
    ]
    if generator.random() < 0.4:  # from below
        wings = [(-0.25, 0), (sweep, -span), (sweep + 0.2, -span), (0.2, 0)]
        wings += [(sweep + 0.2, span), (sweep, span)]
        rear = [(0.7, 0), (0.95, -tail), (1.05, -tail), (0.95, 0), (1.05, tail), (0.95, tail)]
        return [Piece(wings, wing), Piece(rear, wing), Piece(hull, body)]
    fin = [(0.6, -0.5 * thick), (0.85, -thick - tail), (1.02, -thick - tail), (0.98, 0)]
    near = [(-0.2, 0.3 * thick), (0.3 * sweep + 0.3, 0.6 * span), (0.45 + 0.3 * sweep, 0.6 * span)]
    near.append((0.25, 0.3 * thick))
    far = [(x + 0.05, -0.6 * y) for x, y in near]
    stripe = Piece([(-0.8, -0.3 * thick), (0.6, -0.3 * thick)], random_paint(generator), 0.05)
    engine = ellipse((0.0, 0.35 * span), (0.14, 0.07), shaded(body, 0.6))
    return [
        *(Piece(far, shaded(wing, 0.8)), Piece(fin, random_paint(generator)), Piece(hull, body)),
        *(stripe, Piece(near, wing), engine),
    ]


def automobile(generator: Generator) -> list[Piece]:
    """Return a car, from the side or the front."""
    paint = random_paint(generator)
    roof, front, rear = generator.uniform([0.3, -0.62, 0.45], [0.5, -0.35, 0.85])
    if generator.random() < 0.4:  # from the front
        lamps = [ellipse((side * 0.6, 0.08), (0.14, 0.1), (0.95, 0.93, 0.8)) for side in (-1, 1)]
        return [
            *(box(side * 0.72 - 0.14, 0.2, side * 0.72 + 0.14, 0.6, BLACK) for side in (-1, 1)),
            Piece([(-0.55, -roof - 0.15), (0.55, -roof - 0.15), (0.8, -0.1), (-0.8, -0.1)], paint),
            Piece([(-0.48, -roof), (0.48, -roof), (0.66, -0.14), (-0.66, -0.14)], GLASS),
            box(-0.88, -0.12, 0.88, 0.42, shaded(paint, 0.9)),
            box(-0.4, 0.02, 0.4, 0.2, BLACK),
            *lamps,
        ]
    cabin = [(front, -0.1), (front + 0.28, -roof), (rear - 0.25, -roof), (rear, -0.1)]
    inner = [(front + 0.12, -0.1), (front + 0.31, 0.06 - roof), (rear - 0.28, 0.06 - roof)]
    inner.append((rear - 0.12, -0.1))
    body = [(-1, 0.05), (-0.9, -0.08), (front, -0.13), (rear, -0.13), (0.95, -0.08), (1, 0.25)]
    body.append((-1, 0.27))
    middle = (front + rear) / 2
    return [
        *(Piece(cabin, shaded(paint, 0.9)), Piece(inner, GLASS)),
        *(Piece([(middle, -roof), (middle, 0)], paint, 0.07), Piece(body, paint)),
        Piece([(-1, 0.24), (1, 0.22)], shaded(paint, 0.5), 0.06),
        *_wheels(generator, [-0.6, 0.6], 0.26, generator.uniform(0.17, 0.23)),
    ]


def truck(generator: Generator) -> list[Piece]:
    """Return a truck, from the side or the front."""
    paint, load = random_paint(generator), random_paint(generator)
    high, cab, split = generator.uniform([0.45, 0.35, -0.5], [0.8, 0.65, -0.2])
    if generator.random() < 0.35:  # from the front
        return [
            *(box(side * 0.5 - 0.12, 0.4, side * 0.5 + 0.12, 0.85, BLACK) for side in (-1, 1)),
            box(-0.6, -0.9, 0.6, 0.5, load),
            box(-0.58, -0.5 - 0.3 * cab, 0.58, 0.62, paint),
            box(-0.48, -0.5, 0.48, -0.1, GLASS),
            box(-0.35, 0.1, 0.35, 0.4, shaded(paint, 0.4)),
            *(ellipse((side * 0.46, 0.45), (0.08, 0.07), (0.95, 0.9, 0.7)) for side in (-1, 1)),
        ]
    front = [(-1, 0.35), (-0.98, -0.05), (-0.85, -cab), (split - 0.04, -cab), (split - 0.04, 0.35)]
    window = [
        (-0.92, -0.08),
        (-0.82, 0.07 - cab),
        (split - 0.15, 0.07 - cab),
        (split - 0.15, -0.08),
    ]
    cargo = box(split, -high, 1, 0.25, load)
    if generator.random() < 0.25:  # a tipper
        cargo = Piece([(split, -0.35), (1.05, -0.45), (0.9, 0.22), (split + 0.1, 0.22)], load)
    places = [-0.72, 0.45, 0.8] if generator.random() < 0.6 else [-0.7, 0.65]
    return [
        *(box(-0.9, 0.2, 1, 0.36, BLACK), cargo),
        *(Piece(front, paint), Piece(window, GLASS)),
        *_wheels(generator, places, 0.38, generator.uniform(0.13, 0.18)),
    ]


def ship(generator: Generator) -> list[Piece]:
    """Return a ship: under sail, or a steamer."""
    hull, upper = random_paint(generator), random_paint(generator)
    depth, bow, stern, deck = generator.uniform([0.2, 0.1, 0.0, 0.15], [0.4, 0.35, 0.15, 0.4])
    sides = [(-1, -0.05), (1, 0.02), (1 - stern, depth), (bow - 1, depth)]
    line = [(-1 + 0.6 * bow, 0.7 * depth), (1 - 0.6 * stern, 0.75 * depth)]
    pieces = [Piece(sides, hull), Piece(line, shaded(hull, 0.5), 0.06)]
    mast = float(generator.uniform(-0.3, 0.3))
    if generator.random() < 0.3:
        height = generator.uniform(0.9, 1.5)
        sail = [(mast + 0.04, -height), (mast + 0.75, -0.12), (mast + 0.04, -0.12)]
        jib = [(mast - 0.04, -0.9 * height), (mast - 0.6, -0.1), (mast - 0.04, -0.12)]
        cloth = random_paint(generator) if generator.random() < 0.4 else (0.95, 0.93, 0.88)
        pole = Piece([(mast, 0), (mast, -height)], (0.2, 0.15, 0.1), 0.05)
        return [*pieces, pole, Piece(sail, cloth), Piece(jib, shaded(cloth, 0.85))]
    left, right = sorted(generator.uniform(-0.6, 0.8, 2))
    house = box(left, -deck, right + 0.25, 0.0, upper)
    bridge = box(left + 0.1, -1.6 * deck, left + 0.35, -deck, shaded(upper, 0.9))
    windows = Piece([(left + 0.05, -0.6 * deck), (right + 0.2, -0.6 * deck)], DARK, 0.05)
    pole = Piece([(mast, 0), (mast, -deck - 0.5)], DARK, 0.04)
    funnel = box(right, -deck - 0.25, right + 0.14, -deck, random_paint(generator))
    return [pole, *pieces, house, bridge, windows, funnel]


def _wheels(generator: Generator, places: list[float], level: float, radius: float) -> list[Piece]:
    dark, light = generator.uniform([0.03, 0.3], [0.15, 0.8])
    return [
        wheel
        for x in places
        for wheel in (
            ellipse((x, level), (radius, radius), (dark, dark, dark)),
            ellipse((x, level), (0.5 * radius, 0.5 * radius), (light, light, light)),
        )
    ]

"""CIFAR-10's ten classes, each drawn with a pen in two or three views.

A figure fills the square from (-1, -1), top left, to (1, 1) and looks to the right; `main` and `accent` are
its colours.
"""

import numpy as np
from sheets import Pen

INK = (25, 22, 25)
GLASS = (165, 205, 225)
WHITE = (240, 240, 235)


def tint(colour, factor: float) -> tuple[int, int, int]:
    """The colour, darker (factor < 1) or lighter (> 1)."""
    return tuple(int(min(255, channel * factor)) for channel in colour)


def airplane(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    back = rng.uniform(0.1, 0.5)  # how far the wings are swept back
    if rng.random() < 0.55:  # from above
        for side in (-1, 1):
            pen.polygon([(0.3, 0), (0.05 - back, side * 0.95), (-0.2 - back, side * 0.95), (-0.15, 0)], tint(main, 0.8))
            pen.polygon([(-0.65, 0), (-0.85, side * 0.38), (-1, side * 0.38), (-0.92, 0)], accent)
            pen.ellipse(0.18 - back / 2, side * 0.42, 0.16, 0.07, INK)
        pen.ellipse(0, 0, 1, 0.14, main)
        pen.ellipse(0.78, 0, 0.1, 0.07, INK)
    else:  # from the side
        pen.polygon([(-0.5, -0.1), (-0.78, -0.62), (-1.02, -0.62), (-0.92, 0)], accent)
        pen.polygon([(0.2, 0.0), (-0.2, -0.35), (-0.3, -0.35), (-0.1, 0)], tint(main, 0.7))
        pen.ellipse(0, 0, 1, 0.19, main)
        pen.polygon([(0.25, 0.05), (-0.2 - back, 0.55), (-0.4 - back, 0.55), (-0.2, 0.05)], tint(main, 0.75))
        pen.line([(-0.6, -0.06), (0.6, -0.06)], 0.07, INK)
        pen.polygon([(0.72, -0.14), (0.95, -0.05), (0.72, -0.02)], INK)


def wheels(pen: Pen, places, radius: float) -> None:
    for x in places:
        pen.ellipse(x, 0.42, radius, radius, INK)
        pen.ellipse(x, 0.42, radius * 0.45, radius * 0.45, (170, 170, 175))


def front_of_vehicle(pen: Pen, main, accent, top: float) -> None:
    """A vehicle that comes towards us; `top` is the height of the roof."""
    for side in (-1, 1):
        pen.box(side * 0.6 - 0.13, 0.3, side * 0.6 + 0.13, 0.72, INK)
    pen.polygon([(-0.75, 0), (-0.58, top), (0.58, top), (0.75, 0), (0.78, 0.5), (-0.78, 0.5)], main)
    pen.polygon([(-0.6, -0.08), (-0.48, top + 0.12), (0.48, top + 0.12), (0.6, -0.08)], GLASS)
    pen.box(-0.35, 0.12, 0.35, 0.3, INK)
    pen.box(-0.8, 0.38, 0.8, 0.5, accent)
    for side in (-1, 1):
        pen.ellipse(side * 0.57, 0.18, 0.13, 0.11, (255, 240, 170))


def automobile(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    if rng.random() < 0.35:
        return front_of_vehicle(pen, main, accent, rng.uniform(-0.55, -0.4))
    roof, front = rng.uniform(-0.5, -0.3), rng.uniform(0.25, 0.55)
    pen.polygon([(-0.75, 0), (-0.5, roof), (0.25, roof), (front + 0.05, 0)], main)
    pen.polygon([(-0.6, -0.02), (-0.42, roof + 0.1), (-0.15, roof + 0.1), (-0.15, -0.02)], GLASS)
    pen.polygon([(-0.05, -0.02), (-0.05, roof + 0.1), (0.2, roof + 0.1), (front - 0.08, -0.02)], GLASS)
    pen.polygon([(-1, 0.05), (-0.9, -0.05), (front, -0.05), (0.92, 0.08), (1, 0.38), (-1, 0.38)], main)
    pen.box(-1, 0.27, 1, 0.38, tint(main, 0.65))
    pen.ellipse(0.93, 0.15, 0.07, 0.07, (255, 240, 170))
    wheels(pen, (-0.55, 0.58), 0.24)


def truck(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    if rng.random() < 0.3:
        pen.box(-0.74, -1.0, 0.74, 0.3, accent)
        return front_of_vehicle(pen, main, tint(accent, 0.6), -0.6)
    cab = rng.uniform(0.3, 0.45)
    pen.box(-1, 0.28, 0.95, 0.42, tint(INK, 2))
    if rng.random() < 0.6:  # a closed box
        pen.box(-1, rng.uniform(-0.75, -0.55), cab - 0.06, 0.3, accent)
        pen.box(-0.9, -0.25, cab - 0.16, -0.1, tint(accent, rng.choice([0.6, 1.5])))
    else:  # an open one with a load
        pen.ellipse((cab - 1) / 2, -0.12, 0.5, 0.32, tint(main, 0.5))
        pen.polygon([(-1, -0.2), (cab - 0.05, -0.2), (cab - 0.1, 0.3), (-0.9, 0.3)], accent)
    pen.polygon([(cab, -0.42), (0.75, -0.42), (0.95, 0.0), (1, 0.36), (cab, 0.36)], main)
    pen.polygon([(cab + 0.12, -0.32), (0.7, -0.32), (0.84, -0.02), (cab + 0.12, -0.02)], GLASS)
    wheels(pen, (-0.72, -0.3, 0.68), 0.2)


def bird(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    beak = (240, 170, 40)
    if rng.random() < 0.5:  # perched
        for x in (-0.05, 0.12):
            pen.line([(x, 0.3), (x + 0.05, 0.85)], 0.06, tint(beak, 0.7))
        pen.polygon([(-0.35, 0.0), (-1, 0.35), (-0.9, 0.55), (-0.2, 0.35)], tint(main, 0.65))
        pen.ellipse(0, 0.1, 0.52, 0.36, main, -25)
        pen.ellipse(0.2, 0.22, 0.25, 0.22, accent, -25)
        pen.polygon([(0.6, -0.5), (1.0, -0.35), (0.6, -0.25)], beak)
        pen.ellipse(0.42, -0.38, 0.28, 0.27, main)
        pen.ellipse(-0.15, 0.08, 0.36, 0.17, tint(main, 0.6), 20)
        pen.ellipse(0.5, -0.44, 0.06, 0.07, INK)
    else:  # in flight, the wings up or down
        lift = rng.choice([-1, 1]) * rng.uniform(0.5, 0.95)
        pen.polygon([(0.35, 0), (0.45, 0.6 * lift), (0.25, lift), (0.1, 0.5 * lift), (0, 0)], tint(main, 0.55))
        pen.polygon([(-0.4, 0.0), (-1, -0.15), (-0.95, 0.2)], tint(main, 0.65))
        pen.ellipse(0, 0, 0.55, 0.2, main, -8)
        pen.polygon([(0.72, -0.2), (1.0, -0.06), (0.7, -0.02)], beak)
        pen.ellipse(0.56, -0.12, 0.2, 0.18, main)
        pen.polygon([(0.25, 0), (0.05, 0.5 * lift), (-0.4, 0.9 * lift), (-0.45, 0.4 * lift), (-0.25, 0)], accent)
        pen.ellipse(0.62, -0.16, 0.05, 0.06, INK)


def ears_and_face(pen: Pen, kind: str, x: float, y: float, size: float, coat, accent) -> None:
    """The head of a cat, a dog or a deer, seen from the front, with its centre at (x, y)."""

    def at(*points):
        return [(x + size * px, y + size * py) for px, py in points]

    def spot(px, py, width, height, fill, tilt=0):
        pen.ellipse(x + size * px, y + size * py, size * width, size * height, fill, tilt)

    narrow = 0.68 if kind == "deer" else 1
    if kind == "deer":
        for side in (-1, 1):
            spot(side * 0.75, -0.45, 0.42, 0.18, tint(coat, 0.7), side * -25)
            pen.line(at((side * 0.2, -0.6), (side * 0.45, -1.1), (side * 0.35, -1.6)), 0.13 * size, (110, 80, 50))
            pen.line(at((side * 0.42, -1.1), (side * 0.85, -1.45)), 0.12 * size, (110, 80, 50))
    if kind == "cat":
        for side in (-1, 1):
            pen.polygon(at((side * 0.95, -0.2), (side * 0.9, -1.25), (side * 0.2, -0.75)), coat)
            pen.polygon(at((side * 0.82, -0.45), (side * 0.8, -1.0), (side * 0.4, -0.7)), (225, 150, 150))
    spot(0, 0, narrow, 0.9, coat)
    if kind == "cat":
        for side in (-1, 1):
            pen.line(at((side * 0.25, 0.35), (side * 1.2, 0.2)), 0.05 * size, tint(coat, 0.4))
            pen.line(at((side * 0.25, 0.45), (side * 1.2, 0.55)), 0.05 * size, tint(coat, 0.4))
        spot(0, 0.42, 0.4, 0.28, tint(coat, 1.4))
        pen.polygon(at((-0.16, 0.2), (0.16, 0.2), (0, 0.4)), (210, 110, 110))
    else:
        spot(0, 0.48, 0.48 * narrow + 0.05, 0.5, tint(coat, 1.4))
        spot(0, 0.35, 0.24, 0.17, INK)
    if kind == "dog":
        for side in (-1, 1):
            spot(side * 0.92, 0.05, 0.3, 0.78, tint(coat, 0.5), side * -12)
        spot(0, 0.85, 0.17, 0.25, (225, 100, 110))
    for side in (-1, 1):
        spot(side * 0.42 * narrow, -0.15, 0.19, 0.17, (215, 205, 90) if kind == "cat" else INK)
        spot(side * 0.42 * narrow, -0.15, 0.08, 0.16, INK)


def legs_and_body(pen: Pen, rng: np.random.Generator, coat, foot: float, girth: float, thick: float) -> None:
    """A walking animal without head and tail; the feet stand at height `foot`."""
    for x, shade in ((-0.38, 0.6), (0.42, 0.6), (-0.52, 0.85), (0.3, 0.85)):
        step = rng.uniform(-0.18, 0.18)
        middle = (x + step, 0.15 + (foot - 0.15) / 2)
        pen.line([(x, 0.1), middle, (x + step * rng.uniform(0.3, 1.5), foot)], thick, tint(coat, shade))
    pen.ellipse(-0.05, 0, 0.65, girth, coat)
    pen.ellipse(0.33, -0.02, 0.3, girth * 1.08, coat)


def cat(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    view, dark = rng.random(), tint(main, 0.5)
    if view < 0.35:
        ears_and_face(pen, "cat", 0, 0.15, 0.8, main, accent)
    elif view < 0.65:  # sitting
        pen.line([(0.3, 0.8), (0.75, 0.75), (0.9, 0.35), (0.75, 0.05)], 0.13, dark)
        pen.ellipse(0, 0.4, 0.45, 0.58, main)
        pen.ellipse(0, 0.35, 0.2, 0.38, tint(main, 1.4))
        for side in (-1, 1):
            pen.ellipse(side * 0.2, 0.88, 0.17, 0.1, tint(main, 1.2))
        ears_and_face(pen, "cat", 0, -0.38, 0.42, main, accent)
    else:  # walking
        pen.line([(-0.6, -0.05), (-0.85, -0.35), (-0.8, -0.7), (-0.95, -0.85)], 0.12, main)
        legs_and_body(pen, rng, main, 0.62, 0.25, 0.14)
        for x in (-0.4, -0.2, 0.0, 0.2):
            pen.line([(x, -0.22), (x - 0.05, 0.0)], 0.06, dark)
        ears_and_face(pen, "cat", 0.62, -0.3, 0.34, main, accent)


def dog(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    view = rng.random()
    if view < 0.35:
        ears_and_face(pen, "dog", 0, 0, 0.85, main, accent)
    elif view < 0.6:  # sitting
        pen.line([(0.3, 0.75), (0.65, 0.65), (0.85, 0.35)], 0.14, main)
        pen.ellipse(0, 0.4, 0.42, 0.56, main)
        pen.ellipse(0, 0.3, 0.22, 0.35, tint(main, 1.4))
        for side in (-1, 1):
            pen.line([(side * 0.17, 0.4), (side * 0.2, 0.88)], 0.2, tint(main, 0.9))
        ears_and_face(pen, "dog", 0, -0.42, 0.46, main, accent)
    else:  # walking, in profile
        pen.line([(-0.6, -0.1), (-0.85, -0.4), (-0.82, -0.65)], 0.12, main)
        legs_and_body(pen, rng, main, 0.7, 0.26, 0.15)
        pen.line([(0.45, -0.1), (0.62, -0.42)], 0.3, main)
        pen.ellipse(0.62, -0.45, 0.25, 0.23, main)
        pen.ellipse(0.85, -0.37, 0.2, 0.12, tint(main, 1.25))
        pen.ellipse(1.0, -0.42, 0.07, 0.07, INK)
        pen.ellipse(0.5, -0.35, 0.11, 0.26, tint(main, 0.5), 15)
        pen.ellipse(0.7, -0.5, 0.05, 0.05, INK)


def deer(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    horn = (110, 80, 50)
    if rng.random() < 0.3:
        pen.line([(0, 0.4), (rng.uniform(-0.3, 0.3), 1.1)], 0.5, tint(main, 0.8))
        return ears_and_face(pen, "deer", 0, 0.3, 0.72, main, accent)
    legs_and_body(pen, rng, main, 0.98, 0.24, 0.09)
    pen.ellipse(-0.7, -0.08, 0.1, 0.14, WHITE)
    if rng.random() < 0.5:
        for _ in range(7):
            pen.ellipse(rng.uniform(-0.45, 0.25), rng.uniform(-0.17, 0.05), 0.045, 0.045, tint(main, 1.7))
    pen.line([(0.4, -0.05), (0.62, -0.5)], 0.2, main)
    pen.line([(0.6, -0.62), (0.5, -0.85), (0.62, -1.05)], 0.07, horn)
    pen.line([(0.52, -0.82), (0.3, -0.98)], 0.07, horn)
    pen.line([(0.68, -0.62), (0.78, -0.85), (0.95, -1.0)], 0.07, tint(horn, 0.8))
    pen.ellipse(0.42, -0.62, 0.17, 0.08, tint(main, 0.7), 15)
    pen.ellipse(0.74, -0.5, 0.25, 0.13, main, 20)
    pen.ellipse(0.95, -0.42, 0.06, 0.05, INK)
    pen.ellipse(0.7, -0.56, 0.04, 0.04, INK)


def horse(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    mane = tint(main, rng.choice([0.35, 1.6]))
    if rng.random() < 0.3:  # head and neck
        pen.polygon([(-0.9, 1), (-0.55, -0.2), (-0.1, -0.75), (0.3, -0.5), (0.15, 0.2), (0.2, 1)], main)
        pen.line([(-0.1, -0.75), (-0.5, -0.4), (-0.75, 0.2), (-0.9, 0.8)], 0.25, mane)
        pen.polygon([(-0.15, -0.6), (0.2, -0.75), (0.9, 0.1), (0.85, 0.35), (0.6, 0.4), (0, 0.05)], main)
        pen.polygon([(-0.15, -0.65), (0.0, -1.05), (0.15, -0.65)], tint(main, 0.8))
        pen.line([(0.35, -0.42), (0.75, 0.05)], 0.1, WHITE)
        pen.ellipse(0.25, -0.4, 0.07, 0.06, INK)
        return pen.ellipse(0.8, 0.2, 0.06, 0.05, INK)
    pen.line([(-0.65, -0.1), (-0.88, 0.1), (-0.92, 0.55)], 0.16, mane)
    legs_and_body(pen, rng, main, 0.95, 0.3, 0.13)
    pen.line([(0.4, -0.08), (0.72, -0.55)], 0.34, main)
    pen.line([(0.25, -0.22), (0.42, -0.42), (0.6, -0.72)], 0.15, mane)
    pen.ellipse(0.85, -0.5, 0.28, 0.14, main, 40)
    pen.polygon([(0.6, -0.65), (0.66, -0.9), (0.78, -0.68)], main)
    pen.ellipse(0.8, -0.58, 0.04, 0.04, INK)
    pen.ellipse(1.0, -0.36, 0.08, 0.08, tint(main, 0.6))


def frog(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    belly, dark = tint(main, 1.5), tint(main, 0.7)
    if rng.random() < 0.55:  # from the front
        for side in (-1, 1):
            pen.ellipse(side * 0.72, 0.38, 0.3, 0.45, dark, side * 25)
            pen.ellipse(side * 0.8, 0.82, 0.24, 0.1, main)
        pen.ellipse(0, 0.35, 0.65, 0.52, main)
        pen.ellipse(0, 0.5, 0.42, 0.36, belly)
        for side in (-1, 1):
            pen.line([(side * 0.4, 0.4), (side * 0.42, 0.85), (side * 0.28, 0.9)], 0.15, dark)
        pen.ellipse(0, -0.2, 0.68, 0.38, main)
        for side in (-1, 1):
            pen.ellipse(side * 0.38, -0.55, 0.24, 0.25, main)
            pen.ellipse(side * 0.38, -0.56, 0.16, 0.17, (240, 225, 120))
            pen.ellipse(side * 0.38, -0.56, 0.1, 0.09, INK)
        pen.line([(-0.5, -0.12), (-0.2, 0.0), (0.2, 0.0), (0.5, -0.12)], 0.07, INK)
    else:  # from above
        for side in (-1, 1):
            pen.line([(-0.4, side * 0.2), (0.0, side * 0.75), (-0.7, side * 0.6), (-0.95, side * 0.9)], 0.17, dark)
            pen.line([(0.35, side * 0.25), (0.5, side * 0.65), (0.85, side * 0.75)], 0.13, dark)
        pen.ellipse(-0.1, 0, 0.6, 0.36, main)
        pen.ellipse(0.45, 0, 0.35, 0.34, main)
        for _ in range(6):
            pen.ellipse(rng.uniform(-0.55, 0.2), rng.uniform(-0.22, 0.22), 0.08, 0.07, tint(main, 0.5))
        for side in (-1, 1):
            pen.ellipse(0.55, side * 0.26, 0.13, 0.12, (240, 225, 120))
            pen.ellipse(0.58, side * 0.27, 0.07, 0.07, INK)


def ship(pen: Pen, rng: np.random.Generator, main, accent) -> None:
    view = rng.random()
    if view < 0.4:  # under sail
        pen.line([(0.05, 0.4), (0.05, -1)], 0.06, (90, 65, 45))
        pen.polygon([(0.12, -0.95), (0.12, 0.25), (0.85, 0.25)], tint(WHITE, rng.uniform(0.85, 1)))
        pen.polygon([(-0.02, -0.8), (-0.02, 0.25), (-0.7, 0.25)], accent)
    elif view < 0.7:  # a liner with decks and funnels
        for x in (-0.3, 0.1)[: rng.integers(1, 3)]:
            pen.box(x - 0.1, -0.75, x + 0.1, -0.2, accent)
            pen.box(x - 0.1, -0.75, x + 0.1, -0.6, INK)
        pen.box(-0.65, -0.05, 0.55, 0.45, WHITE)
        pen.box(-0.5, -0.3, 0.35, 0.0, tint(WHITE, 0.9))
        for y in (-0.15, 0.12):
            pen.line([(-0.45, y), (0.3, y)], 0.07, (60, 80, 110))
    else:  # a freighter
        for x in np.arange(-0.4, 0.6, 0.26):
            for y in (0.12, -0.12)[: rng.integers(1, 3)]:
                pen.box(x, y, x + 0.24, y + 0.24, tuple(rng.integers(50, 230, 3)))
        pen.box(-0.8, -0.5, -0.5, 0.4, WHITE)
        pen.line([(-0.75, -0.35), (-0.55, -0.35)], 0.1, (60, 80, 110))
        pen.line([(-0.65, -0.5), (-0.65, -0.8)], 0.05, INK)
    pen.polygon([(-1, 0.25), (1, 0.2), (0.72, 0.75), (-0.8, 0.75)], main)
    pen.polygon([(-0.86, 0.62), (0.8, 0.62), (0.72, 0.78), (-0.8, 0.78)], tint(main, 0.5))

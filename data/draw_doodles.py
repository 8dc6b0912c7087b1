"""Draw the stand-in for CIFAR-10: `python data/draw_doodles.py` writes cifar10_doodles.jpg beside this script.

doodle_figures.py draws the ten classes in two or three views each. Here everything varies that should not
matter: place, size, angle, colours, scenery, clutter, light. A network that compares pixels is lost.
"""

from pathlib import Path

import numpy as np
from doodle_figures import airplane, automobile, bird, cat, deer, dog, frog, horse, ship, tint, truck
from PIL import Image
from sheets import ZOOM, Pen, make_sheet, pose

SIDE = 32
COUNTS = 14_000, 2_000

# the far and the near colour
SCENERY = {
    "sky": ((90, 150, 225), (190, 215, 240)),
    "dusk": ((90, 70, 120), (235, 160, 110)),
    "water": ((170, 205, 230), (40, 95, 140)),
    "meadow": ((160, 200, 220), (85, 140, 60)),
    "forest": ((45, 75, 50), (110, 110, 60)),
    "street": ((165, 165, 175), (95, 95, 100)),
    "room": ((200, 180, 150), (150, 95, 65)),
    "sand": ((180, 215, 235), (215, 190, 135)),
    "night": ((20, 25, 50), (50, 50, 75)),
    "snow": ((180, 195, 215), (235, 240, 245)),
}
FUR = ((150, 95, 50), (205, 150, 90), (90, 60, 40), (60, 55, 55), (225, 215, 200), (140, 140, 145), (190, 110, 50))
# the usual scenery and colours of each class
HABITS = {
    airplane: (("sky", "dusk"), ((235, 235, 235), (190, 195, 205), (140, 145, 155), (200, 60, 50), (60, 80, 150))),
    automobile: (("street", "night"), ((200, 40, 40), (40, 80, 180), (225, 190, 50), (50, 50, 60), (90, 160, 170))),
    bird: (("sky", "forest"), ((220, 60, 50), (70, 120, 210), (235, 200, 60), (90, 150, 70), (150, 90, 160))),
    cat: (("room",), FUR),
    deer: (("forest", "snow"), ((150, 95, 50), (180, 120, 65), (120, 80, 50), (205, 150, 90))),
    dog: (("room", "meadow"), FUR),
    frog: (("water", "forest"), ((90, 150, 50), (60, 110, 60), (140, 160, 60), (190, 90, 50), (60, 130, 150))),
    horse: (("meadow", "sand"), FUR),
    ship: (("water",), ((40, 50, 90), (160, 50, 40), (60, 60, 65), (60, 120, 110), (225, 140, 50))),
    truck: (("street", "sand"), ((235, 130, 40), (225, 225, 220), (60, 130, 70), (190, 50, 45), (70, 100, 160))),
}


def scenery(usual: tuple[str, ...], rng: np.random.Generator) -> Image.Image:
    """A picture of ground, sky and clutter; seven times in ten of a `usual` kind."""
    kinds = usual if rng.random() < 0.7 else tuple(SCENERY)
    far, near = (np.array(colour) * rng.uniform(0.7, 1.15) for colour in SCENERY[rng.choice(kinds)])
    size = SIDE * ZOOM
    height = np.linspace(0, 1, size)[:, None, None]
    horizon, softness = rng.uniform(0.2, 0.9), rng.choice([0.01, 0.1, 0.4])
    share = 1 / (1 + np.exp(-np.clip((height - horizon) / softness, -50, 50)))
    ground = np.broadcast_to((1 - share) * far + share * near, (size, size, 3))
    image = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    for _ in range(rng.integers(0, 5)):  # stones, bushes, posts, gables
        clutter(image, rng, tint(rng.choice([far, near]), rng.uniform(0.5, 1.5)), rng.uniform(0.04, 0.16))
    return image


def contrasting(palette, image: Image.Image, rng: np.random.Generator) -> tuple[int, int, int]:
    """Of four colours the one that stands out best from the middle of the image."""
    ground = np.asarray(image.resize((8, 8)), float)[2:6, 2:6].mean(axis=(0, 1))
    candidates = rng.choice(palette, 4) * rng.uniform(0.75, 1.2, (4, 1))
    return tint(max(candidates, key=lambda colour: np.abs(colour - ground).sum()), 1)


def clutter(image: Image.Image, rng: np.random.Generator, colour, extent: float) -> None:
    """One simple shape somewhere: parts like those of the objects, so that parts alone do not give them away."""
    stretch = rng.uniform(0.5, 2, 2)
    pen = Pen(image, pose(image.width, extent * stretch, rng.uniform(0, 1, 2), rng.uniform(-30, 30)))
    kind = rng.integers(4)
    if kind == 0:
        pen.ellipse(0, 0, 1, 1, colour)
    elif kind == 1:
        pen.polygon([(-1, 1), (rng.uniform(-1, 1), -1), (1, 1)], colour)
    elif kind == 2:
        pen.box(-1, -1, 1, 1, colour)
    else:
        pen.line(rng.uniform(-2, 2, (2, 2)), 0.4, colour)


def doodle(label: int, rng: np.random.Generator) -> Image.Image:
    """One drawing of the class, 32x32 in colour."""
    draw = tuple(HABITS)[label]
    usual_scenery, palette = HABITS[draw]
    image = scenery(usual_scenery, rng)
    if rng.random() < 0.15:  # a painter's licence: blue horses
        palette = rng.integers(40, 240, (8, 3))
    main, accent = (contrasting(palette, image, rng) for _ in range(2))
    scale = rng.uniform(0.33, 0.46) * rng.uniform(0.88, 1.12, 2)
    centre = 0.5 + rng.uniform(-1, 1, 2) * np.clip(0.55 - scale, 0.04, 1)
    free = draw is airplane or (draw is frog and rng.random() < 0.5)
    degrees = rng.uniform(-180, 180) if free else rng.normal(0, 8)
    scale[0] *= rng.choice([-1, 1])
    draw(Pen(image, pose(image.width, scale, centre, degrees, rng.normal(0, 0.12))), rng, main, accent)
    for _ in range(rng.integers(0, 2)):  # something in front of it
        clutter(image, rng, tint(rng.integers(30, 220, 3), 1), rng.uniform(0.02, 0.1))
    return Image.fromarray(light(np.asarray(image.reduce(ZOOM), np.float32), rng))


def light(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The image, (32, 32, 3), under another light: a slope of brightness, contrast, colour cast, grain."""
    across = np.linspace(-1, 1, SIDE)
    slope = 1 + rng.normal(0, 0.1) * across[:, None] + rng.normal(0, 0.1) * across[None, :]
    pixels = pixels * slope[..., None] * rng.normal(1, 0.03, 3)
    pixels = (pixels - 128) * rng.uniform(0.9, 1.3) + 128 + rng.normal(0, 8)
    return np.clip(pixels + rng.normal(0, rng.uniform(0, 4), pixels.shape), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    sheet = Path(__file__).with_name("cifar10_doodles.jpg")
    make_sheet(sheet, doodle, COUNTS, seed=10, quality=48, optimize=True, progressive=True)

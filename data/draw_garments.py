"""Draw the stand-in for Fashion-MNIST: `python data/draw_garments.py` writes fashion_mnist_garments.webp here.

White on black as in the original, and with its well-known difficulty: shirts, pullovers, coats and T-shirts
share one cut and differ in sleeves, collar, buttons and length only, and some lack even that.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sheets import ZOOM, Pen, make_sheet, pose

SIDE = 28
COUNTS = 5000, 1000
GREY_STEP = 8  # few grey levels keep the lossless file small


def upper_body(pen: Pen, cloth: int, sleeve: float, hem: float, chest: float, flare: float) -> None:
    """What four classes share. `sleeve` is its length from 0 to 1, `hem` the height of the lower edge."""
    for side in (-1, 1):
        reach, drop = 0.62 + 0.35 * min(1, 2 * sleeve), -0.75 + 1.45 * sleeve
        inner = reach - 0.3 + 0.05 * sleeve
        arm = [(0.3, -0.92), (0.55, -0.8), (reach, drop), (inner, drop + 0.1), (chest - 0.05, -0.3)]
        pen.polygon([(side * x, y) for x, y in arm], int(cloth * 0.85))
        pen.line([(side * (chest - 0.02), hem - 0.3), (side * chest, -0.35)], 0.04, int(cloth * 0.4))
    right = [(0.2, -0.95), (0.5, -0.82), (chest, -0.35), (chest * flare, hem)]
    pen.polygon(right + [(-x, y) for x, y in reversed(right)], cloth)


def neckline(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    depth = rng.uniform(0.05, 0.3)
    if rng.random() < 0.3:
        pen.polygon([(-0.22, -1), (0, -0.9 + depth), (0.22, -1)], 0)
    else:
        pen.ellipse(0, -0.97, 0.22, depth, 0)


def collar(pen: Pen, cloth: int, drop: float) -> None:
    """A turned-down collar; with a longer drop it becomes a lapel."""
    pen.polygon([(-0.15, -0.97), (0, -0.75), (0.15, -0.97)], 20)
    for side in (-1, 1):
        pen.polygon([(side * 0.13, -1.0), (side * 0.3, -0.9), (side * 0.2, -0.7), (0, drop)], int(cloth * 0.65))


def t_shirt(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    upper_body(
        pen, cloth, rng.uniform(0.15, 0.4), rng.uniform(0.7, 0.95), rng.uniform(0.45, 0.55), rng.uniform(0.9, 1.1)
    )
    neckline(pen, rng, cloth)
    if rng.random() < 0.45:  # a print
        tone = int(rng.choice([cloth * 0.4, 250]))
        pen.ellipse(0, rng.uniform(-0.3, 0), rng.uniform(0.1, 0.25), rng.uniform(0.08, 0.25), tone)


def trouser(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    hip, gap, leg = rng.uniform(0.35, 0.5), rng.uniform(0.02, 0.2), rng.uniform(0.16, 0.3)
    fork = rng.uniform(-0.45, -0.2)
    for side in (-1, 1):
        points = [(0, -1), (hip * 0.85, -1), (hip, -0.5), (gap + leg, 1), (gap, 1), (0.01, fork)]
        pen.polygon([(side * x, y) for x, y in points], cloth if side < 0 else int(cloth * 0.9))
    pen.line([(-hip * 0.85, -0.9), (hip * 0.85, -0.9)], 0.05, int(cloth * 0.5))
    pen.line([(0, -0.85), (0, fork)], 0.04, int(cloth * 0.5))


def pullover(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    hem, chest, sleeve = rng.uniform(0.65, 0.9), rng.uniform(0.45, 0.58), rng.uniform(0.8, 1)
    upper_body(pen, cloth, sleeve, hem, chest, rng.uniform(0.9, 1.1))
    if rng.random() < 0.3:  # a turtleneck
        pen.box(-0.2, -1.05, 0.2, -0.85, int(cloth * 0.8))
    else:
        neckline(pen, rng, cloth)
    if rng.random() < 0.7:
        pen.line([(-chest, hem - 0.1), (chest, hem - 0.1)], 0.05, int(cloth * 0.65))


def dress(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    if rng.random() < 0.4:
        upper_body(pen, cloth, rng.uniform(0.1, 0.9), -0.1, 0.36, 0.7)
    waist, skirt, top = rng.uniform(0.18, 0.3), rng.uniform(0.3, 0.65), rng.uniform(0.25, 0.38)
    belt = rng.uniform(-0.35, -0.05)
    right = [(top * 0.7, -1), (top, -0.55), (waist, belt), (skirt, 1)]
    pen.polygon(right + [(-x, y) for x, y in reversed(right)], cloth)
    neckline(pen, rng, cloth)
    if rng.random() < 0.5:
        pen.line([(-waist, belt), (waist, belt)], 0.07, int(cloth * 0.5))


def coat(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    hem, chest = rng.uniform(0.85, 1), rng.uniform(0.48, 0.6)
    upper_body(pen, cloth, rng.uniform(0.85, 1), hem, chest, rng.uniform(0.95, 1.2))
    if rng.random() < 0.75:
        collar(pen, cloth, rng.uniform(-0.5, -0.1))
    else:
        neckline(pen, rng, cloth)
    if rng.random() < 0.85:
        pen.line([(0, -0.6), (rng.uniform(-0.08, 0.08), hem)], 0.06, int(cloth * 0.3))
    if rng.random() < 0.5:
        for side in (-1, 1):
            pen.line([(side * 0.2, 0.35), (side * 0.38, 0.28)], 0.06, int(cloth * 0.45))
    if rng.random() < 0.25:
        pen.line([(-chest, 0.1), (chest, 0.1)], 0.09, int(cloth * 0.6))


def sandal(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    heel = rng.choice([0, rng.uniform(0.3, 0.75)])
    back = 0.55 - heel
    sole = [(-0.95, back), (-0.5, back), (0.2, 0.5), (0.95, 0.52), (0.95, 0.65), (0.1, 0.65), (-0.9, back + 0.13)]
    pen.polygon(sole, int(cloth * 0.8))
    pen.polygon([(-0.95, back), (-0.6, back), (-0.78, 0.65), (-0.9, 0.65)], int(cloth * 0.8))
    for x in rng.uniform(0.1, 0.8, rng.integers(1, 4)):
        pen.line([(x, 0.5), (x - 0.15, rng.uniform(0.0, 0.25)), (x - 0.4, 0.45)], 0.11, cloth)
    if rng.random() < 0.8:
        pen.line([(-0.85, back), (-0.8, back - 0.4), (-0.35, back - 0.3), (-0.2, 0.45)], 0.09, cloth)


def shirt(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    sleeve = rng.choice([rng.uniform(0.2, 0.45), rng.uniform(0.75, 1)], p=[0.35, 0.65])
    hem, chest = rng.uniform(0.7, 1), rng.uniform(0.42, 0.56)
    upper_body(pen, cloth, sleeve, hem, chest, rng.uniform(0.85, 1.1))
    if rng.random() < 0.7:
        collar(pen, cloth, rng.uniform(-0.75, -0.6))
    else:
        neckline(pen, rng, cloth)
    if rng.random() < 0.75:
        for y in np.arange(-0.55, hem - 0.05, 0.25):
            pen.ellipse(0, y, 0.05, 0.05, int(cloth * 0.3))
    if rng.random() < 0.4:
        pen.box(0.14, -0.4, 0.34, -0.15, int(cloth * 0.7))


def sneaker(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    ankle, toe = rng.uniform(-0.35, 0.0), rng.uniform(0.15, 0.3)
    pen.polygon([(-0.95, ankle), (-0.4, ankle + 0.1), (0.1, 0.0), (0.6, toe), (0.6, 0.55), (-0.95, 0.55)], cloth)
    pen.ellipse(0.6, 0.5, 0.36, 0.52 - toe, cloth)
    pen.ellipse(-0.66, ankle + 0.03, 0.22, 0.09, 20)
    sole = rng.uniform(0.64, 0.76)
    pen.box(-1, sole, 1, 1.4, 0)
    pen.box(-1, 0.5, 1, sole, int(rng.choice([250, cloth * 0.6])))
    if rng.random() < 0.6:
        for x in (-0.15, 0.05, 0.25):
            pen.line([(x, 0.1 + x / 3), (x - 0.12, 0.3)], 0.05, int(cloth * 0.4))
    if rng.random() < 0.5:
        pen.line([(-0.7, 0.4), (-0.3, 0.2), (0.1, 0.42)], 0.1, int(rng.choice([250, cloth * 0.4])))


def bag(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    top, bottom = rng.uniform(-0.4, 0.05), rng.uniform(0.6, 0.9)
    width, taper = rng.uniform(0.65, 0.98), rng.uniform(0.75, 1.1)
    grip, height = rng.uniform(0.25, 0.6), rng.uniform(0.2, 0.95)
    arch = np.linspace(0, np.pi, 9)
    pen.line(np.stack([grip * np.cos(arch), top - height * np.sin(arch)], axis=1), 0.09, int(cloth * 0.8))
    pen.polygon([(-width * taper, top), (width * taper, top), (width, bottom), (-width, bottom)], cloth)
    if rng.random() < 0.5:
        pen.polygon([(-width * taper, top), (width * taper, top), (0, (top + bottom) / 2)], int(cloth * 0.75))
    if rng.random() < 0.6:
        pen.box(-0.1, top + 0.2, 0.1, top + 0.4, int(rng.choice([250, cloth * 0.4])))


def ankle_boot(pen: Pen, rng: np.random.Generator, cloth: int) -> None:
    shaft, heel, toe = rng.uniform(-0.95, -0.45), rng.uniform(0, 0.4), rng.uniform(0.2, 0.4)
    front = rng.uniform(-0.2, 0.05)
    pen.polygon(
        [(-0.9, shaft), (front, shaft + 0.05), (front + 0.05, -0.05), (0.65, toe), (0.7, 0.7), (-0.9, 0.7)], cloth
    )
    pen.ellipse(0.65, 0.65, 0.33, 0.66 - toe, cloth)
    pen.box(-0.95, 0.8, 1, 1.4, 0)
    pen.box(-0.95, 0.68, 1, 0.8, int(cloth * 0.5))
    pen.box(-0.92, 0.75, -0.45, 0.8 + heel, int(cloth * 0.5))
    if heel > 0.15:  # lift the arch
        pen.ellipse(0.05, 0.82, 0.4, 0.1, 0)
    if rng.random() < 0.5:
        pen.line([(-0.35, shaft + 0.1), (-0.3, 0.3)], 0.06, int(cloth * 0.45))
    elif rng.random() < 0.5:
        for y in np.arange(shaft + 0.15, 0.1, 0.2):
            pen.line([(front - 0.25, y), (front, y + 0.03)], 0.06, int(cloth * 0.4))


CLASSES = (t_shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle_boot)


def weave(rng: np.random.Generator, patterned: bool) -> np.ndarray:
    """Brightness of the cloth, (28, 28): plain, striped or checked, under a slope of light."""
    place = np.linspace(-1, 1, SIDE)
    light = 1 + rng.normal(0, 0.12) * place[:, None] + rng.normal(0, 0.12) * place[None, :]
    kind = rng.choice(["plain", "rows", "columns", "both"], p=[0.6, 0.2, 0.1, 0.1]) if patterned else "plain"
    stripes = 1 - rng.uniform(0.2, 0.6) * (np.sin(rng.uniform(8, 30) * place + rng.uniform(0, 6)) > 0.2)
    if kind in ("rows", "both"):
        light = light * stripes[:, None]
    if kind in ("columns", "both"):
        light = light * stripes[None, :]
    return light


def garment(label: int, rng: np.random.Generator) -> Image.Image:
    """One drawing of the class, 28x28 in grey."""
    image = Image.new("L", (SIDE * ZOOM, SIDE * ZOOM))
    scale = rng.uniform(0.36, 0.47) * rng.uniform(0.88, 1.12, 2)
    centre = 0.5 + rng.uniform(-1, 1, 2) * np.clip(0.51 - scale, 0.02, 1)
    footwear = CLASSES[label] in (sandal, sneaker, ankle_boot)
    if footwear:
        scale[0] *= rng.choice([-1, 1])
    pen = Pen(image, pose(image.width, scale, centre, rng.normal(0, 4), rng.normal(0, 0.05)))
    CLASSES[label](pen, rng, int(rng.uniform(90, 245)))
    pixels = np.asarray(image.reduce(ZOOM)) * weave(rng, patterned=not footwear)
    levels = np.round(np.clip(pixels, 0, 255) / GREY_STEP) * GREY_STEP
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    sheet = Path(__file__).with_name("fashion_mnist_garments.webp")
    make_sheet(sheet, garment, COUNTS, seed=11, lossless=True, quality=100, method=6)

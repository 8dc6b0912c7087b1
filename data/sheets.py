"""What both drawing scripts share: a pen that draws in turned and stretched coordinates, and the picture sheet.

A sheet is one picture with 100 tiles in a row: the training images first, then the test images, and in each
of the two the classes 0 to 9 one after the other, equally many of each. The label follows from the position.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLUMNS = 100
CLASSES = 10
ZOOM = 4  # draw this many times larger than the tile, then reduce: smooth edges


class Pen:
    """Draws on `image`; the square from (-1, -1), top left, to (1, 1) is moved by `matrix`, (2, 3), to pixels."""

    def __init__(self, image: Image.Image, matrix: np.ndarray):
        self.draw, self.matrix = ImageDraw.Draw(image), matrix
        self.scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))

    def place(self, points) -> list[tuple[float, float]]:
        """Pixel coordinates of `points`, (N, 2)."""
        return list(map(tuple, np.asarray(points, float) @ self.matrix[:, :2].T + self.matrix[:, 2]))

    def polygon(self, points, fill) -> None:
        self.draw.polygon(self.place(points), fill=fill)

    def ellipse(self, x: float, y: float, width: float, height: float, fill, tilt: float = 0) -> None:
        """An ellipse with centre (x, y) and the two half axes, turned by `tilt` degrees."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        along, across = width * np.cos(angle), height * np.sin(angle)
        cos, sin = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
        self.polygon(np.stack([x + cos * along - sin * across, y + sin * along + cos * across], axis=1), fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def line(self, points, width: float, fill) -> None:
        """A stroke with round ends and joints."""
        pixels, radius = self.place(points), max(1.0, width * self.scale / 2)
        self.draw.line(pixels, fill=fill, width=round(2 * radius))
        for x, y in pixels:
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def pose(size: int, scale, centre, degrees: float = 0, shear: float = 0) -> np.ndarray:
    """The matrix, (2, 3), that puts the pen's square on a picture of `size` pixels.

    `scale` is half the object's (width, height) and `centre` its place, both as parts of the picture.
    """
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
    return size * np.column_stack([turn, centre])


def make_sheet(
    path: Path, draw: Callable[[int, np.random.Generator], Image.Image], counts: tuple[int, int], seed: int, **options
) -> None:
    """Write the sheet: `draw(label, rng)` gives one tile; `counts` are the training and the test images.

    Every image has a seed of its own, so that a change to one class leaves the other nine as they were.
    """
    labels = np.concatenate([np.repeat(np.arange(CLASSES), count // CLASSES) for count in counts])
    seeds = np.random.SeedSequence(seed).spawn(len(labels))
    tiles = [draw(label, np.random.default_rng(child)) for label, child in zip(labels, seeds, strict=True)]
    side = tiles[0].width
    sheet = Image.new(tiles[0].mode, (COLUMNS * side, -(-len(tiles) // COLUMNS) * side))
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index % COLUMNS * side, index // COLUMNS * side))
    sheet.save(path, **options)

"""Interactive explorers. Each has a static twin, the same drawing for chosen settings: for print and screen readers."""

from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from helpers import plots


class Explorer(ipywidgets.VBox):
    """Controls above a picture that follows them.

    `draw(**settings)` returns a Figure and its alt text; `controls` maps each setting to an ipywidgets control.
    """

    def __init__(self, draw: Callable[..., tuple[Figure, str]], controls: dict[str, ipywidgets.ValueWidget]):
        self.draw, self.controls, self.picture = draw, controls, ipywidgets.HTML()
        for control in controls.values():
            control.observe(self._follow, names="value")
        self._follow()
        super().__init__([*controls.values(), self.picture])

    def _follow(self, change=None) -> None:
        settings = {name: control.value for name, control in self.controls.items()}
        self.picture.value = plots.html_image(*self.draw(**settings))

    def static(self, **settings) -> None:
        """Show the picture for these settings without controls; a setting left out keeps its control's value."""
        values = {name: control.value for name, control in self.controls.items()}
        plots.show(*self.draw(**(values | settings)))

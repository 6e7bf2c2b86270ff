"""Axes whose ticks are drawn together: all lines of the grid as one path, all marks as one set of references.

matplotlib keeps five artists for every tick and draws each alone, which was two fifths of a small chart. What stands where is
asked of matplotlib all the same: locators, formatters and the look that `tick_params` and `grid` gave.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from sdg_eval.figures.svg import Renderer

CLOSE = 1e-10
"""Share of an axis by which a tick may lie outside and still be drawn, as in matplotlib."""


class _Together:
    """Drawing of an axis for our renderer; for any other, or where an axis holds more than ours do, matplotlib's own."""

    along = 0  # which of (x, y) runs along the axis

    def draw(self, renderer) -> None:
        """Draw grid, marks, numbers and label."""
        # a label without a place of its own, minor ticks and offsets ("1e6") need what matplotlib measures
        if not isinstance(renderer, Renderer) or self._autolabelpos or not isinstance(self.get_minor_locator(), NullLocator):
            super().draw(renderer)
            return
        if not self.get_visible():
            return
        places = self.get_majorticklocs()
        words = self.get_major_formatter().format_ticks(places)
        if self.get_major_formatter().get_offset():
            super().draw(renderer)
            return
        low, high = sorted(self.get_view_interval())
        near = CLOSE * (high - low)
        shown = [(place, word) for place, word in zip(places, words, strict=True) if low - near <= place <= high + near]
        if shown:
            self._draw_ticks(renderer, self.get_major_ticks(1)[0], shown)
        self.label.draw(renderer)
        self.stale = False

    def _draw_ticks(self, renderer, tick, shown: list[tuple[float, str]]) -> None:
        places = np.array([place for place, _ in shown])
        if tick.gridline.get_visible():
            ends = np.tile([0.0, 1.0, np.nan], len(places))
            self._draw_as(renderer, tick.gridline, np.repeat(places, 3), ends)
        for mark, edge in ((tick.tick1line, 0.0), (tick.tick2line, 1.0)):
            if mark.get_visible() and mark.get_markersize():
                self._draw_as(renderer, mark, places, np.full(len(places), edge))
        for label in (tick.label1, tick.label2):
            if label.get_visible():
                for place, word in shown:
                    if word:
                        (label.set_x, label.set_y)[self.along](place)
                        label.set_text(word)
                        label.draw(renderer)

    def _draw_as(self, renderer, look: Line2D, along: np.ndarray, across: np.ndarray) -> None:
        """Draw a line in the look of one tick's part, through all places."""
        line = Line2D(*((along, across) if self.along == 0 else (across, along)))
        line.set_figure(look.get_figure())
        line.axes = self.axes
        line.update_from(look)
        line.set_transform(look.get_transform())
        line.draw(renderer)


class _XAxis(_Together, XAxis):
    pass


class _YAxis(_Together, YAxis):
    along = 1


class PlainAxes(Axes):
    """Axes that draw their ticks together."""

    def _init_axis(self):
        self.xaxis, self.yaxis = _XAxis(self, clear=False), _YAxis(self, clear=False)
        for spine, axis in (("bottom", self.xaxis), ("top", self.xaxis), ("left", self.yaxis), ("right", self.yaxis)):
            self.spines[spine].register_axis(axis)

"""What the marks of a figure mean: a legend at the lower left whose places are counted, not negotiated.

matplotlib's Legend packs nested boxes on every drawing, a quarter of the time of a small chart. Our keys always stand at the
left edge above the source lines, so widths of texts are all that is needed.
"""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox

from sdg_eval.figures.style import EDGE, INK, text_points

SIZE = 9
"""Points of the words, unless a figure says otherwise."""
ROW, BASE, MARK, SWATCH = 1.8, 0.63, 0.35, 0.7
"""In sizes of the words: height of a row, foot to the lowest baseline, baseline to a mark's middle, height of a swatch."""
PAD = 0.4
"""Left of the first mark, in sizes of the words."""


class Key(Artist):
    """Marks with their words in columns, filled downwards; drawn `foot` (share of the figure's height) above its lower edge."""

    zorder = 5

    def __init__(self, handles, labels, columns: int, *, size: float = SIZE, length: float = 1.8, pad: float = 0.5, spacing: float = 1.2):
        super().__init__()
        self.columns, self.size, self.foot = min(columns, len(handles)), size, 0.075
        self.rows = -(-len(handles) // self.columns) if handles else 0
        self._shift = Affine2D()
        self._parts: list[Artist] = []
        self._texts: list[Text] = []
        left, start = PAD, 0
        for column in range(self.columns):
            count = len(handles) // self.columns + (column < len(handles) % self.columns)
            words = labels[start : start + count]
            for row in range(count):
                base = BASE + ROW * (self.rows - 1 - row)
                for mark in handles[start + row] if isinstance(handles[start + row], tuple) else (handles[start + row],):
                    self._parts.append(self._placed(mark, left * size, (left + length) * size, base * size))
                self._texts.append(Text((left + length + pad) * size, base * size, words[row], color=INK, fontsize=size))
            left += length + pad + spacing + max(text_points(word, size) for word in words) / size
            start += count
        self.width, self.height = (left - spacing + PAD) * size, (ROW * self.rows + 0.35) * size
        for part in (*self._parts, *self._texts):
            part.set_transform(self._shift)

    def _placed(self, mark, left: float, right: float, base: float) -> Artist:
        if isinstance(mark, Line2D):
            level = base + MARK * self.size
            mark.set_data([left, (left + right) / 2, right], [level] * 3)
            mark.set_markevery([1])  # the line is as long as the place, its marker stands once in the middle
            return mark
        swatch = Rectangle((left, base), right - left, SWATCH * self.size)
        swatch.update_from(mark)
        return swatch

    def set_figure(self, fig) -> None:
        """Belong to a figure, with all parts."""
        super().set_figure(fig)
        for part in (*self._parts, *self._texts):
            part.set_figure(fig)

    def get_texts(self) -> list[Text]:
        """Return the words, as Legend does."""
        return self._texts

    def get_window_extent(self, renderer=None) -> Bbox:
        """Return the box of marks and words in pixels."""
        scale = self.figure.dpi / 72
        return Bbox.from_bounds(EDGE / 2 * self.figure.bbox.width, self.foot * self.figure.bbox.height, self.width * scale, self.height * scale)

    def draw(self, renderer) -> None:
        """Draw marks and words, wherever the foot has been put."""
        if not self.get_visible():
            return
        left, foot = self.get_window_extent().min
        self._shift.clear().scale(self.figure.dpi / 72).translate(left, foot)
        for part in (*self._parts, *self._texts):
            part.draw(renderer)
        self.stale = False

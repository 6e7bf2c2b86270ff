"""Tables become figures; nothing here estimates."""

from sdg_eval.figures.render import draw_data_coverage, draw_overview, draw_province, show_figures

__all__ = ["draw_data_coverage", "draw_overview", "draw_province", "show_figures"]

"""Tables become figures; nothing here estimates."""

from sdg_eval.figures.comparisons import draw_funnels, draw_left_behind, draw_peer_view, draw_ranking
from sdg_eval.figures.delivery import draw_delivery
from sdg_eval.figures.effects import draw_pilot, draw_province_effect
from sdg_eval.figures.render import draw_data_coverage, draw_overview, draw_province, show_figures

__all__ = [
    "draw_data_coverage", "draw_delivery", "draw_funnels", "draw_left_behind", "draw_overview", "draw_peer_view", "draw_pilot", "draw_province",
    "draw_province_effect", "draw_ranking", "show_figures",
]  # fmt: skip

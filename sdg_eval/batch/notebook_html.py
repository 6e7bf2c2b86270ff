"""The executed notebook as a page: the audit record, readable without Jupyter, with no request to anywhere."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nbconvert import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML, clean_html
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter

from sdg_eval.concepts import SYNTHETIC

AUDIT_STYLE = """
@font-face { font-family: Sarabun; src: url(../../assets/Sarabun-Regular.ttf); }
@font-face { font-family: Sarabun; src: url(../../assets/Sarabun-Bold.ttf); font-weight: bold; }
:root { --jp-content-font-family: Sarabun, sans-serif; --jp-ui-font-family: Sarabun, sans-serif; }
body, .jp-RenderedHTMLCommon, .jp-RenderedHTMLCommon table { font-family: Sarabun, sans-serif; }
.synthetic { background: #7a1f5c; color: #fff; font-weight: bold; text-align: center; padding: .5rem; margin: 0; }
"""
"""Thai must show on a machine without Thai fonts; the fonts are those of the site."""
NO_ALT = "No description has been provided for this image"
REMEMBERED, LONGEST_REMEMBERED = 1000, 20_000
"""Pieces of notebooks: 19 notebooks have 500 cells, and each is shown for many provinces. Longer ones are outputs, of one province alone."""
_NOT_FOCUSABLE = re.compile(r'<div class="(jp-Cell-inputWrapper|[^"]*\bjp-OutputArea-output\b)')
_WITHOUT_ALT = re.compile(r"<img (?![^>]*\balt=)")


class PageExporter(HTMLExporter):
    """nbconvert's page in a quarter of its time: cells seen before are not highlighted again, and no second parse of the whole page."""

    def from_notebook_node(self, nb, resources=None, **kw):
        """As HTMLExporter; what it adds to the page by parsing it, images' alt and what can be focused, is added by search."""
        resources = self._init_resources(resources)
        self.register_filter("filter_data_type", WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources))
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        html = _WITHOUT_ALT.sub(f'<img alt="{NO_ALT}" ', html)
        return _NOT_FOCUSABLE.sub(r'<div tabindex="0" class="\1', html), resources


@cache
def exporter() -> PageExporter:
    """Return this process's exporter, built once: its templates and styles take as long as a page."""
    made = PageExporter(
        template_name="lab", mathjax_url="", require_js_url="", jquery_url="", widget_renderer_url="",
        html_manager_semver_range="", mermaid_js_url="", sanitize_html=False,
    )  # fmt: skip
    highlight = Highlight2HTML(pygments_lexer="ipython3", parent=made)
    highlighted = lru_cache(REMEMBERED)(lambda source: highlight(source))
    made.register_filter("highlight_code", lambda source, language=None, metadata=None: highlighted(source))
    cleaned = lru_cache(REMEMBERED)(clean_html)
    made.register_filter("clean_html", lambda text: cleaned(text) if len(text) < LONGEST_REMEMBERED else clean_html(text))
    return made


def notebook_page(notebook, *, title: str, synthetic: bool) -> str:
    """Return an executed notebook as HTML; `synthetic` puts the words above it that its data are not real."""
    body, _ = exporter().from_notebook_node(notebook, {"metadata": {"name": title}})
    banner = f'<p class="synthetic">{SYNTHETIC["th"]} · {SYNTHETIC["en"]}</p>' if synthetic else ""
    body = body.replace("</head>", f"<style>{AUDIT_STYLE}</style></head>", 1)
    return re.sub(r"(<body[^>]*>)", lambda m: m[1] + banner, body, count=1)

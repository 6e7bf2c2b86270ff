"""The explorer as a widget: the state functions on the kernel's side, our own drawing on the browser's.

Nothing is fetched: script, style and font are sent by the kernel. The kernel is asked once for each series; everything else
is drawn in the browser from what it has.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from functools import cache
from pathlib import Path

import anywidget
import traitlets

from sdg_eval.errors import SdgEvalError
from sdg_eval.explore.desk import Desk
from sdg_eval.explore.state import View, cell_of, describe, series_payload, view_of

HERE = Path(__file__).parent
FONT = HERE.parent / "publish" / "fonts"


@cache
def font_style() -> str:
    """Return the Thai font as a style that needs no address."""
    faces = []
    for name, weight in (("Regular", 400), ("Bold", 700)):
        data = base64.b64encode((FONT / f"Sarabun-{name}.woff2").read_bytes()).decode()
        faces.append(f'@font-face {{ font-family: SarabunExplorer; src: url(data:font/woff2;base64,{data}) format("woff2"); font-weight: {weight}; }}')
    return "\n".join(faces)


@cache
def picture_style() -> str:
    """Return the style of the pictures with their font, for a saved file to hold."""
    return font_style() + "\n" + (HERE / "picture.css").read_text(encoding="utf-8")


class ExplorerWidget(anywidget.AnyWidget):
    """The explorer of one desk; `view` follows what is chosen, `cell()` gives it as code."""

    _esm = (HERE / "explorer.js").read_text(encoding="utf-8")
    _css = f"{font_style()}\n.sdg-explorer svg {{ {(HERE / 'picture.css').read_text(encoding='utf-8')} }}\n{(HERE / 'explorer.css').read_text(encoding='utf-8')}"
    overview = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)
    picture_style = traitlets.Unicode().tag(sync=True)
    call = traitlets.Unicode().tag(sync=True)

    def __init__(self, desk: Desk, view: View):
        self.desk = desk
        super().__init__(
            overview=describe(desk), view=asdict(view) | {"areas": list(view.areas)}, first=series_payload(desk, view.series, view.freq),
            picture_style=picture_style(), call=desk.call,
        )
        self.on_msg(self._asked)

    def _asked(self, _widget, content, _buffers) -> None:
        """Answer the browser's question for a series; one that is not there is answered with the reason."""
        try:
            self.send({"kind": "series", "payload": series_payload(self.desk, str(content.get("series")), str(content.get("freq") or ""))})
        except SdgEvalError as error:
            self.send({"kind": "refused", "reason": str(error)})

    def chosen(self) -> View:
        """Return what the browser shows, checked as any view is."""
        told = dict(self.view)
        return view_of(self.desk, told["areas"], told["series"], freq=told["freq"], period=told["period"], lang=told["lang"])

    def cell(self) -> str:
        """Return the code of a cell that gives the tables of the view again."""
        return cell_of(self.chosen(), self.call)


def explore(desk: Desk, areas="TH-50", series: str = "", *, freq: str = "", lang: str = "th") -> ExplorerWidget:
    """Return the explorer, opened on a view (`state.view_of`)."""
    return ExplorerWidget(desk, view_of(desk, areas, series, freq=freq, lang=lang))

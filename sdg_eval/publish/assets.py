"""What every page shares: one style sheet, one script, one font, and the policies under which nothing else runs.

A page carries one short script, let in by its hash. It sets the theme before anything is drawn, asks for the
font at once (asked for by the style sheet it would come after the first paint, and lines would be broken anew) and is
the only one that can let in other scripts, by names it has checked: `site.js`, and the data that `site.js` asks for
(docs/decisions/0021). Data files are JavaScript because a page opened from a folder cannot fetch JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from sdg_eval.publish.client_words import client_words, script_words
from sdg_eval.store import write_atomic, write_text

HERE = Path(__file__).parent
SHARED = ("style.css", "site.js")
POLICIES = (
    "default-src 'none'; script-src 'self' '{loader}'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'",
    "script-src 'strict-dynamic' '{loader}'; require-trusted-types-for 'script'; trusted-types sdg",
)
"""Both hold at once. The first keeps every request in the folder. The second keeps a script that stands in the page from
running, also one whose file lies in the folder: only the loader, known by its hash, can let in another. Alone, its
`'strict-dynamic'` would let `<link rel=prefetch>` ask for any address."""


@lru_cache(maxsize=1)
def _loader() -> str:
    return (HERE / "templates" / "loader.js").read_text(encoding="utf-8").strip()


@lru_cache(maxsize=1)
def _shared_version() -> str:
    parts = [(HERE / "templates" / name).read_bytes() for name in SHARED]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def policies() -> list[str]:
    """Return the Content-Security-Policies of every page."""
    digest = hashlib.sha256(_loader().encode("utf-8")).digest()
    return [text.format(loader="sha256-" + base64.b64encode(digest).decode("ascii")) for text in POLICIES]


def page_globals(lang: str, data_hash: str) -> dict:
    """Return what `base.html.j2` needs of this module: policies, loader, asset version, client words.

    `data_hash` names the data that a site was made from: a browser that kept last quarter's search index
    asks for the new one.
    """
    version = hashlib.sha256((_shared_version() + data_hash).encode("utf-8")).hexdigest()[:8]
    return {"policies": [Markup(text) for text in policies()], "loader": Markup(_loader()), "version": version, "c": client_words(lang), "script_words": script_words(lang)}


def write_assets(folder) -> None:
    """Write style sheet, script and fonts into `folder` (the site's `assets`)."""
    folder = Path(folder)
    for name in SHARED:
        write_atomic(folder / name, (HERE / "templates" / name).read_bytes())
    for font in sorted((HERE / "fonts").iterdir()):
        if font.suffix in (".woff2", ".txt"):
            write_atomic(folder / font.name, font.read_bytes())


def write_data(folder, name: str, value) -> None:
    """Write `value` as `assets/<name>.js` for `site.js` to load: `search`, `compare.th`, `compare/TH-50.th`.

    The file does nothing but hand over JSON.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # the same in JSON, and inert wherever the text may end up
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    write_text(Path(folder) / f"{name}.js", f"sdgData({json.dumps(name)},{text});\n")

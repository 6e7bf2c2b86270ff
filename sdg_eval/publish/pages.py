"""From a template and its context to a page at its address: Thai at `name.html`, English beside it at `name.en.html`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sdg_eval.evaluation import STATUSES
from sdg_eval.publish.assets import page_globals
from sdg_eval.publish.thai_words import keep_words
from sdg_eval.publish.words import words_of
from sdg_eval.thai import year_text
from sdg_eval.wording import label

HERE = Path(__file__).parent
PAGE = {"th": "index.html", "en": "index.en.html"}
MARK = {
    "improving": "▲", "worsening": "▼", "changed": "◆", "mixed": "◆", "not_detected": "–", "no_change": "=",
    "indicative": "?", "insufficient": "…", "no_data": "○",
}  # fmt: skip
"""A sign for each status, so that colour is never the only one."""
NAV = ("goals/", "indicators/", "compare", "data", "methods", "sources")
"""Places that every page links to; their labels are the words `nav_<place>`."""


def address(place: str, lang: str) -> str:
    """Return where the page of a place is, from the site's root: `goals/3/` and `methods` are places, '' is the overview.

    Examples
    --------
    >>> address("goals/3/", "en"), address("methods", "th"), address("", "th")
    ('goals/3/index.en.html', 'methods.html', 'index.html')
    """
    if not place or place.endswith("/"):
        return place + PAGE[lang]
    return f"{place}.html" if lang == "th" else f"{place}.en.html"


@dataclass(frozen=True, eq=False)
class Pages:
    """The pages of one language, written into `folder`."""

    folder: Path
    lang: str
    environment: object

    def write(self, place: str, template: str, *, here: str = "", **context) -> None:
        """Render `template` to the page of `place`; everything that is not Markup is escaped."""
        to = self.folder / address(place, self.lang)
        other = {lang: Path(address(place, lang)).name for lang in PAGE}
        text = self.environment.get_template(template).render(context | {"root": "../" * place.count("/"), "other_page": other, "here": here or place})
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(keep_words(text) if self.lang == "th" else text, encoding="utf-8", newline="\n")

    def words(self) -> dict[str, str]:
        """The words of the pages in this language."""
        return self.environment.globals["w"]


@lru_cache(maxsize=1)
def _compiled():
    """Compiled templates, shared by the languages: each language has its own globals, and the code is the same."""
    from jinja2 import BytecodeCache

    class Memory(BytecodeCache):
        def __init__(self):
            self.held: dict[str, bytes] = {}

        def load_bytecode(self, bucket):
            if bucket.key in self.held:
                bucket.bytecode_from_string(self.held[bucket.key])

        def dump_bytecode(self, bucket):
            self.held[bucket.key] = bucket.bytecode_to_string()

    return Memory()


def open_pages(folder: Path, lang: str, record: dict, codelists, languages) -> Pages:
    """Return the pages of one language; templates are compiled once for all of them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        bytecode_cache=_compiled(),
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        auto_reload=False, cache_size=-1,
    )  # fmt: skip
    words = words_of(lang)
    environment.globals |= page_globals(lang, record["data_hash"]) | {
        "w": words, "lang": lang, "record": record, "codelists": codelists, "mark": MARK, "page": PAGE, "synthetic": record["synthetic"],
        "other": next((other for other in languages if other != lang), None), "statuses": STATUSES,
        "report_year": year_text(record["report_year"], lang), "label": lambda code: label(code, lang), "to": lambda place: address(place, lang),
        "nav": [{"key": place, "href": address(place, lang), "label": words[f"nav_{place.strip('/')}"]} for place in NAV],
    }  # fmt: skip
    return Pages(folder, lang, environment)

"""The search index: every province, goal and indicator under its Thai and its English names.

One file serves both languages and is loaded when the search box is first used. How a query is matched (substrings
and letter pairs, since Thai writes no spaces; tone marks and case do not count) is in `site.js`.
"""

from __future__ import annotations

KINDS = ("province", "goal", "indicator", "page")


def search_index(codelists, hrefs: dict[tuple[str, str], str], pages=()) -> list[list]:
    """Return the entries of the index: [kind, code, Thai name, English name, further words, address].

    Parameters
    ----------
    hrefs
        {(kind, code): address of the Thai page from the site's root}; kind is province (REF_AREA), goal (1 ... 17) or
        indicator (SERIES). What has no page is not in the index. The English page is found by `.html` -> `.en.html`;
        an address may end in an anchor.
    pages
        (code, Thai name, English name, address) of the other pages: methods, glossary, gaps.
    """
    makers = {"province": _province, "goal": _goal, "indicator": _indicator}
    entries = []
    for (kind, code), href in hrefs.items():
        thai, english, words = makers[kind](codelists, code)
        entries.append([KINDS.index(kind), code, thai, english, " ".join(filter(None, words)), href])
    entries += [[KINDS.index("page"), code, thai, english, "", href] for code, thai, english, href in pages]
    return sorted(entries, key=lambda e: (e[0], len(e[1]) if e[1].isdigit() else 0, e[1]))


def _province(codelists, code: str):
    row = codelists.area(code)
    spellings = codelists.area_names.loc[codelists.area_names["REF_AREA"] == code, "spelling"]
    known = {row["name_th"].casefold(), row["name_en"].casefold()}
    return row["name_th"], row["name_en"], [row["abbr_th"], row["abbr_en"], *(s for s in spellings if s.casefold() not in known)]


def _goal(codelists, code: str):
    row = codelists.goal_row(code)
    return row["name_th"], row["name_en"], [f"เป้าหมายที่ {code}", f"goal {code}", f"SDG {code}", f"SDG{code}", row["title_th"], row["title_en"]]


def _indicator(codelists, code: str):
    row = codelists.series_row(code)
    official = codelists.indicators.loc[codelists.indicators["indicator"] == row["indicator"], "name_en"]
    return row["name_th"], row["name_en"], [row["indicator"], *official]

"""The review box of a page: release status, verdicts by role, dissent, and challenges of single findings."""

from __future__ import annotations

from sdg_eval.publish.material import Material
from sdg_eval.reviews import Review, word
from sdg_eval.thai import year_text
from sdg_eval.wording import label

TRIED = 3
"""Choices of a challenge that are named; the YAML file holds all."""


def review_box(material: Material, lang: str, area: str = "") -> dict:
    """Return what the box shows: of the whole run, and the challenges of one province where `area` is given."""
    gate, roles = material.gate, material.codelists.review_roles
    names = dict(zip(roles["role"], roles[f"name_{lang}"], strict=True))
    own = [_challenge(material, r, names, lang, current=True) for r in gate.challenges if area in ("", r.REF_AREA)]
    earlier = [_challenge(material, r, names, lang, current=False) for r in gate.earlier if area in ("", r.REF_AREA)]
    return {
        "status": gate.status, "status_text": word(gate.status, lang), "waiting": [names[r] for r in gate.waiting], "hash": material.run_hash[:12], "challenges": own + earlier,
        "verdicts": [
            {"role": names[r["role"]], "verdict": word(r["verdict"], lang), "day": _day(r["date"], lang), "reason": r["reason"], "dissent": r["dissent"]} for r in gate.table.to_dict("records") if r["verdict"]
        ],
    }  # fmt: skip


def _challenge(material: Material, review: Review, names: dict, lang: str, *, current: bool) -> dict:
    from sdg_eval.explore.words import choice_name, dimension_name, question_name

    lists = material.codelists
    series = dict(zip(lists.series["SERIES"], lists.series[f"name_{lang}"], strict=True)).get(review.SERIES, review.SERIES)  # a series may have been renamed since
    tried = [f"{dimension_name(k, lang)}: {choice_name(k, str(v), lang)}" for k, v in list(review.specification.items())[:TRIED]]
    return {
        "role": names[review.role], "day": _day(review.date, lang), "series": series, "area": lists.area_name(review.REF_AREA, lang), "result": review.verdict, "verdict": word(review.verdict, lang),
        "question": question_name(review.question, lang), "tried": tried, "before": label(str(review.official.get("verdict", "")), lang), "after": label(str(review.found.get("verdict", "")), lang),
        "share": "" if review.share_holds is None else f"{100 * review.share_holds:.0f}%", "n": review.n_specifications or 0, "reason": review.reason, "dissent": review.dissent, "current": current, "hash": review.run_hash[:12],
        "href": f"#{review.SERIES}.{review.FREQ or 'A'}",
    }  # fmt: skip


def _day(date: str, lang: str) -> str:
    year, month, day = date.split("-")
    return f"{int(day)}/{int(month)}/{year_text(int(year), lang)}"

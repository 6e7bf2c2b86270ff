"""The counts on the pages of a run, counted a second time: from the files that the run left, by none of the code that makes pages.

A page marks a count with the name of what is counted (`data-n`), and a sentence on such a count with its own (`data-said`). What a page
says under a name must be what is counted here. Tables, charts and sentences that show values beside counts are held by `page_numbers`.
"""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pandas as pd

from sdg_eval.claims.ledger import AS_SAID, Fault
from sdg_eval.claims.page_numbers import number_faults
from sdg_eval.errors import DataError
from sdg_eval.suppression import STATUS
from sdg_eval.wording import say_false_alarms

PAGES = ("index", "data", "runs")
"""Pages that count over the whole run."""
EVALUATION, QUARTER = "10_province_evaluation", "20_quarterly_report"
WELL = {"done", "kept"}
_COUNT = re.compile(r'<span data-n="([^"]*)">([^<]*)</span>')
_SAID = re.compile(r'<(\w+) data-said="([^"]*)">(.*?)</\1>', re.S)


def count_faults(pages, run) -> list[Fault]:
    """Return each count on the overview, the page on the data, that on the runs and those of provinces, in `pages`, that the files of `run` do not give."""
    faults, pages, counted = [], Path(pages), {}
    over_all = (pages / f"{name}{ending}" for name in PAGES for ending in (".html", ".en.html"))
    for path in [*filter(Path.is_file, over_all), *sorted(pages.glob("provinces/*/index*.html"))]:
        content = path.read_text(encoding="utf-8")
        lang = (re.search(r'<html[^>]* lang="(\w+)"', content) or [None, "th"])[1]
        told = [(name, " ".join(unescape(text).split())) for name, text in _COUNT.findall(content)]
        told += [(name, " ".join(unescape(re.sub("<[^>]*>", "", text)).split())) for _, name, text in _SAID.findall(content)]
        for name, text in told:
            wanted = _expected(Path(run), name, lang, counted)
            if text.replace(",", "") != wanted.replace(",", ""):
                faults.append(Fault(path.relative_to(pages).as_posix(), name, text, wanted or "a count that is known by its name", AS_SAID))
    return faults + number_faults(pages, Path(run))


def require_counts(pages, run) -> None:
    """Raise DataError for the first count on new pages, which have not moved into place yet, that the files of the run do not give."""
    if faults := count_faults(pages, run):
        raise DataError(f"{faults[0]} The old pages stand.")


def _expected(run: Path, name: str, lang: str, counted: dict[str, dict]) -> str:
    """Return what a page should say under a name; '' for a name that nothing is counted for. `counted` keeps what was counted, by kind."""
    kind, _, of = name.partition(".")
    if kind not in counted:
        counted[kind] = _COUNTERS[kind](run) if kind in _COUNTERS else {}
    own = counted[kind]
    if kind == "findings":
        return say_false_alarms(own[of], lang) if of in own else ""
    return str(own.get(of, "0" if kind in _OPEN else ""))


def _runs(run: Path) -> dict[str, int]:
    rows = _table(run / "runs.csv")
    return {"planned": len(rows)} | rows["status"].value_counts().to_dict()


def _plan(run: Path) -> dict[str, int]:
    try:
        return {"planned": len(json.loads((run / "record.json").read_text(encoding="utf-8")).get("planned", ()))}
    except (OSError, ValueError) as error:
        raise DataError(f"{run}/record.json: cannot be read ({error}). Give the folder of a run.") from error


def _of(notebook: str):
    def count(run: Path) -> dict[str, int]:
        rows = _table(run / "runs.csv")
        own = rows[(rows["notebook"] == notebook) & (rows["REF_AREA"] != "")]
        return {"asked": len(own), "done": int(own["status"].isin(WELL).sum())}

    return count


def _gaps(run: Path) -> dict[str, int]:
    rows = _table(run / "national" / "gaps.parquet")
    rows = rows[(rows["SERIES"] != "") & (rows["reason"] != "suppressed")]
    return {"values": len(rows), "provinces": rows["REF_AREA"].nunique(), "lift": sum("->" in text for text in rows["would_change"])}


def _values(run: Path) -> dict[str, int]:
    status = _table(run / "national" / "observations.parquet")["OBS_STATUS"]
    return {"all": len(status), "suppressed": int((status == STATUS).sum()), "suspicious": len(_table(run / "national" / "suspicions.parquet"))}


def _sent(run: Path) -> dict[str, int]:
    rows = _table(run / "national" / "reconciliation.parquet")
    return {"all": len(rows)} | rows["verdict"].value_counts().to_dict() if len(rows) else {"all": 0}


def _findings(run: Path) -> dict[str, int]:
    runs, found = _table(run / "runs.csv"), {}
    for area in runs.loc[(runs["notebook"] == EVALUATION) & runs["status"].isin(WELL), "REF_AREA"]:
        rows = _table(run / "provinces" / area / "evaluation.parquet")
        found[area] = int((rows["preferred"] & (rows["n_obs"] > 0) & rows["status"].isin(["improving", "worsening", "changed"])).sum())
    return found | {"chance": sum(found.values())}


_COUNTERS = {"runs": _runs, "plan": _plan, "provinces": _of(EVALUATION), "quarters": _of(QUARTER), "gaps": _gaps, "values": _values, "sent": _sent, "findings": _findings}
_OPEN = {"runs", "sent"}
"""Counts by kind, where a kind that did not come up counts nothing."""


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be counted ({error}). Run `sdg-eval evaluate` again.") from error

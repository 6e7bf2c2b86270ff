"""The results of a province as an Excel workbook: what officers calculate with, and can trace back to the cell it came from.

One workbook for each language: an officer sorts and filters by headers they read. Codes stand beside every name, so that sheets of
two languages, or of two quarters, can be joined. Text is written as text, whatever sign it begins with, and no cell holds a formula.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sdg_eval.concepts import KEY, PROVENANCE, SPLITS, SYNTHETIC, TOTAL
from sdg_eval.intake.template import CREATED
from sdg_eval.method_words import METHODS
from sdg_eval.publish.documents.excel_words import COLUMNS, excel_words
from sdg_eval.publish.documents.workbook_proof import CELL_LIMIT, require_numbers
from sdg_eval.publish.material import Material
from sdg_eval.publish.province_pages import RULE_NAMES, sources_of
from sdg_eval.store import write_atomic
from sdg_eval.thai import format_fiscal_quarter, format_period, year_text
from sdg_eval.wording import label, say_flags, say_reasons, say_target

FAMILY = "Sarabun"
FIRST_ROW = 2
"""Rows above the values: what the sheet is (with the mark of synthetic data), and the headers."""
MIN_CHART = 2
"""Fewest values of which a chart is drawn."""
CHART_SIZE, CHARTS_ACROSS, CHART_ROWS, CHART_COLUMNS = (560, 320), 2, 17, 9
"""Size of a chart in pixels, charts beside each other, and the cells that one takes."""
LONGEST = 60
"""Letters that a column is wide at most; longer text is wrapped."""
README_WIDTHS, LINE, TITLE_LINE = (48, 100), 18, 28
"""Widths of the columns of the first sheet in letters, and the heights of a line and of a heading in points (Thai marks need room)."""
PRINT_WIDE, PRINT_SCALE = 16, 60
"""Columns above which a sheet is printed over several pages across, at so many per cent, with its first columns on each."""


@dataclass(frozen=True)
class Sheet:
    """One sheet as it is written: keys of its columns (`excel_words.COLUMNS`), and rows of values by key."""

    name: str
    columns: tuple[str, ...]
    rows: list[dict]
    wrap: bool = False  # text is read, not sorted: long cells are wrapped


def write_workbook(material: Material, area: str, lang: str, path, *, made: dt.datetime = CREATED) -> None:
    """Write the workbook of a province to `path`, complete or not at all; parameters as in `workbook_bytes`.

    Raises DataError where a cell is not that of the tables on disk.
    """
    content = workbook_bytes(material, area, lang, made=made)
    if area in material.evaluations:
        require_numbers(content, material.folder, area, lang, Path(path).name)
    write_atomic(path, content)


def workbook_bytes(material: Material, area: str, lang: str, *, made: dt.datetime = CREATED) -> bytes:
    """Return the workbook of a province; the same run gives the same bytes.

    Sheets: what is in it; results (one row for each series, and each goal without one); charts with their data; observations; where
    each came from (file, sheet, row, column, SHA-256); the published rules side by side; metadata of the series; the methods.

    Parameters
    ----------
    area
        ISO 3166-2 code of a province.
    lang
        th or en.
    made
        The date in the file's properties (UTC).
    """
    import xlsxwriter

    words, stream = excel_words(lang), io.BytesIO()
    name = material.codelists.area_name(area, lang)
    own = material.observations[material.observations["REF_AREA"] == area].sort_values(KEY, kind="stable")
    synthetic = bool(material.record["synthetic"])
    mark = SYNTHETIC[lang] if synthetic else ""
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
        "default_format_properties": {"font_name": FAMILY, "font_size": 11, "valign": "top"},
    }  # fmt: skip
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({
            "title": f"{words['title']}: {name}", "subject": words["subject"], "author": "sdg_eval", "created": made, "comments": mark,
            "keywords": f"SDG; {area}; {lang}", "status": mark,
        })  # fmt: skip
        writer = _Writer(book, mark, words, lang)
        sheets = [
            Sheet(words["sheet_results"], RESULT_COLUMNS, _results(material, area, lang)),
            Sheet(words["sheet_observations"], OBSERVATION_COLUMNS, _observations(own, material, lang)),
            Sheet(words["sheet_provenance"], PROVENANCE_COLUMNS, _provenance(own, lang)),
            Sheet(words["sheet_rules"], RULE_COLUMNS, _rules(material, area, lang)),
            Sheet(words["sheet_metadata"], METADATA_COLUMNS, _metadata(material, own, lang)),
            Sheet(words["sheet_methods"], METHOD_COLUMNS, _methods(lang), wrap=True),
        ]
        writer.write_readme(f"{words['title']}: {name}", _about(material, area, lang), sheets, _source_lines(material, own, lang))
        writer.write_sheet(sheets[0])
        writer.write_charts(_chart_rows(own, material, lang), _alternatives(material, area, lang), material, lang)
        for sheet in sheets[1:]:
            writer.write_sheet(sheet)
    return stream.getvalue()


# ---------------------------------------------------------------- rows of the sheets

RESULT_COLUMNS = (
    "goal", "indicator", "SERIES", "name", "unit", "proxy", "FREQ", "status", "stale", "last_period", "last_value", "n_obs", "first_period", "slope", "ci_low", "ci_high",
    "relative_slope_pct", "relative_ci_low_pct", "relative_ci_high_pct", "p_value", "p_adjusted", "n_tests", "confidence", "baseline_year", "baseline_value", "target_value",
    "target_year", "target", "target_kind", "progress", "p_on_track", "draws", "required_pace", "actual_pace", "forecast_year", "forecast", "forecast_low", "forecast_high",
    "peer_period", "peer_value", "peer_median", "peer_low", "peer_high", "n_peers", "sentence", "synthetic", "result_id",
)  # fmt: skip
OBSERVATION_COLUMNS = (*KEY, "name", "unit", "period", "OBS_VALUE", "NUMERATOR", "DENOMINATOR", "LOWER_BOUND", "UPPER_BOUND", "STD_ERR", "SAMPLE_SIZE", "OBS_STATUS", "status_word", "note", "synthetic")
PROVENANCE_COLUMNS = (*KEY, *(c for c in PROVENANCE if c != "flags"), "flags", "flags_word")
RULE_COLUMNS = ("SERIES", "name", "FREQ", "method", "edition", "verdict", "common", "value", "yardstick", "first_year", "last_year", "n_obs", "disagrees", "why", "target_year", "target_value")
METADATA_COLUMNS = (
    "SERIES", "goal", "indicator", "official_name", "name_th", "name_en", "unit_th", "unit_en", "direction", "kind", "freq", "time_basis", "proxy", "proxy_reason", "breaks", "decimals",
    "target_text", "target_source", "source", "publisher", "source_title", "licence", "owner", "lag_months",
)  # fmt: skip
METHOD_COLUMNS = ("method_title", "method_plain", "method_defaults", "method_published")
CHART_COLUMNS_OF_DATA = ("SERIES", "FREQ", "name", "TIME_PERIOD", "period", "OBS_VALUE")


def _results(material: Material, area: str, lang: str) -> list[dict]:
    """One row for each row of the evaluation; a province without one says so in its only row."""
    words, evaluation = excel_words(lang), material.evaluations.get(area)
    if evaluation is None:
        return [{"sentence": words["not_evaluated"], "status": label("no_data", lang)}]
    found = []
    for row in evaluation.table.to_dict("records"):
        series = material.series.get(row["SERIES"], {})
        if row["forecast_low"] != row["forecast_low"]:  # a forecast that could not be checked has no interval, and is not told
            row |= {"forecast": None, "forecast_year": None}
        found.append(row | {
            "goal": int(row["goal"]), "name": series.get(f"name_{lang}", material.codelists.goal_name(row["goal"], lang)), "unit": series.get(f"unit_{lang}", ""),
            "proxy": words["yes"] if series.get("proxy") == "1" else words["no"] if series else "", "status": label(row["status"], lang), "stale": words["yes"] if row["stale"] is True else "",
            "last_period": _period(row["last_period"], lang), "first_period": _period(row["first_period"], lang), "peer_period": _period(row["peer_period"], lang),
            "target": say_target(row, series, lang) if series else "", "target_kind": label(row["target_kind"], lang) if row["target_kind"] else "",
            "progress": label(row["progress"], lang) if row["progress"] else "", "sentence": evaluation.text[lang].get(row["result_id"], ""), "decimals": series.get("decimals", ""),
            "synthetic": words["yes"] if row["synthetic"] is True else words["no"],
        })  # fmt: skip
    return found


def _observations(own: pd.DataFrame, material: Material, lang: str) -> list[dict]:
    words = excel_words(lang)
    synthetic = words["yes"] if material.record["synthetic"] else words["no"]
    return [
        row | {
            "name": _series(material, row, f"name_{lang}") or row["SERIES"], "unit": _series(material, row, f"unit_{lang}") or row["UNIT_MEASURE"], "period": format_period(row["TIME_PERIOD"], lang),
            "status_word": words.get(f"obs_{row['OBS_STATUS']}", row["OBS_STATUS"]), "note": row["COMMENT_OBS"], "decimals": _series(material, row, "decimals"), "synthetic": synthetic,
        }
        for row in own.to_dict("records")
    ]  # fmt: skip


def _provenance(own: pd.DataFrame, lang: str) -> list[dict]:
    return [row | {"flags_word": say_flags(row["flags"], lang)} for row in own.to_dict("records")]


def _rules(material: Material, area: str, lang: str) -> list[dict]:
    words = excel_words(lang)
    return [
        row | {
            "name": material.series[code][f"name_{lang}"], "method": RULE_NAMES.get(row["method"], row["method"]), "common": label(row["common"], lang),
            "disagrees": words["yes"] if row["disagrees"] else words["no"], "why": say_reasons(row["why"], lang), "decimals": material.series[code]["decimals"],
        }
        for (code, _), rows in sorted(material.rules[area].items()) for row in rows
    ]  # fmt: skip


def _metadata(material: Material, own: pd.DataFrame, lang: str) -> list[dict]:
    """One row for each series that the province has values of, or that it is asked for."""
    found, official = [], dict(zip(material.codelists.indicators["indicator"], material.codelists.indicators["name_en"], strict=True))
    with_values = own[own["OBS_VALUE"].notna()].groupby("SERIES")["source"].unique().to_dict()
    for code, series in material.series.items():
        if code not in with_values and series["evaluate"] != "1":
            continue
        target, owner = material.targets.get(code), material.owners[code]
        keys = sorted({key for text in with_values.get(code, [series["source"]]) for key in text.split(";") if key in material.sources})
        sources = [material.sources[key] for key in keys]
        found.append(series | {
            "goal": int(series["goal"]), "official_name": official.get(series["indicator"], ""), "proxy_reason": series[f"proxy_reason_{lang}"], "source": "; ".join(keys),
            "publisher": "; ".join(s[f"publisher_{lang}"] for s in sources), "source_title": "; ".join(s[f"title_{lang}"] for s in sources), "licence": "; ".join(s[f"licence_{lang}"] for s in sources),
            "owner": owner[f"name_{lang}"], "lag_months": _number(owner["usual_lag_months"]), "target_text": f"{target['value']} ({target['year']})" if target and target["value"] else "",
            "target_source": target[f"source_{lang}"] if target else "", "decimals": _number(series["decimals"]),
        })  # fmt: skip
    return sorted(found, key=lambda row: (row["goal"] or 99, row["indicator"] or "~", row["SERIES"]))


def _methods(lang: str) -> list[dict]:
    place = 0 if lang == "th" else 1
    return [{"method_title": m.title[place], "method_plain": m.plain[place], "method_defaults": m.defaults[place], "method_published": m.published} for m in METHODS]


def _chart_rows(own: pd.DataFrame, material: Material, lang: str) -> list[dict]:
    """Values that are not broken down, one row for every period from the first to the last: a missing one is blank, and the line has a gap."""
    totals = own[(own[list(SPLITS)] == TOTAL).all(axis=1) & own["SERIES"].isin(material.series)]
    found = []
    for (code, freq), rows in totals.groupby(["SERIES", "FREQ"], sort=True):
        values = dict(zip(rows["TIME_PERIOD"], rows["OBS_VALUE"], strict=True))
        if rows["OBS_VALUE"].notna().sum() < MIN_CHART or material.series[code]["evaluate"] != "1":
            continue
        found += [
            {"SERIES": code, "FREQ": freq, "name": material.series[code][f"name_{lang}"], "TIME_PERIOD": p, "period": year_text(int(p), lang) if freq == "A" and p.isdigit() else format_period(p, lang), "OBS_VALUE": values.get(p, math.nan), "decimals": material.series[code]["decimals"]}
            for p in all_periods(list(values))
        ]  # fmt: skip
    return found


def all_periods(periods: list[str]) -> list[str]:
    """Return the SDMX periods from the first to the last; spans such as fiscal years stay as they are given, in order.

    Examples
    --------
    >>> all_periods(["2023-Q4", "2023-Q2"])
    ['2023-Q2', '2023-Q3', '2023-Q4']
    """
    first, last = min(periods), max(periods)
    if re.fullmatch(r"\d{4}", first):
        return [str(year) for year in range(int(first), int(last) + 1)]
    if re.fullmatch(r"\d{4}-Q\d", first):
        return [f"{p.year}-Q{p.quarter}" for p in pd.period_range(first.replace("-", ""), last.replace("-", ""), freq="Q")]
    if re.fullmatch(r"\d{4}-\d\d", first):
        return [f"{p.year}-{p.month:02d}" for p in pd.period_range(first, last, freq="M")]
    return sorted(set(periods))


def _alternatives(material: Material, area: str, lang: str) -> dict[tuple[str, str], str]:
    """What the run's own figures say in words, by series and frequency."""
    return {(f["series"], f["freq"]): f["alt"] for f in material.figures(f"provinces/{area}", lang)}


def _about(material: Material, area: str, lang: str) -> list[tuple[str, str]]:
    words, record = excel_words(lang), material.record
    quarter = record.get("quarter") or ""
    facts = [(words["province"], f"{material.codelists.area_name(area, lang)} ({area})"), (words["report_year"], year_text(record["report_year"], lang))]
    facts += [(words["quarter"], format_fiscal_quarter(quarter, lang))] if quarter else []
    return [*facts, (words["run"], record["run"]), (words["data_hash"], record["data_hash"]), (words["version"], record["version"])]


def _source_lines(material: Material, own: pd.DataFrame, lang: str) -> list[tuple[str, ...]]:
    words = excel_words(lang)
    return [
        (f"{s[f'publisher_{lang}']}, {s[f'title_{lang}']}", s[f"licence_{lang}"] + (f" · {words['non_commercial']}" if s["non_commercial"] == "1" else ""))
        for s in sources_of(material, own.to_dict("records"))
    ]  # fmt: skip


def _series(material: Material, row: dict, key: str) -> str:
    return material.series.get(row["SERIES"], {}).get(key, "")


def _period(text, lang: str) -> str:
    return format_period(text, lang) if isinstance(text, str) and text else ""


def _number(text: str):
    return int(text) if text.isdigit() else None


# ---------------------------------------------------------------- writing


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(self, book, mark: str, words: dict[str, str], lang: str):
        self.book, self.mark, self.words, self.lang = book, mark, words, lang
        base = {"font_name": FAMILY, "font_size": 11, "valign": "top"}
        self.base, self.by_number = base, {}
        self.title = book.add_format(base | {"bold": True, "font_size": 16})
        self.sub = book.add_format(base | {"bold": True, "font_size": 13})
        self.alarm = book.add_format(base | {"bold": True, "font_color": "#A3211A"})
        self.head = book.add_format(base | {"bold": True, "text_wrap": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "border": 1})
        self.text = book.add_format(base | {"num_format": "@"})
        self.wrapped = book.add_format(base | {"num_format": "@", "text_wrap": True})

    def write_readme(self, title: str, facts, sheets: list[Sheet], sources) -> None:
        """The first sheet: what this is, what each sheet holds, how to read it, licences."""
        sheet, words = self.book.add_worksheet(self.words["sheet_readme"]), self.words
        sheet.hide_gridlines(2)
        for column, width in enumerate(README_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_row(0, TITLE_LINE)
        sheet.write_string(0, 0, title, self.title)
        row = 1
        if self.mark:
            sheet.write_string(row, 0, self.mark, self.alarm)
            row += 1
        contents = [(s.name, words[f"about_{key}"]) for s, key in zip(sheets, ("results", "observations", "provenance", "rules", "metadata", "methods"), strict=True)]
        contents[1:1] = [(words["sheet_charts"], words["about_charts"]), (words["sheet_chart_data"], words["about_chart_data"])]
        reading = [("", words[f"read_{k}"]) for k in range(1, 6)]
        for heading, lines in ((words["facts"], facts), (words["contents"], contents), (words["how_to_read"], reading), (words["sources"], sources)):
            row += 1
            sheet.set_row(row, TITLE_LINE)
            sheet.write_string(row, 0, heading, self.sub)
            for first, second in lines:
                row += 1
                sheet.set_row(row, LINE * max(math.ceil(len(text) / width) for text, width in zip((first or " ", second or " "), README_WIDTHS, strict=True)))
                if first:
                    sheet.write_string(row, 0, first[:CELL_LIMIT], self.wrapped)
                sheet.write_string(row, 1, second[:CELL_LIMIT], self.wrapped)
            row += 1
        self._print(sheet)

    def write_sheet(self, sheet: Sheet) -> None:
        """Headers that stay in sight, values as what they are, filters."""
        place = self.book.add_worksheet(sheet.name)
        self._fill(place, sheet)

    def _fill(self, place, sheet: Sheet) -> None:
        place.write_string(0, 0, f"{sheet.name} · {self.mark}" if self.mark else sheet.name, self.alarm if self.mark else self.sub)
        side = 0 if self.lang == "th" else 1
        for column, key in enumerate(sheet.columns):
            place.write_string(FIRST_ROW - 1, column, COLUMNS[key][side], self.head)
            place.set_column(column, column, self._width(key, sheet.rows))
        place.set_row(0, 24)
        place.set_row(FIRST_ROW - 1, 48)
        for number, row in enumerate(sheet.rows, FIRST_ROW):
            for column, key in enumerate(sheet.columns):
                self._write_cell(place, number, column, row.get(key), COLUMNS[key][2], row.get("decimals"), wrap=sheet.wrap)
        last = max(FIRST_ROW, FIRST_ROW + len(sheet.rows) - 1)
        place.autofilter(FIRST_ROW - 1, 0, last, len(sheet.columns) - 1)
        place.freeze_panes(FIRST_ROW, 0)
        place.repeat_rows(FIRST_ROW - 1)
        self._print(place, len(sheet.columns))

    def _print(self, place, columns: int = 1) -> None:
        place.set_landscape()
        place.set_paper(9)
        if columns > PRINT_WIDE:
            place.set_print_scale(PRINT_SCALE)
            place.repeat_columns(0, 3)
        else:
            place.fit_to_pages(1, 0)
        place.set_header(f"&C{self.mark.replace('&', '&&')}" if self.mark else "")
        place.set_footer(f"&L{self.words['title'].replace('&', '&&')}&R&P / &N")

    def _width(self, key: str, rows: list[dict]) -> float:
        kind = COLUMNS[key][2]
        if kind != "text":
            return 14
        longest = max((len(str(row.get(key) or "")) for row in rows), default=0)
        return min(max(12, longest + 2), LONGEST)

    def _write_cell(self, place, row: int, column: int, value, kind: str, decimals, *, wrap: bool) -> None:
        """Text as text; a number as a number; nothing for a missing one."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)) or value is pd.NA or value == "":
            return
        if kind == "text":
            place.write_string(row, column, str(value)[:CELL_LIMIT], self.wrapped if wrap else self.text)
        else:
            place.write_number(row, column, float(value), self._number_format(kind, decimals))

    def _number_format(self, kind: str, decimals):
        """The look of a number: `count`, `year`, `share`, `p`, `change` (one decimal more than the value) or `value`."""
        places = int(decimals or 1) + (kind == "change")
        look = {"count": "#,##0", "year": "0", "share": "0.0%", "p": "0.000"}.get(kind, "#,##0" + ("." + "0" * places if places else ""))
        if look not in self.by_number:
            self.by_number[look] = self.book.add_format(self.base | {"num_format": look})
        return self.by_number[look]

    def write_charts(self, rows: list[dict], alternatives: dict[tuple[str, str], str], material: Material, lang: str) -> None:
        """A native chart of each series, on the sheet before the one that holds its values."""
        words = self.words
        charts, data = self.book.add_worksheet(words["sheet_charts"]), self.book.add_worksheet(words["sheet_chart_data"])
        self._fill(data, Sheet(words["sheet_chart_data"], CHART_COLUMNS_OF_DATA, rows))
        charts.hide_gridlines(2)
        charts.write_string(0, 0, f"{words['sheet_charts']} · {self.mark}" if self.mark else words["sheet_charts"], self.alarm if self.mark else self.sub)
        value_column, period_column = CHART_COLUMNS_OF_DATA.index("OBS_VALUE"), CHART_COLUMNS_OF_DATA.index("period")
        starts = [k for k, row in enumerate(rows) if k == 0 or (row["SERIES"], row["FREQ"]) != (rows[k - 1]["SERIES"], rows[k - 1]["FREQ"])]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(rows)], strict=True)):
            code, freq = rows[start]["SERIES"], rows[start]["FREQ"]
            series, own = material.series[code], rows[start:end]
            first, last = start + FIRST_ROW, end - 1 + FIRST_ROW
            chart = self.book.add_chart({"type": "line"})
            chart.add_series({
                "name": series[f"name_{lang}"], "categories": [words["sheet_chart_data"], first, period_column, last, period_column],
                "values": [words["sheet_chart_data"], first, value_column, last, value_column],
                "line": {"color": "#0B5394", "width": 2}, "marker": {"type": "circle", "size": 5, "fill": {"color": "#0B5394"}, "border": {"color": "#0B5394"}},
            })  # fmt: skip
            font = {"name": FAMILY, "size": 10}
            chart.set_title({"name": f"{series[f'name_{lang}']}{' · ' + self.mark if self.mark else ''}", "name_font": font | {"size": 12, "bold": True}, "overlay": False})
            chart.set_x_axis({"name": words["year"] if own[0]["TIME_PERIOD"].isdigit() else words["period"], "name_font": font, "num_font": font, "label_position": "low"})
            chart.set_y_axis({"name": series[f"unit_{lang}"], "name_font": font, "num_font": font, "major_gridlines": {"visible": True, "line": {"color": "#DFE5EA"}}})
            chart.set_legend({"none": True})
            chart.show_blanks_as("gap")
            chart.set_size({"width": CHART_SIZE[0], "height": CHART_SIZE[1]})
            told = alternatives.get((code, freq)) or self._describe(own, series)
            charts.insert_chart(FIRST_ROW + CHART_ROWS * (number // CHARTS_ACROSS), CHART_COLUMNS * (number % CHARTS_ACROSS), chart, {"description": told})
        self._print(charts)

    def _describe(self, rows: list[dict], series: dict) -> str:
        """A chart in words where the run drew no figure of the series: from what in which period to what."""
        held = [row for row in rows if row["OBS_VALUE"] == row["OBS_VALUE"]]
        digits = int(series["decimals"] or 1)
        ends = [f"{row['OBS_VALUE']:,.{digits}f} ({row['period']})" for row in (held[0], held[-1])]
        return f"{series[f'name_{self.lang}']} ({series[f'unit_{self.lang}']}): {ends[0]} → {ends[1]}; n = {len(held)}"

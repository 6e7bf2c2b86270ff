"""The codelists: provinces, goals, UN targets and indicators, series, target values, sources.

They are plain CSV files that anyone can read and correct, so they are checked each time they are
read: a fault is refused with file and row before any number is computed from it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from sdg_eval.errors import DataError, UsageError
from sdg_eval.thai import clean_text, normalise_province_name, thai_digits_to_arabic

FOLDER_VARIABLE = "SDG_EVAL_CODELISTS"
"""Environment variable that names another folder of codelists."""

CROSS_CUTTING = "0"
"""Goal of series that belong to no single goal."""

UNKNOWN_AGENCY = "unknown"
"""Row of agencies.csv for series whose owner nobody has named."""

LANGUAGES = ("th", "en")

COLUMNS = {
    "areas": ["REF_AREA", "code", "name_th", "name_en", "region", "nso_region", "border", "coast", "pilot",
              "valid_from", "neighbours", "col", "row", "area_km2", "abbr_th", "abbr_en"],
    "area_names": ["REF_AREA", "spelling"],
    "goals": ["goal", "name_th", "name_en", "short_th", "short_en", "colour", "title_th", "title_en"],
    "targets_un": ["target", "goal", "name_en"],
    "indicators": ["indicator", "target", "goal", "name_en"],
    "sources": ["source", "publisher_th", "publisher_en", "title_th", "title_en", "licence_th", "licence_en",
                "non_commercial", "synthetic", "published"],
    "series": ["SERIES", "indicator", "goal", "name_th", "name_en", "unit", "unit_th", "unit_en", "direction",
               "freq", "time_basis", "kind", "aggregation", "denominator", "per", "lower", "upper", "proxy",
               "proxy_reason_th", "proxy_reason_en", "source", "breaks", "provisional", "evaluate", "derived",
               "coastal_only", "decimals"],
    "targets": ["SERIES", "value", "year", "baseline_year", "kind", "rule", "set_by_th", "set_by_en", "level",
                "source_th", "source_en"],
    "derivations": ["SERIES", "rule", "numerator", "denominator", "factor", "note"],
    "units": ["unit", "name_th", "name_en", "spellings"],
    "agencies": ["agency", "name_th", "name_en", "sources", "series", "usual_lag_months", "note"],
    "bounds": ["SERIES", "lower", "red", "green", "upper", "kind", "source_th", "source_en"],
    "programmes": ["programme", "name_th", "name_en", "start", "end", "selected_th", "selected_en", "source_th", "source_en"],
    "rollout": ["programme", "REF_AREA", "wave", "start"],
    "effect_outcomes": ["SERIES", "expected", "scale", "smallest", "freq", "first", "last", "weights", "exclude", "reason_th", "reason_en"],
    "effect_register": ["SERIES", "row_sha256", "registered_on"],
    "review_roles": ["role", "name_th", "name_en", "required", "may_release"],
}  # fmt: skip
"""Columns of each file; more columns are kept, missing ones are refused."""

UNIQUE = {
    "areas": [["REF_AREA"], ["code"], ["name_th"], ["name_en"], ["col", "row"], ["abbr_th"], ["abbr_en"]],
    "area_names": [["spelling"]],
    "goals": [["goal"], ["colour"]],
    "targets_un": [["target"]],
    "indicators": [["indicator"]],
    "sources": [["source"]],
    "series": [["SERIES"]],
    "targets": [["SERIES", "year"]],
    "derivations": [["SERIES"]],
    "units": [["unit"]],
    "agencies": [["agency"]],
    "bounds": [["SERIES"]],
    "programmes": [["programme"]],
    "rollout": [["programme", "REF_AREA"]],
    "effect_outcomes": [["SERIES"]],
    "effect_register": [["SERIES"]],
    "review_roles": [["role"]],
}

WORDS = {
    "areas": {"region": {"north", "northeast", "centre", "east", "west", "south"},
              "nso_region": {"bangkok", "central", "north", "northeast", "south"},
              "border": {"0", "1"}, "coast": {"0", "1"}, "pilot": {"0", "1"}},
    "sources": {"non_commercial": {"0", "1"}, "synthetic": {"0", "1"}, "published": {"0", "1"}},
    "series": {"direction": {"higher", "lower", "range", "none"}, "freq": {"A", "Q", "M"},
               "time_basis": {"calendar", "fiscal"},
               "kind": {"count", "rate", "proportion", "amount", "index"},
               "aggregation": {"sum", "mean", "last", "none"}, "proxy": {"0", "1"}, "evaluate": {"0", "1"},
               "coastal_only": {"0", "1"}},
    "targets": {"kind": {"official", "derived"}, "level": {"global", "national"},
                "rule": {"fixed", "half_of_baseline", "double_of_baseline"}},
    "derivations": {"rule": {"rate", "deflate", "share", "growth", "per_capita", "year_total"}},
    "bounds": {"kind": {"published", "derived", "chosen"}},
    "review_roles": {"required": {"0", "1"}, "may_release": {"0", "1"}},
    "effect_outcomes": {"expected": {"up", "down", "either"}, "scale": {"level", "log"}, "freq": {"A", "Q"}, "weights": {"none", "population"}},
}  # fmt: skip
"""Words that a column may hold."""

MONTH = r"\d{4}-(0[1-9]|1[0-2])"
FORMS = {
    "areas": {"REF_AREA": r"TH-\d\d", "code": r"\d\d", "valid_from": r"\d{4}", "col": r"\d+", "row": r"\d+",
              "name_th": r".+", "name_en": r".+", "area_km2": r"\d+(\.\d+)?", "abbr_th": r".{2,3}", "abbr_en": r"[A-Z]{3}"},
    "area_names": {"spelling": r".+"},
    "goals": {"goal": r"\d|1[0-7]", "colour": r"#[0-9A-F]{6}", "name_th": r".+", "name_en": r".+"},
    "targets_un": {"target": r"\d{1,2}\.[0-9a-d]{1,2}", "name_en": r".+"},
    "indicators": {"indicator": r"\d{1,2}\.[0-9a-d]{1,2}\.\d", "name_en": r".+"},
    "sources": {c: r".+" for c in COLUMNS["sources"][:7]},
    "series": {"SERIES": r"[A-Z0-9_]+", "name_th": r".+", "name_en": r".+", "unit": r"[A-Z0-9_]+",
               "unit_th": r".+", "unit_en": r".+", "per": r"\d*", "lower": r"(-?\d+(\.\d+)?)?",
               "upper": r"(-?\d+(\.\d+)?)?", "decimals": r"\d",
               "breaks": r"(\d{4}(@TH-\d\d)?(;\d{4}(@TH-\d\d)?)*)?", "provisional": r"(\d{4}(;\d{4})*)?"},
    "targets": {"value": r"(-?\d+(\.\d+)?)?", "year": r"\d{4}", "baseline_year": r"\d{4}",
                "set_by_th": r".+", "set_by_en": r".+", "source_th": r".+", "source_en": r".+"},
    "derivations": {"factor": r"\d+(\.\d+)?", "numerator": r".+"},
    "bounds": {"lower": r"-?\d+(\.\d+)?", "upper": r"-?\d+(\.\d+)?", "red": r"(-?\d+(\.\d+)?)?",
               "green": r"(-?\d+(\.\d+)?)?", "source_th": r".+", "source_en": r".+"},
    "programmes": {"start": MONTH, "end": MONTH, "selected_th": r".+", "selected_en": r".+", "source_th": r".+", "source_en": r".+"},
    "rollout": {"wave": r"[1-9]\d?", "start": MONTH},
    "effect_outcomes": {"smallest": r"\d+(\.\d+)?", "first": r"(\d{4}(-Q[1-4])?)?", "last": r"(\d{4}(-Q[1-4])?)?", "reason_th": r".+", "reason_en": r".+"},
    "review_roles": {"role": r"[a-z_]+", "name_th": r".+", "name_en": r".+"},
    "effect_register": {"row_sha256": r"[0-9a-f]{64}", "registered_on": r"\d{4}-\d\d-\d\d"},
}  # fmt: skip
"""Pattern that the whole cell must match; `.+` means that it must not be empty."""


def default_folder() -> Path:
    """Folder of the codelists: SDG_EVAL_CODELISTS if set, else data/codelists beside the package."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(__file__).parents[1] / "data" / "codelists"


@dataclass(frozen=True, eq=False)
class Codelists:
    """The codelists as tables of text, and the lookups that the modules need."""

    areas: pd.DataFrame
    area_names: pd.DataFrame
    goals: pd.DataFrame
    targets_un: pd.DataFrame
    indicators: pd.DataFrame
    sources: pd.DataFrame
    series: pd.DataFrame
    targets: pd.DataFrame
    derivations: pd.DataFrame
    units: pd.DataFrame
    agencies: pd.DataFrame
    bounds: pd.DataFrame
    programmes: pd.DataFrame
    rollout: pd.DataFrame
    effect_outcomes: pd.DataFrame
    effect_register: pd.DataFrame
    review_roles: pd.DataFrame
    folder: Path = field(default_factory=default_folder)

    @cached_property
    def provinces(self) -> list[str]:
        """The 77 REF_AREA codes, sorted."""
        return sorted(self.areas["REF_AREA"])

    @cached_property
    def pilots(self) -> list[str]:
        """REF_AREA codes of the pilot provinces, sorted."""
        return sorted(self.areas.loc[self.areas["pilot"] == "1", "REF_AREA"])

    @cached_property
    def goals17(self) -> pd.DataFrame:
        """The 17 goals, without the row for cross-cutting series."""
        return self.goals[self.goals["goal"] != CROSS_CUTTING].reset_index(drop=True)

    @cached_property
    def evaluated(self) -> list[str]:
        """Series that get a row in an evaluation, in the order of the file."""
        return list(self.series.loc[self.series["evaluate"] == "1", "SERIES"])

    @cached_property
    def _rows(self) -> dict[str, dict[str, pd.Series]]:
        keys = {"areas": "REF_AREA", "goals": "goal", "series": "SERIES", "sources": "source"}
        return {name: {row[key]: row for row in _as_series(getattr(self, name))} for name, key in keys.items()}

    @cached_property
    def _area_lookup(self) -> dict[str, str]:
        return {name: area for name, area, _ in _spellings(self)}

    def area(self, code: str) -> pd.Series:
        """Return the row of one province. Raises UsageError for a code that is none."""
        return self._row("areas", str(code), "province", "Write an ISO 3166-2 code such as TH-50 (Chiang Mai)")

    def area_name(self, code: str, lang: str) -> str:
        """Return the official name of a province, or of the country for `TH`."""
        if code == "TH":
            return {"th": "ประเทศไทย", "en": "Thailand"}[_language(lang)]
        return self.area(code)[f"name_{_language(lang)}"]

    def find_area(self, text) -> str | None:
        """Return the REF_AREA that a code, name or known spelling means, or None; never a near match."""
        return self._area_lookup.get(normalise_province_name(str(text)))

    def neighbours(self, code: str) -> list[str]:
        """Return the REF_AREA codes of the neighbouring provinces, sorted."""
        return _listed(self.area(code)["neighbours"])

    def series_row(self, code: str) -> pd.Series:
        """Return the row of one series. Raises UsageError for a code that is none."""
        return self._row("series", str(code), "series", "The codes are in series.csv, such as TH_ROAD_DEATHS")

    def series_name(self, code: str, lang: str) -> str:
        """Return the name of a series in `th` or `en`."""
        return self.series_row(code)[f"name_{_language(lang)}"]

    def unit_name(self, code: str, lang: str) -> str:
        """Return the unit of a series in words."""
        return self.series_row(code)[f"unit_{_language(lang)}"]

    @cached_property
    def _unit_lookup(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in self.units.to_dict("records"):
            for text in (row["unit"], row["name_th"], row["name_en"], *_listed(row["spellings"])):
                found.setdefault(_fold_unit(text), set()).add(row["unit"])
        return found

    def find_units(self, text) -> set[str]:
        """Return the unit codes that a text means: none when it is unknown, several for "คน" (persons, births)."""
        return self._unit_lookup.get(_fold_unit(str(text)), set())

    def owner_of(self, series: str) -> pd.Series:
        """Return the row of the agency that owns a series: named for the series itself, else for its source, else `unknown`."""
        source = self.series_row(series)["source"]
        rows = self.agencies
        for column, key in (("series", series), ("sources", source)):
            named = rows[rows[column].map(lambda text, key=key: key in _listed(text))]
            if len(named):
                return named.iloc[0]
        return rows[rows["agency"] == UNKNOWN_AGENCY].iloc[0]

    def goal_row(self, goal) -> pd.Series:
        """Return the row of one goal ("0" is cross-cutting). Raises UsageError for a number that is none."""
        return self._row("goals", str(goal), "goal", "Write 1 to 17, or 0 for cross-cutting series")

    def goal_name(self, goal, lang: str) -> str:
        """Return the name of a goal in `th` or `en`."""
        return self.goal_row(goal)[f"name_{_language(lang)}"]

    def source_row(self, key: str) -> pd.Series:
        """Return the row of one source. Raises UsageError for a key that is none."""
        return self._row("sources", str(key), "source", f"Known are {', '.join(self.sources['source'])}")

    def _row(self, table: str, key: str, what: str, hint: str) -> pd.Series:
        try:
            return self._rows[table][key]
        except KeyError:
            found = f" Did you mean {self.find_area(key)}?" if table == "areas" and self.find_area(key) else ""
            raise UsageError(f"{key!r} is no {what} of {table}.csv. {hint}.{found}") from None


def _as_series(table: pd.DataFrame):
    """Yield each row of a table of text as a Series; several times faster than `iterrows`, which finds out the type of each."""
    for index, values in zip(table.index, table.to_numpy(dtype=object), strict=True):
        yield pd.Series(values, index=table.columns, name=index, dtype=object)


def _records(table: pd.DataFrame):
    """Yield (index, row as a dict) of a table of text."""
    return zip(table.index, table.to_dict("records"), strict=True)


def _language(lang: str) -> str:
    if lang not in LANGUAGES:
        raise UsageError(f"{lang!r} is no language of the codelists. Write th or en.")
    return lang


def _fold_unit(text: str) -> str:
    return re.sub(r"[\s.]", "", thai_digits_to_arabic(clean_text(text))).casefold()


def _listed(text: str) -> list[str]:
    return [part for part in text.split(";") if part]


def read_codelists(folder=None) -> Codelists:
    """Return the checked codelists of `folder` (default: see `default_folder`).

    Raises DataError, with file and row, for a missing file or column, a repeated key, a word that the
    column does not know, or a reference to something that is not there.
    """
    folder = Path(folder) if folder is not None else default_folder()
    tables = {name: _read_table(folder / f"{name}.csv", columns) for name, columns in COLUMNS.items()}
    for name, table in tables.items():
        _validate_cells(name, table)
    return validate_codelists(Codelists(**tables, folder=folder))


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        # utf-8-sig: spreadsheet programs put a byte-order mark in front when they save
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
    except OSError as error:
        raise DataError(
            f"{path}: the codelist cannot be read ({error.strerror}). "
            f"Restore it, or point {FOLDER_VARIABLE} to a folder that holds it."
        ) from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: the codelist is broken ({error}). Save it as UTF-8 CSV with commas.") from error
    if missing := [c for c in columns if c not in table.columns]:
        raise DataError(
            f"{path}, row 1: the column(s) {', '.join(missing)} are missing. Found: {', '.join(table.columns)}."
        )
    return table.fillna("")


def _fault(name: str, index: int, column: str, message: str) -> DataError:
    # The header is line 1 of the file, and pandas counts from 0.
    return DataError(f"{name}.csv, row {index + 2}, column {column}: {message}")


def _validate_cells(name: str, table: pd.DataFrame) -> None:
    """Check keys, words and forms of one file."""
    for column, words in WORDS.get(name, {}).items():
        for index in table.index[~table[column].isin(words)]:
            found = table.at[index, column]
            raise _fault(name, index, column, f"{found!r} is not one of {', '.join(sorted(words))}.")
    for column, pattern in FORMS.get(name, {}).items():
        fits = re.compile(pattern, re.ASCII).fullmatch  # a Thai digit is no digit of a code
        for index in table.index[[fits(text) is None for text in table[column]]]:
            found = table.at[index, column]
            wanted = "must not be empty" if pattern == ".+" else f"must have the form {pattern}"
            raise _fault(name, index, column, f"{found!r} {wanted}.")
    for columns in UNIQUE[name]:
        for index in table.index[table.duplicated(columns)]:
            found = ", ".join(table.loc[index, columns])
            raise _fault(name, index, columns[0], f"{found!r} is there twice; keep one row.")


def validate_codelists(codelists: Codelists) -> Codelists:
    """Return `codelists` unchanged if their references hold, else raise DataError naming file and row."""
    series, known = codelists.series, set(codelists.series["SERIES"])
    goals = set(codelists.goals["goal"])
    _refers("targets_un", codelists.targets_un, "goal", goals)
    _refers("indicators", codelists.indicators, "target", set(codelists.targets_un["target"]))
    _refers("series", series, "goal", goals)
    _refers("series", series, "indicator", set(codelists.indicators["indicator"]) | {""})
    _refers("series", series, "source", set(codelists.sources["source"]))
    _refers("series", series, "denominator", known | {""})
    _refers("series", series, "unit", set(codelists.units["unit"]))
    _refers("targets", codelists.targets, "SERIES", known)
    for column in ("SERIES", "numerator"):
        _refers("derivations", codelists.derivations, column, known)
    _refers("derivations", codelists.derivations, "denominator", known | {""})
    _refers("bounds", codelists.bounds, "SERIES", known)
    _validate_bounds(codelists)
    _refers("effect_outcomes", codelists.effect_outcomes, "SERIES", known)
    _validate_programme(codelists)
    _validate_agencies(codelists, known)
    _validate_goals(codelists)
    _validate_series(codelists)
    _validate_targets(codelists)
    _validate_areas(codelists)
    return codelists


def _refers(name: str, table: pd.DataFrame, column: str, known: set[str]) -> None:
    for index in table.index[~table[column].isin(known)]:
        raise _fault(name, index, column, f"{table.at[index, column]!r} is not known.")


def _validate_agencies(codelists: Codelists, series: set[str]) -> None:
    sources = set(codelists.sources["source"])
    for index, row in _records(codelists.agencies):
        for column, known in (("sources", sources), ("series", series)):
            for key in _listed(row[column]):
                if key not in known:
                    raise _fault("agencies", index, column, f"{key!r} is not known.")
    if UNKNOWN_AGENCY not in set(codelists.agencies["agency"]):
        raise DataError(f"agencies.csv: the row {UNKNOWN_AGENCY!r} is missing. Restore it.")


def _validate_goals(codelists: Codelists) -> None:
    if missing := sorted({str(g) for g in range(18)} - set(codelists.goals["goal"]), key=int):
        raise DataError(f"goals.csv: the goal(s) {', '.join(missing)} are missing. Give 0 to 17.")
    for name, key in (("targets_un", "target"), ("indicators", "indicator")):
        table = getattr(codelists, name)
        for index in table.index[table["goal"] != table[key].str.partition(".")[0]]:
            raise _fault(name, index, "goal", f"{table.at[index, key]} is not of goal {table.at[index, 'goal']}.")


def _validate_series(codelists: Codelists) -> None:
    others = codelists.derivations[codelists.derivations["SERIES"] != codelists.derivations["numerator"]]
    # A yearly total of the series' own months makes no derived series of it.
    rules = dict(zip(others["SERIES"], others["rule"], strict=True))
    for index, row in _records(codelists.series):
        if row["indicator"] and row["indicator"].partition(".")[0] != row["goal"]:
            raise _fault("series", index, "goal", f"indicator {row['indicator']} is not of goal {row['goal']}.")
        if row["proxy"] == "1" and not (row["proxy_reason_th"] and row["proxy_reason_en"]):
            raise _fault("series", index, "proxy", "a proxy needs its reason in Thai and in English.")
        if row["derived"] != rules.get(row["SERIES"], ""):
            wanted = rules.get(row["SERIES"]) or "no rule"
            raise _fault("series", index, "derived", f"{row['derived']!r}, but derivations.csv has {wanted}.")
        if row["lower"] and row["upper"] and float(row["lower"]) >= float(row["upper"]):
            raise _fault("series", index, "upper", "the upper bound must lie above the lower one.")
        for part in _listed(row["breaks"]):
            area = part.partition("@")[2]
            if area and area not in set(codelists.areas["REF_AREA"]):
                raise _fault("series", index, "breaks", f"{area} is no province.")


def _validate_targets(codelists: Codelists) -> None:
    for index, row in _records(codelists.targets):
        if (row["rule"] == "fixed") != bool(row["value"]):
            raise _fault("targets", index, "value", "rule fixed needs a value; the other rules derive theirs.")
        if codelists.series_row(row["SERIES"])["direction"] == "none":
            raise _fault("targets", index, "SERIES", "a series without direction can have no target.")
        if int(row["baseline_year"]) >= int(row["year"]):
            raise _fault("targets", index, "year", "the target year must come after the baseline year.")


def _validate_bounds(codelists: Codelists) -> None:
    """Score 0 lies on the bad side: bounds and thresholds go the way that the series' direction says."""
    for index, row in _records(codelists.bounds):
        sign = {"higher": 1, "lower": -1}.get(codelists.series_row(row["SERIES"])["direction"])
        if sign is None:
            raise _fault("bounds", index, "SERIES", "a series without a better and a worse side can have no score.")
        steps = [float(row[c]) * sign for c in ("lower", "red", "green", "upper") if row[c]]
        if any(a >= b for a, b in zip(steps, steps[1:], strict=False)):
            raise _fault("bounds", index, "upper", "lower, red, green and upper must go from worse to better.")
        if bool(row["red"]) != bool(row["green"]):
            raise _fault("bounds", index, "red", "give both thresholds or none.")


def _validate_programme(codelists: Codelists) -> None:
    """The pilots of areas.csv are the first wave of rollout.csv; excluded areas are provinces."""
    provinces, rollout = set(codelists.areas["REF_AREA"]), codelists.rollout
    _refers("rollout", rollout, "programme", set(codelists.programmes["programme"]))
    _refers("rollout", rollout, "REF_AREA", provinces)
    first = set(rollout.loc[rollout["wave"] == "1", "REF_AREA"])
    for index, row in _records(codelists.areas):
        if (row["pilot"] == "1") != (row["REF_AREA"] in first):
            raise _fault("areas", index, "pilot", f"{row['REF_AREA']}: pilot and wave 1 of rollout.csv differ.")
    for index, row in _records(codelists.programmes):
        if row["start"] > row["end"]:
            raise _fault("programmes", index, "end", "the programme ends before it starts.")
    for index, text in codelists.effect_outcomes["exclude"].items():
        if unknown := [a for a in _listed(text) if a not in provinces]:
            raise _fault("effect_outcomes", index, "exclude", f"{', '.join(unknown)}: no province.")


def _validate_areas(codelists: Codelists) -> None:
    areas = codelists.areas
    of = {row["REF_AREA"]: set(_listed(row["neighbours"])) for _, row in _records(areas)}
    for index, area in areas["REF_AREA"].items():
        if areas.at[index, "code"] != area[3:]:
            raise _fault("areas", index, "code", f"must be {area[3:]} for {area}.")
        for other in sorted(of[area]):
            if other == area or area not in of.get(other, set()):
                raise _fault("areas", index, "neighbours", f"{other} does not name {area} as its neighbour.")
    _refers("area_names", codelists.area_names, "REF_AREA", set(of))
    seen: dict[str, str] = {}
    for name, area, (file, index) in _spellings(codelists):
        if not name or seen.setdefault(name, area) != area:
            found = f"{name!r} after folding means {seen.get(name, 'nothing')} as well as {area}"
            raise _fault(file, index, "spelling" if file == "area_names" else "name_th", f"{found}.")


def _spellings(codelists: Codelists):
    """Yield (folded name, REF_AREA, (file, index)) of every code, name and spelling."""
    areas = codelists.areas
    for column in ("REF_AREA", "code", "name_th", "name_en"):
        for index, area, text in zip(areas.index, areas["REF_AREA"], areas[column], strict=True):
            yield normalise_province_name(text), area, ("areas", index)
    for index, row in _records(codelists.area_names):
        yield normalise_province_name(row["spelling"]), row["REF_AREA"], ("area_names", index)



"""What will be run, checked before anything runs: provinces, parameters, names.

papermill itself only warns of an unknown parameter and goes on with defaults; here it is refused.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

from sdg_eval.errors import DataError, UsageError
from sdg_eval.thai import parse_year

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PROVINCE = "10_province_evaluation"
PEERS = "41_peers"
NATIONAL = (
    "00_data_quality", "15_targets_and_forecasts", "40_provinces_side_by_side", "45_leave_no_one_behind", "50_best_practice", "60_pilot_effect",
    "65_overall_evaluation", "90_synthesis",
)  # fmt: skip
PILOT = "61_province_effect"
"""Run for pilot provinces alone."""
QUARTERLY = "20_quarterly_report"
DELIVERY = (
    "30_delivery", "31_need_plan_money_result", "32_partners_participation", "33_awareness", "34_city_sdg11", "70_vnr_register", "75_agency_pages",
)  # fmt: skip
"""With QUARTERLY, the notebooks that need delivery tables."""
SET_BY_BATCH = ("REF_AREA", "OBSERVATIONS", "NATIONAL", "OUTPUT_DIR", "PROVINCES", "BOUNDARIES", "DELIVERY", "SCORES", "QUARTER")
FOLDERS = {PROVINCE: "provinces", PEERS: "peers", PILOT: "pilots", QUARTERLY: "quarters"}
"""Notebooks run for each province, and the folder of a run that holds them."""
INPUTS = ".inputs"
"""Folder beside the runs; no run can have its name."""
SLICES = "slices"
"""Folder of a run that holds what each notebook run may see."""
SURVEY_FILE = "restricted/survey_answer.csv"
"""Answers of persons, as seen from the inputs of a run; `-p SURVEY=` says where they are read."""
GIVEN = {QUARTERLY: {"SCORES": ""}, "15_targets_and_forecasts": {"OBSERVATIONS": ""}}
"""What a batch has worked out of these is in the slice: the notebook reads no score of a person, and no observation."""
DEFAULT_RUN = "sample"
TYPES = {"str": str, "int": int, "float": float, "bool": bool}
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_RESERVED = re.compile(r"latest|con|prn|aux|nul|(com|lpt)\d", re.I)


@dataclass(frozen=True)
class Job:
    """One notebook run: `area` is '' for the national ones; `folder` is below the run's folder."""

    notebook: str
    area: str
    folder: str
    parameters: dict

    @property
    def name(self) -> str:
        """The province's code for its evaluation, the notebook's name for a national one, both for the others."""
        return run_name(self.notebook, self.area)


def run_name(notebook: str, area: str) -> str:
    """Return what a run is called in tables and messages; each run of a batch has its own."""
    if not area:
        return notebook
    return area if notebook == PROVINCE else f"{area} {notebook}"


def parse_provinces(text: str, codelists) -> list[str]:
    """Return codes in order of code for `pilot`, `all`, or a comma list of codes, Thai or English names.

    Raises UsageError naming every one that is not a province.
    """
    if text in ("pilot", "pilots"):
        return codelists.pilots
    if text == "all":
        return codelists.provinces
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    found = {part: codelists.find_area(part) for part in wanted}
    if unknown := [part for part, area in found.items() if area is None]:
        raise UsageError(f"Not a province: {', '.join(unknown)}. Write pilot, all, or codes such as TH-50,TH-10.")
    if not wanted:
        raise UsageError("No province given. Write pilot, all, or codes such as TH-50,TH-10.")
    return sorted(set(found.values()))


def parse_languages(text: str) -> str:
    """Return the notebooks' LANG (th, en or both) for `th`, `en`, `th,en`. Raises UsageError for others."""
    wanted = set(filter(None, (part.strip() for part in text.replace("both", "th,en").split(","))))
    if not wanted or not wanted <= {"th", "en"}:
        raise UsageError(f"Languages {text!r} are not known. Write th, en or th,en.")
    return "both" if len(wanted) == 2 else wanted.pop()


def parse_run_name(text: str) -> str:
    """Return a run's name, safe as a folder on any system. Raises UsageError otherwise."""
    if not _RUN_NAME.fullmatch(text) or _RESERVED.fullmatch(text.partition(".")[0]) or text.endswith("."):
        raise UsageError(f"{text!r} cannot name a run. Use up to 64 letters, digits, '-', '_' and '.', such as 2569-Q1.")
    return text


def parse_report_year(year: int | None) -> int:
    """Return the report year in C.E.; None means this year. Raises UsageError for no likely year."""
    if year is None:
        return dt.date.today().year
    try:
        return parse_year(year)
    except DataError as error:
        raise UsageError(f"--report-year: {error}") from error


def notebook_path(name: str) -> Path:
    """Return the path of a notebook of the suite."""
    return NOTEBOOKS / f"{name}.ipynb"


def known_parameters(name: str) -> dict[str, str]:
    """Return {parameter: type} of a notebook, from its parameters cell: what papermill's inspection says, without its import, which
    takes most of the time of a batch that has nothing to do."""
    cells = json.loads(notebook_path(name).read_text(encoding="utf-8"))["cells"]
    source = "".join(next(cell["source"] for cell in cells if "parameters" in cell["metadata"].get("tags", [])))
    return {line.target.id: ast.unparse(line.annotation) for line in ast.parse(source).body}


def parse_parameters(texts: list[str], known: dict[str, str]) -> dict:
    """Return NAME=VALUE texts as typed values. Raises UsageError for unknown names and wrong types."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        free = sorted(set(known) - set(SET_BY_BATCH))
        if not equals or name not in free:
            raise UsageError(f"-p {text}: there is no parameter {name!r} to set. Choose from {', '.join(free)}.")
        values[name] = _typed(name, value, known[name])
    return values


def _typed(name: str, text: str, kind: str):
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        return TYPES[kind](text)
    except (KeyError, ValueError):
        raise UsageError(f"-p {name}={text}: {text!r} is not of type {kind}.") from None


def require_parameters(name: str, given: dict, known: dict[str, str]) -> dict:
    """Return `given` if it fits the notebook exactly in names and types. Raises UsageError otherwise."""
    if unknown := sorted(map(str, set(given) - set(known))):
        raise UsageError(f"{name}: unknown parameter(s) {', '.join(unknown)}. It has {', '.join(known)}.")
    if missing := sorted(set(known) - set(given)):
        raise UsageError(f"{name}: parameter(s) {', '.join(missing)} are not given.")
    for key, value in given.items():
        wanted = TYPES.get(known[key], str)
        if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            raise UsageError(f"{name}: {key} is {value!r}, not of type {known[key]}.")
    return given


def parse_notebooks(texts: list[str]) -> list[str]:
    """Return notebooks by name, by number (`20`) or file name; all for none given. Raises UsageError for one that is not there."""
    every = [PROVINCE, PEERS, PILOT, QUARTERLY, *NATIONAL, *DELIVERY]
    found = []
    for text in texts:
        stem = Path(text).name.removesuffix(".ipynb")
        named = [name for name in every if stem in (name, name.partition("_")[0])]
        if not named:
            raise UsageError(f"--notebook {text}: there is no such notebook. Choose from {', '.join(every)}.")
        found += named
    return sorted(set(found)) or every


def plan_jobs(
    areas: list[str], *, report_year: int, lang: str, overrides: list[str], pilots: list[str], quarter: str = "", scores: str = "", notebooks: list[str] | None = None,
    run: str = "",
) -> list[Job]:  # fmt: skip
    """Return every run of a batch, provinces first, fully checked. Raises UsageError; writes nothing.

    `pilots` are the provinces of the programme: those among `areas` get a run of their own on its effect. `quarter` is the
    Thai fiscal quarter reported; '' leaves out what needs delivery tables. `scores` is the file of training scores, as seen
    from the run's inputs (`inputs_folder`); '' leaves them out. `run` is the name of the run's folder.
    `notebooks` are those wanted, None all.
    """
    every = (PROVINCE, PEERS, PILOT, *NATIONAL, *((QUARTERLY, *DELIVERY) if quarter else ()))
    wanted = [name for name in every if notebooks is None or name in notebooks]
    known = {name: known_parameters(name) for name in wanted}
    extra = parse_parameters(overrides, {key: kind for types in known.values() for key, kind in types.items()})
    common = {"QUARTER": quarter, "SURVEY": "", "REPORT_YEAR": report_year, "LANG": lang, "CONFIDENCE": 0.95, "DRAWS": 2000, "SHOW_RANKS": False, "PILOT_START": "", "PILOT_END": ""} | extra
    inputs = f"../{INPUTS}/{run or DEFAULT_RUN}"
    for name in ("PILOT_START", "PILOT_END"):
        if common[name] and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", common[name]):
            raise UsageError(f"{name} is {common[name]!r}; give a month such as 2022-12.")
    if common["PILOT_START"] and common["PILOT_END"] and common["PILOT_START"] > common["PILOT_END"]:
        raise UsageError(f"PILOT_START {common['PILOT_START']} comes after PILOT_END {common['PILOT_END']}.")
    if not 100 <= common["DRAWS"] <= 100_000:
        raise UsageError(f"DRAWS is {common['DRAWS']}; give 100 to 100000. Bands of fewer draws move from run to run.")
    if not 0.5 <= common["CONFIDENCE"] < 1:
        raise UsageError(f"CONFIDENCE is {common['CONFIDENCE']}; give a number from 0.5 to below 1, such as 0.95.")
    jobs = [
        _job(name, area, f"{place}/{area}", known[name], common, inputs, scores)
        for name, place in FOLDERS.items() if name in wanted
        for area in areas if name != PILOT or area in set(pilots)
    ]  # fmt: skip
    jobs += [_job(name, "", f"national/{name}", known[name], common | {"PROVINCES": ",".join(areas)}, inputs, scores) for name in wanted if name not in FOLDERS]
    if not jobs:
        raise UsageError("None of the notebooks asked for can be run: those of delivery need --delivery or a store that holds delivery tables.")
    return jobs


def inputs_folder(out, run: str) -> Path:
    """Return the folder of the parts of a run's slices that hold delivery tables as they came in: beside the run, not in it.

    They hold counts of one to nine persons (participants of a group, people trained, members of a local group), which the
    notebooks need and nobody else may see. A run is handed out whole, so nothing of them may lie in it; only the owner may
    open this folder, and the site does not lead to it. An executed notebook can be run again where both folders are.
    """
    return Path(out) / INPUTS / run


def _job(name: str, area: str, folder: str, known: dict[str, str], values: dict, inputs: str, scores: str) -> Job:
    """Each run reads its own slice (`slices`), and rows of persons where it is a report on them.

    Paths are relative to the notebook's own folder, so that an executed notebook can be run again anywhere and names no folder of a machine.
    """
    up = "../" * folder.count("/") + "../"
    own = f"{up}{SLICES}/{folder}"
    values = values | {
        "REF_AREA": area, "OBSERVATIONS": f"{own}/observations.parquet", "NATIONAL": own,
        "OUTPUT_DIR": ".", "BOUNDARIES": f"{up}national/boundaries.geojson", "DELIVERY": f"{up}{inputs}/{folder}/delivery",
        "SCORES": f"{up}{inputs}/{scores}" if scores else "", "SURVEY": f"{up}{inputs}/{SURVEY_FILE}" if values["SURVEY"] else "",
    } | GIVEN.get(name, {})  # fmt: skip
    given = {key: value for key, value in values.items() if key in known}
    return Job(name, area, folder, require_parameters(name, given, known))


def parameters_json(job: Job) -> str:
    """Return a job's parameters as one line of JSON."""
    return json.dumps(job.parameters, ensure_ascii=False, sort_keys=True)

"""The ledger of a run: each sentence that its text files hold, and of each number in it the cell that it comes from.

It is made after the run from what lies on disk, so that no word module can vouch for itself, and written beside the run:
`claims/sentences.parquet` and `claims/claims.parquet`. Whoever writes a PDF, a Word file or a page reads it to check the text that
came out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import pandas as pd

from sdg_eval.claims.remake import remake
from sdg_eval.claims.rules import causal_words, effect_faults, places_in, verdict_faults, without_interval
from sdg_eval.claims.slots import Claim, Token, bind, read_tokens
from sdg_eval.claims.trend_slots import (
    EMPTY_GOALS,
    GOAL_SLOTS,
    HEADLINE_SLOTS,
    TREND_SLOTS,
    headline_row,
    row_of,
)
from sdg_eval.claims.values import bind_value, read_cells
from sdg_eval.delivery.register import read_vnr_sets
from sdg_eval.errors import DataError
from sdg_eval.report_files import read_table, records
from sdg_eval.store import parquet_bytes, write_atomic
from sdg_eval.wording import LANGUAGES

FOLDER, SENTENCES, CLAIMS = "claims", "sentences.parquet", "claims.parquet"
SENTENCE_COLUMNS = ["file", "sentence", "REF_AREA", "lang", "text"]
CLAIM_COLUMNS = ["file", "sentence", "REF_AREA", "lang", "at", "token", "table", "row", "column", "form", "value"]
TEXT_FILES = ("text.json", "peers.json", "effect.json")
SIDE_BY_SIDE_FROM, PARTS = 10, 2
"""Text files from which processes are worth their start, and into how many parts they are then dealt."""
NOT_PROSE = {"id", "figure", "due", "finding_id", "arrow", "goal", "series", "status", "kind", "reason", "subject", "measure", "sure", "source", "synthetic"}
"""Keys of a text file whose values are codes for the pages, not words for a reader."""
_REFERENCE = re.compile(r"(press release |ข่าวที่ )\d+/\d{4}")
"""The number of a publication, as it is cited."""
BY_VALUE = "a number bound to a cell of a table beside it, or to a rule"
AS_TOLD = "Make the page or file again from the run; if it stays, correct what makes it."
AS_SAID = "Make the pages again with `sdg-eval publish`; if it stays, correct their template."
REMEDY = "Correct the word module that made the sentence, or its table, and run `sdg-eval evaluate` again."


@dataclass(frozen=True)
class Fault:
    """What is wrong with a sentence: where, which words, what was expected, and what to do."""

    file: str
    sentence: str
    token: str
    expected: str
    remedy: str = REMEDY

    @property
    def decides(self) -> bool:
        """True where the check is exact. A number sought among all cells of the tables beside a text, and the reading of a page's
        layout, can be wrong themselves: they are told and decide nothing."""
        return self.remedy != AS_TOLD and self.expected != BY_VALUE

    def __str__(self) -> str:
        return f"{self.file}, {self.sentence}: {self.token!r}; expected {self.expected}. {self.remedy}"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Sentences (file, sentence, REF_AREA, lang, text) and the claims in them (…, at, token, table, row, column, form, value)."""

    sentences: pd.DataFrame
    claims: pd.DataFrame

    def of(self, area: str) -> Ledger:
        """Return what is said of one province, and of the country as a whole."""
        return Ledger(*(t[t["REF_AREA"].isin([area, ""])].reset_index(drop=True) for t in (self.sentences, self.claims)))

    def write(self, run) -> None:
        """Write the ledger beside a run; the same run gives the same bytes."""
        write_atomic(Path(run) / FOLDER / SENTENCES, parquet_bytes(self.sentences))
        write_atomic(Path(run) / FOLDER / CLAIMS, parquet_bytes(self.claims))


def read_ledger(run) -> Ledger:
    """Return the ledger of a run folder. Raises DataError where none was written."""
    place = Path(run) / FOLDER
    try:
        return Ledger(pd.read_parquet(place / SENTENCES), pd.read_parquet(place / CLAIMS))
    except OSError as error:
        raise DataError(f"{place}: holds no ledger of claims. Run `sdg-eval evaluate` again.") from error


def plain(text: str) -> str:
    """Return a text with ordinary spaces, as the patterns are written."""
    return text.replace("\u00a0", " ")


def text_files(run) -> list[Path]:
    """Return the files of a run that hold sentences, in a fixed order; what a notebook left that did not end well is shown nowhere."""
    return sorted(p for p in Path(run).glob("*/*/*.json") if p.name in TEXT_FILES and _ended_well(p.parent))


def _ended_well(folder: Path) -> bool:
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8")).get("status") == "done"
    except (OSError, ValueError):  # made without a batch
        return True


def area_of(file: str) -> str:
    """Return the province whose folder a file lies in; '' for a national one.

    Examples
    --------
    >>> area_of("provinces/TH-50/text.json"), area_of("national/30_delivery/text.json")
    ('TH-50', '')
    """
    match = re.match(r"[a-z]+/(TH-\d+)/", file)
    return match[1] if match else ""


def leaves(held, key: str = "") -> Iterator[tuple[str, str]]:
    """Return (place, sentence) of each text for a reader in what a text file holds in one language."""
    if isinstance(held, dict):
        for name, part in held.items():
            if name not in NOT_PROSE:
                yield from leaves(part, f"{key}/{name}" if key else name)
    elif isinstance(held, list):
        for place, part in enumerate(held):
            yield from leaves(part, f"{key}/{place}")
    elif isinstance(held, str):
        yield key or "text", held


def read_texts(path: Path) -> dict:
    """Return what a text file holds, by language. Raises DataError when it cannot be read."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as sentences ({error}). Run `sdg-eval evaluate` again.") from error
    if not isinstance(held, dict):
        raise DataError(f"{path}: holds no sentences by language. Run `sdg-eval evaluate` again.")
    return held


@lru_cache(maxsize=4)
def _names_with_figures(codelists, lang: str) -> tuple[str, ...]:
    """Names, units and references of the code lists in which a figure stands, in small letters, the longest first: such a figure is no claim."""
    series = codelists.series
    words = {*series[f"name_{lang}"], *series[f"unit_{lang}"], *(re.sub(r"\s*\([^)]*\)", "", u).strip() for u in series[f"unit_{lang}"])}
    for table in (codelists.goals17, codelists.rollout, read_vnr_sets()):
        for column in table.select_dtypes(include=["object", "str"]):
            words |= {w for w in table[column] if isinstance(w, str) and len(w) > 8}
    words = {w.lower() for w in words if re.search(r"\d", w) and re.search(r"[^\d.\-/ ]{3}", w)}
    return tuple(sorted(words, key=lambda w: (-len(w), w)))


def masked(text: str, codelists, lang: str) -> str:
    """Return a text of the same length in which names and units that hold figures are blanked."""
    hidden = plain(text)
    small = hidden.lower()
    if here := [re.escape(w) for w in _names_with_figures(codelists, lang) if w in small]:  # to try each of them at every letter takes long
        hidden = re.sub("|".join(here), lambda m: "\u0001" * len(m[0]), hidden, flags=re.I)
    return _REFERENCE.sub(lambda m: m[1] + "\u0001" * (len(m[0]) - len(m[1])), hidden)


def _areas(codelists) -> tuple[tuple[str, str, str], ...]:
    own = codelists.areas[codelists.areas["REF_AREA"].isin(set(codelists.provinces))]
    return tuple(own[["REF_AREA", "name_th", "name_en"]].itertuples(index=False, name=None))


def bind_run(run, codelists, *, again: bool = True, several: Callable[[list[tuple]], list] | None = None) -> tuple[Ledger, list[Fault]]:
    """Return the ledger of a run folder and what is wrong with its sentences.

    Parameters
    ----------
    again
        Whether texts are made again from their tables: only the version that made a run makes its words again.
    several
        Does (function, arguments, options) of each part of the work, side by side, and returns what they gave; an exception for one
        that could not be done.

    Raises
    ------
    DataError
        When a text file or a table beside it cannot be read.
    """
    files = text_files(run)
    if several and len(files) >= SIDE_BY_SIDE_FROM:
        parts = several([(bind_files, (run, codelists, files[k::PARTS]), {"again": again}) for k in range(PARTS)])
        parts = [bind_files(run, codelists, files[k::PARTS], again=again) if isinstance(part, Exception) else part for k, part in enumerate(parts)]
    else:
        parts = [bind_files(run, codelists, files, again=again)]
    sentences, claims, faults = (sorted((row for part in parts for row in part[k]), key=itemgetter(0)) for k in range(3))
    return Ledger(pd.DataFrame(sentences, columns=SENTENCE_COLUMNS), pd.DataFrame(claims, columns=CLAIM_COLUMNS)), [Fault(*fault) for fault in faults]


def bind_files(run, codelists, files: list[Path], *, again: bool = True) -> tuple[list[tuple], list[tuple], list[tuple]]:
    """Return sentences, claims and faults of some text files of a run, as rows that begin with the file."""
    sentences, claims, faults = [], [], []
    areas, facts = _areas(codelists), _facts(Path(run))
    for path in files:
        file, texts = path.relative_to(run).as_posix(), read_texts(path)
        made = _again(path, file, codelists, faults) if again else None
        other = {} if made is None else unlike(texts, made)
        faults += [Fault(file, f"{lang} {sentence}", now, f"{then or 'no such sentence'}, as the tables say") for (lang, sentence), (now, then) in other.items()]
        if file.startswith("provinces/"):
            part = _bind_evaluation(path, file, texts, codelists)
        else:
            part = _bind_values(path, file, texts, codelists, facts, loose=set(other) if made is not None else None)
        sentences += part[0]
        claims += part[1]
        faults += part[2]
        faults += [f for row in part[0] for f in _place_faults(row, part[3] | {area_of(file)}, areas)]
    return sentences, claims, [astuple(fault) for fault in faults]


def _again(path: Path, file: str, codelists, faults: list[Fault]) -> dict | None:
    """The text of a file made again; None where nothing makes it, or its maker fails, which is told in `faults` and is no fault of the text."""
    try:
        return remake(path.parent, area_of(file), codelists)
    except DataError:
        raise
    except Exception as error:
        faults.append(Fault(file, "", "", f"tables that make the text again ({type(error).__name__}: {error})", AS_TOLD))
        return None


def unlike(texts: dict, made: dict) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (language, place) of each sentence that its tables do not make again, with the first words that differ: (as told, as made)."""
    made = json.loads(json.dumps(made, ensure_ascii=False))
    told, again = ({(lang, place): text for lang in LANGUAGES for place, text in leaves(held.get(lang, {}))} for held in (texts, made))
    return {key: first_difference(told.get(key, ""), again.get(key, "")) for key in sorted(told.keys() | again.keys()) if told.get(key) != again.get(key)}


def first_difference(now: str, then: str) -> tuple[str, str]:
    """Return the first words that two texts do not share: (now, then)."""
    for left, right in zip(now.split(), then.split(), strict=False):
        if left != right:
            return left, right
    return (now[len(then):] or now)[:60], (then[len(now):] or then)[:60]


def _facts(run: Path) -> pd.DataFrame:
    """What every text of a run may say of the run itself: its quarter, and the years of which there are values."""
    try:
        record = json.loads((run / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{run}/record.json: cannot be read ({error}). Give the folder of a run.") from error
    path = run / "national" / "observations.parquet"
    years = set(pd.read_parquet(path, columns=["TIME_PERIOD"])["TIME_PERIOD"].astype(str).str[:4].unique()) if path.is_file() else set()
    told = [str(record.get("quarter") or ""), str(record.get("report_year") or ""), *sorted(years - {""})]
    return pd.DataFrame({"told": [t for t in told if t]}, dtype="str")


def _place_faults(row: tuple, allowed: set[str], areas) -> list[Fault]:
    file, sentence, area, lang, text = row
    if not area:
        return []
    named = places_in(text, areas, lang)
    wanted = next((n for code, *names in areas for n in names if code == area), area)
    return [Fault(file, f"{lang} {sentence}", name, f"the province of the result, {wanted} ({area})") for code, name in named.items() if code not in allowed]


def _bind_evaluation(path: Path, file: str, texts: dict, codelists) -> tuple[list, list, list, set]:
    """Sentences, claims and faults of a province's evaluation, each sentence against the row of its result; and the other provinces it may name: none."""
    area = area_of(file)
    table = read_table(path.parent / "evaluation.parquet")
    rows = {row["result_id"]: row_of(row) for row in records(table)}
    head = headline_row(table)
    sentences, claims, faults = [], [], []
    for lang in LANGUAGES:
        known = texts.get(lang, {})
        faults += [Fault(file, f"{lang} {missing}", "", "a sentence for each result of the table") for missing in rows.keys() - known.keys()]
        for sentence, text in sorted(known.items()):
            row = head if sentence == "headline" else rows.get(sentence)
            if row is None:
                faults.append(Fault(file, f"{lang} {sentence}", sentence, "a result id of evaluation.parquet"))
                continue
            said = masked(text, codelists, lang)
            patterns = HEADLINE_SLOTS if sentence == "headline" else TREND_SLOTS if row["SERIES"] else GOAL_SLOTS
            own, loose = bind(said, row, patterns[lang], lang)
            if sentence == "headline":
                more, loose = _empty_goals(said, row, loose, lang)
                own += more
            elif not row["SERIES"]:
                more = [Claim(t.at, t.text, "indicator", "name", t.text, t.text) for t in loose if _is_code(said, t)]
                own, loose = own + more, [t for t in loose if not _is_code(said, t)]
            faults += _number_faults(file, f"{lang} {sentence}", own, loose)
            if sentence != "headline":
                faults += _word_faults(file, f"{lang} {sentence}", said, row, {c.column for c in own}, lang)
            sentences.append((file, sentence, area, lang, plain(text)))
            claims += [(file, sentence, area, lang, *_claim(c, "evaluation", "" if sentence == "headline" else sentence, row)) for c in own]
    return sentences, claims, faults, set()


def _claim(claim: Claim, table: str, row_id: str, row: dict) -> tuple:
    """One line of the ledger after where the sentence stands."""
    told = dict(zip(("centre", "low", "high"), row.get("told", ()), strict=False))
    column = told.get(claim.column, claim.column)
    if column.startswith("constant_"):
        table, row_id = "rules", ""
    return claim.at, claim.text, table, row_id, column, claim.form, str(claim.value)


def _is_code(text: str, token: Token) -> bool:
    """True for a number of an indicator or a target: 1.2.1, 11.5."""
    return bool(re.search(r"\(\d+\.[\da-z]+(?:\.\d+)?\)", text[max(0, token.at - 6):token.end + 6]))


def _empty_goals(text: str, row: dict, loose: list[Token], lang: str) -> tuple[list[Claim], list[Token]]:
    """The claims of the list of goals without data, and the numbers that are left."""
    match = EMPTY_GOALS[lang].search(text)
    if not match:
        return [], loose
    start, end = match.span(1)
    inside = [t for t in loose if start <= t.at and t.end <= end]
    wanted = [*map(str, row["empty_goals"]), *[""] * len(inside)]
    claims = [Claim(t.at, t.text, "empty_goals", "count", w, w) for t, w in zip(inside, wanted, strict=False)]
    return claims, [t for t in loose if t not in inside]


def _number_faults(file: str, sentence: str, claims: list[Claim], loose: list[Token]) -> list[Fault]:
    wrong = [Fault(file, sentence, c.text, f"{c.expected or 'no number'} ({c.column})") for c in claims if not c.holds]
    return wrong + [Fault(file, sentence, t.text, "a number bound to a cell of a table or to a rule") for t in loose]


def _word_faults(file: str, sentence: str, text: str, row: dict, columns: set[str], lang: str) -> list[Fault]:
    faults = [Fault(file, sentence, words, f"{wanted}, while the verdict is {row.get('verdict', '')}") for words, wanted in verdict_faults(text, row, lang)]
    faults += [Fault(file, sentence, words, "no word for a cause: no effect was detected here") for words in causal_words(text, lang)]
    return faults + [Fault(file, sentence, column, "the interval beside the estimate") for column in without_interval(columns, row)]


def _bind_values(path: Path, file: str, texts: dict, codelists, facts: pd.DataFrame, *, loose: set | None) -> tuple[list, list, list, set]:
    """Sentences, claims and faults of any other text file: each number against the tables that were written beside it; and the provinces that these name.

    `loose` are the sentences that their tables do not make again, None where none was made again: only in those is a number that no
    cell holds a fault.
    """
    area = area_of(file)
    tables = _tables(path.parent)
    cells, verdicts = read_cells(tables | {"run": facts}), _verdicts(tables)
    sentences, claims, faults = [], [], []
    for lang in LANGUAGES:
        for sentence, text in leaves(texts.get(lang, {})):
            said = masked(text, codelists, lang)
            claim = None
            for token in read_tokens(said):
                claim = bind_value(token, said, cells, lang, claim)
                if claim is None and (loose is None or (lang, sentence) in loose):
                    faults.append(Fault(file, f"{lang} {sentence}", token.text, BY_VALUE))
                elif claim is None:
                    claims.append((file, sentence, area, lang, token.at, token.text, "", "", "", "remade", token.text))
                else:
                    table, row, column = [*claim.column.split("|", 2), "", ""][:3] if "|" in claim.column else ("", "", claim.column)
                    claims.append((file, sentence, area, lang, claim.at, claim.text, table, row, column, claim.form, str(claim.value)))
            spoken_of = _spoken_of(sentence, text, texts[lang], verdicts, codelists, lang)
            faults += [Fault(file, f"{lang} {sentence}", words, wanted) for words, wanted in effect_faults(said, spoken_of, lang)]
            sentences.append((file, sentence, area, lang, plain(text)))
    return sentences, claims, faults, set(re.findall(r"\bTH-\d{2}\b", cells.texts))


def _verdicts(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    """The verdict on the programme's effect on each outcome, where the tables beside a text hold one."""
    held = next((tables[name] for name in ("effects", "effect", "overall") if name in tables and {"SERIES", "verdict"} <= set(tables[name].columns)), None)
    return {} if held is None else dict(zip(held["SERIES"], held["verdict"], strict=True))


def _spoken_of(sentence: str, text: str, held: dict, verdicts: dict[str, str], codelists, lang: str) -> set[str]:
    """The verdicts on the outcomes that a sentence speaks of: on its own, by where it stands or by the name that it begins with; else on all."""
    at = re.match(r"outcomes/(\d+)/", sentence)
    own = [held["outcomes"][int(at[1])].get("series", "")] if at else [code for code in verdicts if text.startswith(f"{codelists.series_name(code, lang)}:")]
    return {verdicts[code] for code in own if code in verdicts} or set(verdicts.values())


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a folder by name."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        parquet = path.with_suffix(".parquet")
        try:
            found[path.stem] = read_table(parquet) if parquet.is_file() else pd.read_csv(path, low_memory=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be read ({error}). Run `sdg-eval evaluate` again.") from error
    return found

"""What advisers say of a run: challenges of single findings, verdicts by role, dissent; and what follows for its release.

A review is one small YAML file in `reviews/`, kept under version control like the codelists. It names a role and never a
person, and the content hash of the run it speaks of, so that the next report can say whether it still speaks of the same
numbers. Files are data: they are read as plain values, and anything else in them is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd

from sdg_eval.errors import DataError, UsageError
from sdg_eval.intake.personal import KINDS as PERSONAL
from sdg_eval.intake.personal import find_personal
from sdg_eval.store import write_atomic

FOLDER_VARIABLE = "SDG_EVAL_REVIEWS"
"""Environment variable that names another folder of reviews."""
HASHED = ("trends", "progress")
"""Tables whose bytes name a run: what every finding rests on."""
KINDS = ("challenge", "verdict", "release")
VERDICTS = {
    "challenge": ("stands", "turns"),
    "verdict": ("accepted", "accepted_with_reservations", "rejected"),
    "release": ("released",),
}
"""What each kind may say: a challenged finding stands or turns under the choices that were tried."""
STATUSES = ("draft", "reviewed", "released")
LONGEST = 2000
"""Letters of a reason: a page would not hold more."""
BYTES = 20_000
"""Largest file that is read: a review is a few lines."""
WORDS = {
    "draft": ("ฉบับร่าง", "draft"), "reviewed": ("ผ่านการทบทวนแล้ว", "reviewed"), "released": ("เผยแพร่แล้ว", "released"), "challenge": ("ข้อท้าทาย", "challenge"), "verdict": ("ความเห็น", "verdict"),
    "release": ("การเผยแพร่", "release"), "stands": ("ข้อค้นพบยังคงเดิม", "the finding stands"), "turns": ("ข้อค้นพบเปลี่ยน", "the finding turns"), "accepted": ("รับรอง", "accepted"),
    "accepted_with_reservations": ("รับรองโดยมีข้อสังเกต", "accepted with reservations"), "rejected": ("ไม่รับรอง", "rejected"),
}  # fmt: skip
_FORMS = {"run": r"[\w.-]{0,80}", "run_hash": r"[0-9a-f]{64}", "role": r"[a-z_]{1,40}", "REF_AREA": r"(TH-\d\d)?", "SERIES": r"[A-Z0-9_]{0,60}", "FREQ": r"[AQM]?", "question": r"(trend|progress)?", "date": r"\d{4}-\d\d-\d\d"}
_TRIED = {"specification": r"[\w.+-]{1,40}", "official": r"[a-z_]{0,40}", "found": r"[a-z_]{0,40}"}
"""Form of the texts in the lists of a challenge: choices and verdicts are words of ours or numbers, never free text."""


@dataclass(frozen=True)
class Review:
    """One review. `specification` holds the choices that were tried; `official` and `found` what they gave; a share is of 0..1."""

    kind: str
    role: str
    run_hash: str
    verdict: str
    reason: str
    date: str
    run: str = ""
    dissent: str = ""
    REF_AREA: str = ""
    SERIES: str = ""
    FREQ: str = ""
    question: str = ""
    specification: dict = field(default_factory=dict)
    official: dict = field(default_factory=dict)
    found: dict = field(default_factory=dict)
    share_holds: float | None = None
    n_specifications: int | None = None


def content_hash(tables: dict[str, bytes]) -> str:
    """Return sha256 over names and bytes of tables, in the order of their names.

    Examples
    --------
    >>> content_hash({"b": b"2", "a": b"1"}) == content_hash({"a": b"1", "b": b"2"})
    True
    """
    lines = [f"{hashlib.sha256(tables[name]).hexdigest()}  {name}\n" for name in sorted(tables)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def run_hash(folder) -> str:
    """Return the content hash of the run in `folder`, as `Desk.run_hash` has it. Raises DataError for no run."""
    try:
        return content_hash({name: (Path(folder) / "national" / f"{name}.parquet").read_bytes() for name in HASHED})
    except OSError as error:
        raise DataError(f"{error.filename}: the run is not complete ({error.strerror}). Run `sdg-eval evaluate` again.") from error


def default_folder() -> Path:
    """Folder of the reviews: SDG_EVAL_REVIEWS if set, else reviews/ beside the package."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(__file__).parents[1] / "reviews"


def validate_review(review: Review, roles: pd.DataFrame, *, where: str = "review") -> Review:
    """Return the review unchanged, or raise DataError naming the place, the field and the remedy.

    Refused are an unknown kind, role or verdict, a release by a role that may not, an empty reason, and personal data in any
    text; the data themselves are never repeated.
    """
    if review.kind not in KINDS:
        raise DataError(f"{where}, kind: {review.kind!r} is not one of {', '.join(KINDS)}.")
    if review.verdict not in VERDICTS[review.kind]:
        raise DataError(f"{where}, verdict: {review.verdict!r}; a {review.kind} says one of {', '.join(VERDICTS[review.kind])}.")
    for name, form in _FORMS.items():
        if not re.fullmatch(form, str(getattr(review, name)), re.ASCII):
            raise DataError(f"{where}, {name}: {str(getattr(review, name))[:40]!r} must have the form {form}.")
    try:
        dt.date.fromisoformat(review.date)
    except ValueError:
        raise DataError(f"{where}, date: {review.date!r} is no day. Write it as 2026-11-26.") from None
    known = roles.set_index("role")
    if review.role not in known.index:
        raise DataError(f"{where}, role: {review.role!r} is no role of review_roles.csv. Known are {', '.join(known.index)}. Write a role, never a name.")
    if review.kind == "release" and known.at[review.role, "may_release"] != "1":
        able = ", ".join(known.index[known["may_release"] == "1"])
        raise DataError(f"{where}, role: {review.role} cannot release a run. Able are: {able}.")
    if not review.reason.strip():
        raise DataError(f"{where}, reason: it is empty. Say in a sentence why.")
    if review.kind == "challenge" and not (review.REF_AREA and review.SERIES and review.question):
        raise DataError(f"{where}: a challenge names REF_AREA, SERIES and question. Write the three.")
    for name, form in _TRIED.items():
        for key, value in getattr(review, name).items():
            plain = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) or (isinstance(value, str) and re.fullmatch(form, value, re.ASCII))
            if not (isinstance(key, str) and re.fullmatch(r"[a-z_]{1,20}", key) and plain):
                raise DataError(f"{where}, {name}: it holds something that is no choice, verdict or number. Write the challenge again in the workbench.")
    if review.share_holds is not None and not 0 <= review.share_holds <= 1:
        raise DataError(f"{where}, share_holds: {review.share_holds} is no share. It lies between 0 and 1.")
    for name in ("reason", "dissent"):
        text = getattr(review, name)
        if len(text) > LONGEST:
            raise DataError(f"{where}, {name}: {len(text):,} letters; at most {LONGEST:,}. Put the rest into a document and name it.")
        if kinds := find_personal(text):
            raise DataError(f"{where}, {name}: it holds personal data ({', '.join(PERSONAL[k][1] for k in kinds)}). A review names roles only: take it out.")
    return review


def challenge(desk, series: str, area: str, question: str, specification: dict, *, role: str, reason: str, dissent: str = "", freq: str = "", date: str = "") -> Review:
    """Return a challenge of one finding: what the chosen specification says, beside the official one and all the others.

    Raises UsageError for a specification that cannot be run, DataError for a role or reason that is refused.
    """
    from sdg_eval.explore import multiverse, official, run_specifications

    base = official(question)
    ran = run_specifications(desk, series, area, question, [base, base | specification], freq=freq)
    every = multiverse(desk, series, area, freq=freq, questions=[question])
    numbers = ["verdict", "estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "probability", "n_obs"]
    told = [{name: _plain(row[name]) for name in numbers} for row in ran.to_dict("records")]
    review = Review(
        "challenge", role, desk.run_hash, "stands" if ran["holds"].iloc[1] else "turns", reason.strip(), date or dt.date.today().isoformat(), desk.run, dissent.strip(),
        area, series, every.FREQ, question, {k: v for k, v in (base | specification).items() if v != base[k]}, *told,
        share_holds=_plain(every.share(question)), n_specifications=len(every.table),
    )  # fmt: skip
    return validate_review(review, desk.codelists.review_roles)


def verdict(desk, verdict: str, *, role: str, reason: str, dissent: str = "", date: str = "") -> Review:
    """Return a verdict of a role on a whole run (accepted, accepted_with_reservations, rejected), or its release (released)."""
    kind = "release" if verdict in VERDICTS["release"] else "verdict"
    review = Review(kind, role, desk.run_hash, verdict, reason.strip(), date or dt.date.today().isoformat(), desk.run, dissent.strip())
    return validate_review(review, desk.codelists.review_roles)


def _plain(value):
    """A verdict, or a number that YAML holds: ten digits, None for none."""
    if isinstance(value, str) or value is None:
        return value
    return None if value != value else float(f"{float(value):.10g}") if isinstance(value, float) else int(value)


def write_review(review: Review, folder=None) -> Path:
    """Write a review as YAML and return its path; its name is made of codes, and no file is ever overwritten."""
    import yaml

    folder = default_folder() if folder is None else Path(folder)
    parts = [review.run_hash[:12], review.kind, review.role, review.REF_AREA, review.SERIES, review.question]
    stem = "-".join(filter(None, parts))
    held = {k: v for k, v in asdict(review).items() if v not in ("", None, {})}
    text, number = yaml.safe_dump(held, allow_unicode=True, sort_keys=False, width=100).encode(), 1
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        path = folder / f"{stem}-{number:02d}.yml"
        try:
            path.touch(exist_ok=False)  # takes the name, also from an adviser who writes at the same moment
        except FileExistsError:
            number += 1
            continue
        write_atomic(path, text)
        return path


def read_reviews(folder, roles: pd.DataFrame) -> list[Review]:
    """Return the reviews of a folder, in the order of date and name; [] where there is no folder.

    Raises
    ------
    DataError
        For a file that is no review: too large, no plain YAML, an unknown or missing field, or what `validate_review` refuses.
    """
    paths = [path for path in sorted(Path(folder).glob("*.yml")) if path.stat().st_size]  # an empty one is being written
    found = [(review.date, path.name, review) for path in paths for review in [_read(path, roles)]]
    return [review for _, _, review in sorted(found, key=lambda f: f[:2])]


def _read(path: Path, roles: pd.DataFrame) -> Review:
    import yaml

    if path.stat().st_size > BYTES:
        raise DataError(f"{path.name}: larger than {BYTES:,} bytes. A review is a few lines; put the rest elsewhere.")
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))  # safe: tags that make objects are refused
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path.name}: no plain YAML ({str(error).splitlines()[0]}). Correct it, or write the review again in the workbench.") from error
    if not isinstance(held, dict):
        raise DataError(f"{path.name}: a review is a list of fields with their values. Write it again in the workbench.")
    names = {f.name for f in fields(Review)}
    if unknown := sorted(str(k) for k in held if k not in names):
        raise DataError(f"{path.name}: unknown field(s) {', '.join(unknown)}. Known are {', '.join(sorted(names))}.")
    if missing := [n for n in ("kind", "role", "run_hash", "verdict", "reason", "date") if n not in held]:
        raise DataError(f"{path.name}: the field(s) {', '.join(missing)} are missing.")
    for name in names & set(held):
        wanted = dict if name in ("specification", "official", "found") else (int, float) if name in ("share_holds", "n_specifications") else str
        if name == "date":
            held[name] = str(held[name])
        if not isinstance(held[name], wanted):
            raise DataError(f"{path.name}, {name}: {type(held[name]).__name__} was found where a text, a number or a list of fields belongs.")
    return validate_review(Review(**held), roles, where=path.name)


# ---------------------------------------------------------------- the gate


@dataclass(frozen=True)
class Gate:
    """What the reviews mean for one run.

    status
        `draft` until every required role has given a verdict on this run's content; `reviewed` when they all accepted it (with or
        without reservations); `released` when a role that may do so released it afterwards.
    table
        One row per role: role, verdict ('' none yet), date, reason, dissent, required.
    waiting
        Required roles without a verdict on these numbers.
    """

    status: str
    table: pd.DataFrame
    waiting: list[str]
    challenges: list[Review]
    earlier: list[Review]  # of other numbers: challenges that the next report must still answer
    share_turned: float  # of the challenges of this run; NaN for none
    agreement: float  # share of pairs of roles that say the same; NaN under two


def judge_run(reviews: list[Review], run_hash: str, roles: pd.DataFrame) -> Gate:
    """Return the gate of a run: the latest verdict of each role counts, and none of other numbers does.

    Examples
    --------
    >>> roles = pd.DataFrame({"role": ["adviser"], "required": ["1"], "may_release": ["0"]})
    >>> judge_run([], "0" * 64, roles).status
    'draft'
    """
    own = [r for r in reviews if r.run_hash == run_hash]
    latest = {r.role: r for r in own if r.kind == "verdict"}
    rows = [
        {"role": role["role"], "required": role["required"] == "1"} | ({k: getattr(latest[role["role"]], k) for k in ("verdict", "date", "reason", "dissent")} if role["role"] in latest else dict.fromkeys(("verdict", "date", "reason", "dissent"), ""))
        for role in roles.to_dict("records")
    ]
    table = pd.DataFrame(rows, columns=["role", "required", "verdict", "date", "reason", "dissent"])
    waiting = list(table.loc[table["required"] & (table["verdict"] == ""), "role"])
    rejected = (table["verdict"] == "rejected").any()
    released = any(r.kind == "release" and all(r.date >= v.date for v in latest.values()) for r in own)
    status = "draft" if waiting or rejected else "released" if released else "reviewed"
    challenges = [r for r in own if r.kind == "challenge"]
    said = list(table.loc[table["verdict"] != "", "verdict"])
    pairs = [(a == b) for i, a in enumerate(said) for b in said[i + 1 :]]
    return Gate(
        status, table, waiting, challenges, [r for r in reviews if r.run_hash != run_hash and r.kind == "challenge"],
        sum(r.verdict == "turns" for r in challenges) / len(challenges) if challenges else float("nan"), sum(pairs) / len(pairs) if pairs else float("nan"),
    )  # fmt: skip


def word(code: str, lang: str) -> str:
    """Return a status, kind or verdict of a review in words.

    Examples
    --------
    >>> word("released", "th")
    'เผยแพร่แล้ว'
    """
    if code not in WORDS:
        raise UsageError(f"{code!r} is no word of a review.")
    return WORDS[code][0 if lang == "th" else 1]

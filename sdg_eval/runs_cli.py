"""`sdg-eval runs`: what was run, what became of it, why something failed, and how to go on."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sdg_eval.errors import DataError, UsageError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="What was run: list, show, why, resume, compare, claims, log.",
)

Out = Annotated[Path, typer.Option("--out", help="Folder of reports.")]
Name = Annotated[str, typer.Argument(metavar="RUN", help="Name of the run, its folder, or latest.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for other programs.")]

STATE_COLOUR = {
    "complete": "green", "done": "green", "kept": "green", "suppressed": "yellow", "interrupted": "yellow", "running": "cyan",
    "incomplete": "red", "failed": "red", "refused": "red", "unaccounted": "red",
}  # fmt: skip


def state_of(run, running: bool = False) -> str:
    """Return what is to be said of a run in one word: complete, incomplete, interrupted, running."""
    if not run.ended:
        return "running" if running else "interrupted"
    return "complete" if run.is_complete else "incomplete"


def run_line(run, running: bool = False) -> dict:
    """Return a run as one line of the list."""
    from sdg_eval.batch.history import when

    record, counts = run.record, run.totals
    table = run.table
    hashes = table["data_hash"] if "data_hash" in table else []
    return {
        "run": run.name, "state": state_of(run, running), "when": when(run), "provinces": len(run.provinces),
        "planned": counts["planned"], **{s: counts[s] for s in COUNTED}, "quarter": record.get("quarter", ""),
        "as_of": record.get("as_of") or "", "data_hash": record.get("data_hash") or next(iter(hashes), ""), "complete": run.is_complete,
    }  # fmt: skip


COUNTED = ("done", "kept", "failed", "refused", "suppressed", "interrupted", "unaccounted")


@app.command("list")
def list_command(out: Out = Path("reports"), as_json: Json = False) -> None:
    """List the runs of a reports folder, newest first."""
    from sdg_eval.batch.history import is_running, list_runs

    lines = [run_line(run, not run.ended and is_running(run.folder)) for run in list_runs(out)]
    if as_json:
        return typer.echo(_json(lines))
    if not lines:
        return typer.echo(f"No runs in {out}.")
    shown = [c for c in COUNTED if any(line[c] for line in lines)]
    columns = ["run", "state", "when", "provinces", "planned", *shown, "quarter", "data"]
    _table(columns, [[*(line[c] for c in columns[:-1]), line["data_hash"][:12]] for line in lines], colour=1)


@app.command()
def claims(run: Name, out: Out = Path("reports"), as_json: Json = False) -> None:
    """Check every number and verdict in the prose of a run against its tables: texts, pages, notebooks; and that no page or document was changed since."""
    from sdg_eval.batch.history import find_run
    from sdg_eval.batch.keys import code_hash
    from sdg_eval.batch.results import changed_prints
    from sdg_eval.claims.check import check_run
    from sdg_eval.claims.ledger import BY_VALUE
    from sdg_eval.codelists import read_codelists
    from sdg_eval.publish.documents.workbook_proof import check_workbooks

    found, codelists = find_run(out, run), read_codelists()
    folder, again = found.folder, found.record.get("code_hash") == code_hash(codelists)
    faults = check_run(folder, codelists, again=again) + check_workbooks(folder) + changed_prints(folder)
    if as_json:
        typer.echo(_json([asdict(fault) for fault in faults]))
    else:
        for fault in faults:
            typer.echo(str(fault))
    wrong = [fault for fault in faults if fault.expected != BY_VALUE]  # a page that was changed since is told here as an error too
    if wrong:
        raise DataError(f"{folder}: {len(wrong)} claims are not those of the tables. Do not hand out this run; run it again.")
    if not as_json:
        loose = f"; {len(faults)} could not be followed to a table, and nothing is known to be wrong with them" if faults else ""
        loose += "" if again else ". Another version made the run: its texts were held against its ledger, and not made again from the tables"
        typer.echo(f"{folder}: all numbers of the prose are those of the tables{loose}.")


@app.command()
def show(run: Name, out: Out = Path("reports"), as_json: Json = False) -> None:
    """Show a run per province and notebook; its totals must agree with the plan."""
    from sdg_eval.batch.history import find_run, is_running
    from sdg_eval.batch.results import ANCHOR
    from sdg_eval.run_table import reconcile

    found = find_run(out, run)
    by_area = reconcile(found.planned, found.table)
    line = run_line(found, not found.ended and is_running(found.folder))
    anchor = _read_json(found.folder / ANCHOR)
    about = {
        k: found.record.get(k) or ""
        for k in (
            "version",
            "report_year",
            "code_hash",
            "commit",
            "lock_hash",
            "packages_hash",
            "python",
            "started",
        )
    }
    about |= {
        "results": anchor.get("results", ""),
        "log_entry": anchor.get("number", ""),
        "command": " ".join(["sdg-eval", *found.record.get("command", [])]),
    }
    if as_json:
        typer.echo(
            _json(
                {
                    **line,
                    **about,
                    "totals": found.totals,
                    "areas": by_area.to_dict("records"),
                    "runs": found.table.to_dict("records"),
                }
            )
        )
    else:
        shown = {key: line[key] for key in ("run", "state", "when", "quarter", "as_of", "data_hash")} | about
        for key, value in shown.items():
            if value:
                typer.echo(f"{key.replace('_', ' '):<14}{value}")
        _show_matrix(found, by_area)
    if not found.totals["agrees"]:
        raise DataError(
            f"{found.folder}: what became of the runs does not add up to what was planned (see the row marked ≠). Do not use this run; run it again."
        )


def _show_matrix(run, by_area) -> None:
    """One row per province, one column per notebook, then the sums; national notebooks below."""
    statuses = {(r["notebook"], r["REF_AREA"]): r["status"] for r in run.table.to_dict("records")}
    own = list(dict.fromkeys(run.planned.loc[run.planned["REF_AREA"] != "", "notebook"]))
    counted = [c for c in COUNTED if by_area[c].any()]
    rows = []
    for row in by_area[by_area["REF_AREA"] != ""].to_dict("records"):
        planned = set(run.planned.loc[run.planned["REF_AREA"] == row["REF_AREA"], "notebook"])
        cells = [
            statuses.get((name, row["REF_AREA"]), "unaccounted") if name in planned else "–" for name in own
        ]
        rows.append(
            [
                row["REF_AREA"],
                *cells,
                row["planned"],
                *(row[c] for c in counted),
                "=" if row["agrees"] else "≠",
            ]
        )
    if rows:
        typer.echo("")
        _table(["province", *own, "planned", *counted, ""], rows)
    national = run.planned[run.planned["REF_AREA"] == ""]
    if len(national):
        typer.echo("")
        _table(
            ["all provinces", "status"],
            [[n, statuses.get((n, ""), "unaccounted")] for n in national["notebook"]],
            colour=1,
        )
    counts = run.totals
    told = " + ".join(f"{counts[c]} {c}" for c in COUNTED[:-1])
    typer.echo(f"\n{counts['planned']} planned {'=' if counts['agrees'] else '≠'} {told}")


@app.command()
def why(
    run: Name,
    area: Annotated[str, typer.Argument(help="Province, as TH-50. Default: all.")] = "",
    out: Out = Path("reports"),
    as_json: Json = False,
) -> None:
    """Say why runs are not done: notebook, cell, error, the kernel's log, and what to do next."""
    from sdg_eval.batch.history import explain_failures, find_run
    from sdg_eval.codelists import read_codelists

    found = find_run(out, run)
    failures = explain_failures(found, (read_codelists().find_area(area) or area) if area else "")
    if as_json:
        return typer.echo(_json([asdict(f) | {"folder": str(f.folder)} for f in failures]))
    if not failures:
        return typer.echo(
            f"{found.name}{f', {area}' if area else ''}: nothing to explain, every run is done, kept or suppressed."
        )
    for failure in failures:
        _tell_failure(failure)
    return None


def _tell_failure(failure) -> None:
    typer.echo(f"{failure.area or 'all provinces'} · {failure.notebook}: {failure.status}")
    if failure.error:
        typer.echo(f"  {failure.error}")
    if failure.source:
        where = f"cell {failure.cell}"
        typer.echo(f"  {where}" + (f", under “{failure.heading}”:" if failure.heading else ":"))
        typer.echo(_indented(failure.source))
    if failure.trace:
        typer.echo("  the kernel said:")
        typer.echo(_indented("\n".join(failure.trace.splitlines()[-12:])))
    if failure.log:
        typer.echo(f"  last lines of {failure.folder / 'kernel.log'}:")
        typer.echo(_indented(failure.log))
    typer.echo(f"  → {failure.next_th}\n  → {failure.next_en}\n")


@app.command()
def resume(
    run: Name,
    out: Out = Path("reports"),
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Provinces at a time. Default: as before.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Run everything anew, also what is done.")] = False,
) -> None:
    """Give a run's command again: only what is not done, or rests on data that changed, is executed."""
    from sdg_eval.batch import evaluate_provinces
    from sdg_eval.batch.audit import read_command
    from sdg_eval.batch.history import find_run

    found = find_run(out, run)
    if found.folder.resolve().parent != Path(out).resolve():
        raise UsageError(f"{run}: lies outside {out}. Give --out {found.folder.resolve().parent}.")
    call = read_command(out, found.name)
    before = found.record.get("data_hash")
    evaluate_provinces(**call | {"jobs": jobs or call.get("jobs"), "again": again}, out=out, say=typer.echo)
    if before and before != find_run(out, found.name).record.get("data_hash"):
        typer.echo("The data changed since the run began: what rests on them was made again.")


@app.command()
def compare(first: Name, second: Name, out: Out = Path("reports"), as_json: Json = False) -> None:
    """Say whether two runs have the same tables and figures, byte for byte."""
    from sdg_eval.batch.history import find_run
    from sdg_eval.batch.results import compare_results

    runs = [find_run(out, text) for text in (first, second)]
    found = compare_results(*(run.folder for run in runs))
    if as_json:
        typer.echo(_json(asdict(found) | {"equal": found.is_equal}))
    elif found.is_equal:
        typer.echo(f"Equal: {found.n_same} tables and figures, sha256 {found.hashes[0]}")
    if found.is_equal:
        return
    if not as_json:
        for word, names in (
            ("differs", found.different),
            (f"only in {runs[0].name}", found.only_first),
            (f"only in {runs[1].name}", found.only_second),
        ):
            for name in names:
                typer.echo(f"{word}: {name}")
    told = [
        f"{key.replace('_', ' ')} {a[:12]} and {b[:12]}"
        for key in ("data_hash", "code_hash", "packages_hash", "as_of", "version")
        if (a := str(runs[0].record.get(key) or "")) != (b := str(runs[1].record.get(key) or ""))
    ]
    reason = f" Made with other {', '.join(told)}." if told else ""
    n_other = len(found.different) + len(found.only_first) + len(found.only_second)
    raise DataError(
        f"{runs[0].name} and {runs[1].name} are not equal: {found.n_same} files are the same, {n_other} are not.{reason}"
    )


@app.command()
def log(out: Out = Path("reports"), as_json: Json = False) -> None:
    """Show the log of runs: who, what, when, with which version, from which data to which results."""
    from sdg_eval.batch.audit import read_log

    entries = read_log(out)
    if as_json:
        return typer.echo(_json(entries))
    if not entries:
        return typer.echo(f"No log of runs in {out}.")
    rows = [
        [
            e["number"], e.get("time", ""), e["kind"], e["run"], e["who"].get("role", "") if isinstance(e["who"], dict) else e["who"],
            e.get("status", ""), e.get("version", ""), e.get("data_hash", "")[:12], e.get("results", "")[:12], e["sha256"][:12],
        ]
        for e in entries
    ]  # fmt: skip
    return _table(
        ["no.", "time", "entry", "run", "who", "status", "version", "data", "results", "sha256"], rows
    )


def _table(columns: list[str], rows: list[list], *, colour: int = -1) -> None:
    """Write a table: by rich on a terminal, as aligned text elsewhere. `colour` is the column of the status; -1: every status."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        for name, values in zip(columns, zip(*rows, strict=True), strict=True):
            table.add_column(
                name, justify="right" if all(isinstance(v, int) for v in values) else "left", overflow="fold"
            )
        for row in texts:
            table.add_row(
                *(
                    Text(c, style=STATE_COLOUR.get(c, "") if colour in (-1, i) else "")
                    for i, c in enumerate(row)
                )
            )
        Console().print(table)
        return
    widths = [max(len(r[i]) for r in [columns, *texts]) for i in range(len(columns))]
    for row in [columns, *texts]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.rstrip().splitlines())


def _json(value) -> str:
    def plain(part):
        if isinstance(part, float) and part != part:
            return None
        if isinstance(part, dict):
            return {k: plain(v) for k, v in part.items()}
        return [plain(v) for v in part] if isinstance(part, list | tuple) else part

    return json.dumps(plain(value), ensure_ascii=False, indent=1, default=lambda v: v.item())


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}

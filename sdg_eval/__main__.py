"""The command line: `sdg-eval import | intake | template | trace | verify | … | evaluate | publish | runs`.

Exit codes: 0 done, 2 usage, 3 data refused, 4 some runs failed, 5 interrupted, 6 another run holds
the lock, 7 cannot write. Heavy libraries are imported inside the commands, so help is instant.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sdg_eval import __version__, runs_cli
from sdg_eval.batch import ONE_THREAD
from sdg_eval.errors import INTERRUPTED, SdgEvalError

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample" / "observations.csv"
TYPER_INTERRUPTED = 130
"""What typer gives back in place of the KeyboardInterrupt that it caught."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Evaluate SDG indicator trends of Thai provinces.",
)  # fmt: skip

Store = Annotated[Path, typer.Option("--store", help="Folder of the observation store.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


@app.command("import")
def import_command(
    paths: Annotated[list[Path], typer.Argument(help="Official files, or folders of downloads.")],
    store: Store = Path("data/store"),
) -> None:
    """Take official files into the store; says file by file what came in and what did not."""
    from sdg_eval.ingest_cli import closing_line, import_files, raise_if_refused

    report = import_files(paths, store)
    for line in report.lines:
        typer.echo(line)
    typer.echo(closing_line(report, store))
    raise_if_refused(report)


def _taken_in(load, store: Path | None, dry_run: bool) -> tuple:
    """Return what `load` returns and where it went, told line by line; a refusal is told and ends with its exit code."""
    from sdg_eval.intake.refusal import Refusal
    from sdg_eval.intake_cli import refusal_lines

    try:
        report = load()
    except Refusal as refusal:
        for line in refusal_lines(refusal):
            typer.echo(line, err=True)
        raise typer.Exit(refusal.exit_code) from None
    for line in report.lines:
        typer.echo(line)
    return report, "nothing written (dry run)" if dry_run else f"added to {store}" if store else "read; give --store to keep them"


@app.command()
def intake(
    files: Annotated[list[Path], typer.Argument(help="Files that officers sent: xlsx, xls, csv.")],
    series: Annotated[str, typer.Option("--series", help="SERIES code of the figures, where the file does not say it.")] = "",
    indicator: Annotated[str, typer.Option("--indicator", help="Indicator code such as 1.2.1, where the file does not say it.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Unit, such as ร้อยละ.")] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="Read this sheet only.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Date of the figures, 2024-05-01.")] = "",
    allow_negative: Annotated[bool, typer.Option("--allow-negative", help="Figures may be below zero.")] = False,
    dash: Annotated[str, typer.Option("--dash", help="What a dash means: missing or zero.")] = "",
    quarters: Annotated[str, typer.Option("--quarters", help="Kind of the quarters: calendar or fiscal.")] = "",
    hidden: Annotated[str, typer.Option("--hidden", help="Hidden rows and columns: include or leave-out.")] = "",
    two_digit_years: Annotated[str, typer.Option("--two-digit-years", help="Era of years such as 66: BE or CE.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for observations.csv, or problems.json.")] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Where a refusal is written as a page in Thai, to send back.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to add to. Default: none, the files are only read.")] = None,
    each: Annotated[bool, typer.Option("--each", help="Every file for itself: good ones are taken in, the others refused.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Take in files that officers sent: exactly the right table, or every fault with its remedy and nothing stored."""
    from sdg_eval.intake import Declared
    from sdg_eval.intake_cli import intake_each, intake_files

    declared = Declared(
        series=series, indicator=indicator, unit=unit, sheet=sheet, as_of=as_of, allow_negative=allow_negative, dash=dash,
        quarters=quarters, hidden=hidden, two_digit_years=two_digit_years,
    )  # fmt: skip
    take = intake_each if each else intake_files
    report, where = _taken_in(lambda: take(files, declared=declared, store=store, out=out, page=page, dry_run=dry_run), store, dry_run)
    typer.echo(f"{report.n_new:,} values {where}" + (f"; {report.n_known:,} were there already" if report.n_known else ""))


@app.command()
def delivery(
    files: Annotated[list[Path], typer.Argument(help="Filled workbooks of delivery tables, or the ministry's KPI form.")],
    area: Annotated[str, typer.Option("--area", help="Province (TH for the whole country) of a form that does not say it.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the tables as CSV, or problems.json.")] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Where a refusal is written as a page in Thai, to send back.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store to add to. Default: none, the files are only read.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Take in workbooks of projects, money, plans, people and decisions: all of them, or every fault with its remedy."""
    from sdg_eval.delivery_forms.cli import load_workbooks

    report, where = _taken_in(lambda: load_workbooks(files, store=store, out=out, page=page, area=area, dry_run=dry_run), store, dry_run)
    typer.echo(f"{report.n_rows:,} rows {where}" + (f"; {report.n_known} workbooks were there already" if report.n_known else ""))


@app.command()
def said(
    run: Annotated[Path, typer.Argument(help="Folder of a run with quarterly reports, such as reports/2567Q2.")],
    store: Store = Path("data/store"),
) -> None:
    """Keep what a quarter's reports said, so that the next quarter's reports tell what was decided and done about it."""
    from sdg_eval.delivery_forms.cli import keep_said

    rows, reports = keep_said(run, store)
    typer.echo(f"{rows:,} findings of {reports} reports kept in {store}")


@app.command()
def template(
    province: Annotated[str, typer.Option("--province", "--area", help="Province, as TH-50; TH for a department.")],
    quarter: Annotated[str, typer.Option("--quarter", help="Thai fiscal quarter, as 2567Q2.")],
    set_name: Annotated[str, typer.Option("--set", help="Which tables: indicators, projects, money, plans, people, training, mechanism, decisions, practices, kpi, registers or all.")] = "indicators",
    series: Annotated[list[str], typer.Option("--series", help="SERIES code; repeat for more. Default: all that are reported.")] = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option("--out", help="Workbook to write.")] = None,
    store: Annotated[Path | None, typer.Option("--store", help="Store of the last known values.")] = None,
) -> None:
    """Write the workbook that a province fills in and sends back."""
    from sdg_eval.codelists import read_codelists
    from sdg_eval.intake.template import SETS, write_template
    from sdg_eval.store import read_latest

    codelists = read_codelists()
    path = out or Path("data/templates") / f"{codelists.find_area(province) or province}-{quarter.replace('/', '-')}-{set_name}.xlsx"
    if set_name in SETS:
        known = read_latest(store, areas=[codelists.find_area(province) or province]) if store else None
        write_template(path, codelists, area=province, quarter=quarter, series=series, known=known, set_name=set_name)
    else:
        from sdg_eval.delivery.tables import read_delivery
        from sdg_eval.delivery_forms.template import write_delivery_template

        stored = read_delivery(store) if store else None
        write_delivery_template(path, codelists, area=province, quarter=quarter, set_name=set_name, known=stored)
    typer.echo(f"Template written to {path}")


@app.command()
def trace(
    province: Annotated[str, typer.Argument(help="Province, as TH-50.")],
    series: Annotated[str, typer.Argument(help="SERIES code.")],
    period: Annotated[str, typer.Argument(help="Period, as 2023, 2566, 2023-Q1 or 2022-10-01/P1Y.")],
    store: Store = Path("data/store"),
) -> None:
    """Say which cell of which file a figure came from, and what was done with it."""
    from sdg_eval.codelists import read_codelists
    from sdg_eval.thai import to_ce
    from sdg_eval.trace import trace_lines, trace_value

    codelists = read_codelists()
    area = codelists.find_area(province) or str(codelists.area(province)["REF_AREA"])
    when = str(to_ce(int(period))) if period.isdecimal() and len(period) == 4 else period
    for line in trace_lines(trace_value(store, codelists, area, series, when), codelists):
        typer.echo(line)


@app.command()
def revisions(
    series: Annotated[str, typer.Argument(help="SERIES code.")],
    province: Annotated[str | None, typer.Option("--province", help="Province, as TH-50. Default: all.")] = None,
    store: Store = Path("data/store"),
) -> None:
    """Show every vintage of a series' values that changed."""
    from sdg_eval.store import revisions as revised

    table = revised(store, series, area=province)
    keys = ["REF_AREA", "SEX", "AGE", "URBANISATION", "FREQ", "TIME_PERIOD"]
    table = table[table.groupby(keys)["vintage"].transform("size") > 1]
    if table.empty:
        typer.echo("No value of this series was ever revised.")
    else:
        typer.echo(table[["REF_AREA", "TIME_PERIOD", "SEX", "vintage", "OBS_VALUE", "change", "source_file", "as_of"]].to_string(index=False))


@app.command()
def why(
    province: Annotated[str, typer.Argument(help="Province, as TH-50.")],
    since: Annotated[str, typer.Option("--since", help="Day of the earlier report, 2024-03-31.")],
    until: Annotated[str | None, typer.Option("--until", help="Day of the later report. Default: now.")] = None,
    report_year: Annotated[int | None, typer.Option("--report-year", help="Year (CE or BE) of the report. Default: this year.")] = None,
    store: Store = Path("data/store"),
) -> None:
    """Say why a province's figures changed between two days: new periods, revisions, gaps, basket, method."""
    from sdg_eval.batch.plan import parse_report_year
    from sdg_eval.changes import State, explain_province, say_change
    from sdg_eval.codelists import read_codelists
    from sdg_eval.store import read_as_of

    codelists, year = read_codelists(), parse_report_year(report_year)
    area = codelists.find_area(province) or str(codelists.area(province)["REF_AREA"])
    old, new = (State(read_as_of(store, day), codelists, year) for day in (since, until))
    rows = explain_province(old, new, area).to_dict("records")
    for row in rows:
        typer.echo(say_change(row, codelists, "th"))
        typer.echo("    " + say_change(row, codelists, "en"))
        if row["status_old"] != row["status_new"]:
            typer.echo(f"    {row['status_old']} → {row['status_new']}")
    if not rows:
        typer.echo(f"{area}: nothing changed between the two days.")


@app.command()
def verify(
    store: Annotated[Path | None, typer.Option("--store", help="Folder of the observation store. Default: data/store, without --out.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of reports: every file of every run against the log of runs.")] = None,
) -> None:
    """Read every byte of the store, or of the reports, and compare it with what was written down."""
    from sdg_eval.backup import verify as verify_store
    from sdg_eval.batch.audit import read_log, verify_runs
    from sdg_eval.ledger import read_entries

    if out is not None:
        _tell_faults(out, verify_runs(out))
        entries = read_log(out)
        ended = {e["run"]: e for e in entries if e["kind"] == "end" and (out / e["run"]).is_dir()}
        typer.echo(f"Sound: {len(entries)} entries, {len(ended)} runs, {sum(e['n_files'] for e in ended.values()):,} files.")
        if store is None:
            return
    store = store or Path("data/store")
    _tell_faults(store, verify_store(store))
    entries = read_entries(store)
    typer.echo(f"Sound: {len(entries)} loads, {sum(e['rows'] for e in entries):,} values, {sum(len(e['raw']) for e in entries)} raw files.")


def _tell_faults(place: Path, found: list) -> None:
    """Tell every fault and note. Raises DataError when there is a fault."""
    from sdg_eval.errors import DataError

    for fault in found:
        typer.echo(f"{fault.path}: {fault.what}\n    → {fault.remedy_th}\n    → {fault.remedy_en}")
    if any(fault.kind == "fault" for fault in found):
        raise DataError(f"{place}: is not what was written; see above.")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="New folder for the copy.")], store: Store = Path("data/store")
) -> None:
    """Copy the store, also while loads go on."""
    from sdg_eval.backup import backup as copy

    typer.echo(f"{copy(store, target)} loads copied to {target}")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="Folder that backup made.")], store: Store = Path("data/store")
) -> None:
    """Make a store of a backup, in a folder that is empty."""
    from sdg_eval.backup import restore as bring_back

    typer.echo(f"{bring_back(source, store)} loads restored to {store}")


@app.command()
def status(store: Store = Path("data/store")) -> None:
    """Say what is in the store: series, provinces, periods, vintages."""
    from sdg_eval.store import data_hash, read_vintages, store_status, stored_files

    table = read_vintages(store)
    typer.echo(store_status(table).to_string(index=False))
    typer.echo(f"{len(table):,} values in {len(stored_files(store))} files; data hash {data_hash(table)[:12]}")


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    series: Annotated[list[str], typer.Option("--series", help="SERIES code; repeat for more.")] = [],  # noqa: B006
    provinces: Annotated[str, typer.Option("--provinces", help="all, pilot, or codes such as TH-50,TH-10.")] = "all",
    store: Store = Path("data/store"),
    derived: Annotated[bool, typer.Option("--derived/--as-stored", help="With derived series (rates, shares).")] = False,
) -> None:
    """Write observations as SDMX-CSV."""
    from sdg_eval.batch.plan import parse_provinces
    from sdg_eval.codelists import read_codelists
    from sdg_eval.derive import with_derived
    from sdg_eval.store import read_observations, write_sdmx_csv
    from sdg_eval.suppression import suppress

    codelists = read_codelists()
    wanted = parse_provinces(provinces, codelists)
    for code in series:
        codelists.series_row(code)
    table = read_observations(store)
    table = suppress(with_derived(table, codelists) if derived else table, codelists)
    table = table[table["REF_AREA"].isin(wanted) & (table["SERIES"].isin(series) if series else True)]
    write_sdmx_csv(table, out)
    typer.echo(f"{len(table):,} observations written to {out}")


@app.command()
def sample(
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")] = SAMPLE,
) -> None:
    """Remake the synthetic sample."""
    from sdg_eval.codelists import read_codelists
    from sdg_eval.simulate import sample_csv
    from sdg_eval.store import write_atomic

    write_atomic(out, sample_csv(read_codelists()))
    typer.echo(f"Synthetic sample written to {out}")


@app.command()
def evaluate(
    provinces: Annotated[str, typer.Option("--provinces", help="pilot, all, or codes such as TH-50,TH-10.")] = "pilot",
    store: Annotated[Path | None, typer.Option("--store", help="Store to evaluate. Default: the synthetic sample.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for reports.")] = Path("reports"),
    run: Annotated[str | None, typer.Option("--run", help="Name of the run. Default: sample, or the store's name.")] = None,
    report_year: Annotated[int | None, typer.Option("--report-year", help="Year (CE or BE) the report speaks of. Default: this year.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Provinces at a time. Default: number of cores.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="Languages of the pages: th, en or th,en.")] = "th,en",
    parameter: Annotated[list[str], typer.Option("-p", help="Notebook parameter NAME=VALUE; repeat for more.")] = [],  # noqa: B006
    again: Annotated[bool, typer.Option("--force", "--again", help="Run everything anew, also what is done with the same data.")] = False,
    quarter: Annotated[str, typer.Option("--quarter", help="Thai fiscal quarter of the quarterly report, as 2567Q2. Default: the last with something done or paid.")] = "",
    notebook: Annotated[list[str], typer.Option("--notebook", help="Run this notebook only, such as 20_quarterly_report or 20; repeat for more.")] = [],  # noqa: B006
    delivery_folder: Annotated[Path | None, typer.Option("--delivery", help="Folder of delivery tables. Default: those of the store, or the synthetic ones.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Rebuild: the store as it was at the end of this UTC day, as 2024-03-31.")] = None,
    expect: Annotated[str, typer.Option("--expect", help="Hash that the tables and figures must have, as `sdg-eval runs show` prints it.")] = "",
    cell_timeout: Annotated[float | None, typer.Option("--cell-timeout", help="Seconds that one cell may take. Default: 600.")] = None,
    notebook_timeout: Annotated[float | None, typer.Option("--notebook-timeout", help="Seconds that one notebook may take. Default: 3600.")] = None,
    memory: Annotated[float | None, typer.Option("--memory", help="MB of memory that one notebook may take, with all it starts. Default: 2000.")] = None,
    scheduler: Annotated[str, typer.Option("--scheduler", help="local, or a Dask scheduler such as tcp://host:8786 (pip install sdg-eval[dask]).")] = "local",
    formats: Annotated[str | None, typer.Option("--formats", help="Documents beside the site: pdf, docx, xlsx, annex, panels, as pdf,docx. Default: the site alone.")] = None,
) -> None:
    """Evaluate provinces and write the site; every number in it comes from a notebook that is linked."""
    from sdg_eval.batch import evaluate_provinces

    if delivery_folder is None:
        own = (store or SAMPLE.parent) / "delivery"
        delivery_folder = (store or own) if own.is_dir() else None
    evaluate_provinces(
        provinces=provinces, observations=store or SAMPLE, out=out, run=run, report_year=report_year, jobs=jobs,
        lang=lang, parameters=parameter, again=again, delivery=delivery_folder, quarter=quarter, notebooks=notebook, as_of=as_of, expect=expect,
        cell_timeout=cell_timeout, notebook_timeout=notebook_timeout, memory=memory, scheduler=scheduler, formats=formats, say=typer.echo,
    )  # fmt: skip


@app.command()
def publish(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name of the run, its folder, or latest.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of reports.")] = Path("reports"),
    formats: Annotated[str, typer.Option("--formats", help="Some of html, pdf, docx, xlsx, annex, panels.")] = "html,pdf",
    lang: Annotated[str, typer.Option("--lang", help="Languages of the documents: th, en or th,en. Default: those of the run.")] = "",
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Processes at a time. Default: number of cores.")] = None,
) -> None:
    """Write the documents of a run (PDF, Word, Excel, panels) and its site with links to them; nothing is computed anew."""
    from sdg_eval.batch.publish import publish_run

    publish_run(run, out=out, formats=formats, lang=lang, jobs=jobs, say=typer.echo)


app.add_typer(runs_cli.app, name="runs")


def main() -> None:
    """Run the command line; an expected error is one message and its exit code, never a traceback."""
    os.environ.update(ONE_THREAD)
    try:
        code = app(standalone_mode=False)
        if code == TYPER_INTERRUPTED:
            raise KeyboardInterrupt
        if isinstance(code, int) and code:
            sys.exit(code)
    except SdgEvalError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:
        # click's own usage errors know how to show themselves; the class is not typer's to name
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            sys.exit(error.exit_code)
        raise


if __name__ == "__main__":
    main()

"""The command line: `sdg-eval import | status | export | evaluate | sample`.

Exit codes: 0 done, 2 usage, 3 data refused, 4 some runs failed, 5 interrupted, 6 another run holds
the lock, 7 cannot write. Heavy libraries are imported inside the commands, so help is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sdg_eval import __version__
from sdg_eval.errors import INTERRUPTED, SdgEvalError

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample" / "observations.csv"

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

    codelists = read_codelists()
    wanted = parse_provinces(provinces, codelists)
    for code in series:
        codelists.series_row(code)
    table = read_observations(store)
    table = with_derived(table, codelists) if derived else table
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
    again: Annotated[bool, typer.Option("--again", help="Run everything anew, also what is done with the same data.")] = False,
) -> None:
    """Evaluate provinces and write the site; every number in it comes from a notebook that is linked."""
    from sdg_eval.batch import evaluate_provinces

    evaluate_provinces(
        provinces=provinces, observations=store or SAMPLE, out=out, run=run, report_year=report_year, jobs=jobs,
        lang=lang, parameters=parameter, again=again, say=typer.echo,
    )  # fmt: skip


def main() -> None:
    """Run the command line; an expected error is one message and its exit code, never a traceback."""
    try:
        app(standalone_mode=False)
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

"""A refusal as a page in Thai that can be sent back to the province, complete in one file."""

from __future__ import annotations

from pathlib import Path


def refusal_page(problems) -> str:
    """Return the HTML page of a list of `Problem`: Thai first, English under each; everything from files is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    by_file: dict[str, list] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    return environment.get_template("refusal.html.j2").render(files=by_file, n=len(problems))

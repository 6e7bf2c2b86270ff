"""What the suite is built from: every locked package with its licence, and the list of what is installed (SBOM).

The lock says what may be installed and pip refuses anything else; here is said what that is and under which terms.
`python -m sdg_eval.supply_chain licences` writes docs/licences.md, `… sbom` writes reports/sbom.json (CycloneDX).
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sdg_eval import __version__
from sdg_eval.errors import DataError
from sdg_eval.store import write_json, write_text

ROOT = Path(__file__).parents[1]
LOCK, PAGE, SBOM = ROOT / "requirements.lock", ROOT / "docs" / "licences.md", ROOT / "reports" / "sbom.json"
SPDX = {
    "Apache 2.0": "Apache-2.0", "Apache Software License": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0", "MIT License": "MIT", "MIT license": "MIT",
    "ISC license": "ISC", "ISC License": "ISC", "ISC License (ISCL)": "ISC", "PSFL": "PSF-2.0", "Python Software Foundation License": "PSF-2.0",
    "2-clause BSD": "BSD-2-Clause", "BSD 2-Clause License": "BSD-2-Clause", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "BSD": "BSD", "BSD License": "BSD",
    "BSD 3-Clause License": "BSD-3-Clause", "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
}  # fmt: skip
"""What packages write, as SPDX; plain BSD says neither two clauses nor three."""
UNKNOWN = "?"
SAID_IN_A_FILE = {"axe-playwright-python": "MIT AND MPL-2.0", "pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1"}
"""Packages whose metadata are silent, or do not say that one may choose: what their licence files say, and that of what they carry (axe-core)."""
LONGEST_NAME = 60
"""Longer texts in the field of the licence are the licence itself."""

_INTRODUCTION = """# Licences of what the suite is built from

Made by `make licences` from `requirements.lock` and from what the packages say of themselves; a test compares the page with
both. Packages that only other systems or versions of Python need were read from their files of the same version.

- Read on: {date}
- Packages: {n}

No package forbids use by a ministry or asks that the suite's own code be published. MPL asks for changes of those files
themselves alone; nothing of them is changed. Where one may choose (OR), the suite uses the package under the MPL. Figures embed the font Sarabun (OFL-1.1, beside the fonts).

| package | version | only where | licence |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Locked:
    """One line of the lock: a package may have several, for several systems."""

    name: str
    version: str
    marker: str  # where it is needed; '' everywhere
    hashes: tuple[str, ...]


def read_lock(path=LOCK) -> list[Locked]:
    """Return the packages of requirements.lock. Raises DataError for one that has no version or no hash."""
    packages = []
    for block in re.split(r"\n(?=[a-z0-9])", Path(path).read_text(encoding="utf-8").strip()):
        told = re.match(r"([a-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*(?:\\|$)", block)
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
        if not told or not hashes:
            raise DataError(
                f"{path}: {block.splitlines()[0]!r} has no exact version or no hash. Remake the lock with `make lock`."
            )
        packages.append(Locked(told[1], told[2], (told[3] or "").strip(), hashes))
    return packages


def canonical(name: str) -> str:
    """Return a package's name as locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(about) -> str:
    """Return the licence that a package's metadata tell, as SPDX where it is one; '?' where they tell none."""
    if told := about.get("License-Expression") or SAID_IN_A_FILE.get(canonical(about.get("Name", ""))):
        return told
    told = (about.get("License") or "").strip()
    if told and told != "UNKNOWN" and "\n" not in told and len(told) <= LONGEST_NAME:
        return SPDX.get(told, told)
    classes = [
        c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    return " AND ".join(dict.fromkeys(SPDX.get(c, c) for c in classes)) or UNKNOWN


def installed_packages(wheels=()) -> dict[str, metadata.Distribution]:
    """Return {name: distribution} of this environment, without the suite itself and pip; `wheels` adds files that are not installed."""
    found = (
        {canonical(d.name): d for d in metadata.distributions(path=[str(w) for w in wheels])}
        if wheels
        else {}
    )
    found |= {canonical(d.name): d for d in metadata.distributions()}
    return {name: found[name] for name in sorted(found) if name not in ("sdg-eval", "pip")}


def known_licences(page=PAGE) -> dict[str, tuple[str, str]]:
    """Return {name: (versions, licence)} as the page has them; {} where there is no page."""
    text = Path(page).read_text(encoding="utf-8").partition("|---")[2] if Path(page).is_file() else ""
    return {
        m[1]: (m[2], m[3])
        for m in re.finditer(r"^\| ([a-z0-9-]+) \| ([^|]+?) \| [^|]*? ?\| ([^|]+?) \|$", text, re.M)
    }


def licences_page(lock=LOCK, *, page=PAGE, wheels=(), date: str = "") -> str:
    """Return docs/licences.md: one row per locked package.

    What is not installed here keeps the licence that `page` has for the same version; '?' where nobody knows it.
    """
    installed, known = installed_packages(wheels), known_licences(page)
    rows = {}
    for package in read_lock(lock):
        rows.setdefault(canonical(package.name), []).append(package)
    lines = []
    for name, parts in sorted(rows.items()):
        versions = ", ".join(part.version for part in parts)
        kept = known.get(name, ("", UNKNOWN))
        licence = (
            licence_of(installed[name].metadata)
            if name in installed
            else kept[1]
            if kept[0] == versions
            else UNKNOWN
        )
        where = "" if len(parts) > 1 else parts[0].marker.replace("'", "")
        lines.append(f"| {name} | {versions} | {where} | {licence} |")
    return (
        _INTRODUCTION.format(date=date or dt.date.today().isoformat(), n=len(lines)) + "\n".join(lines) + "\n"
    )


def sbom(lock=LOCK) -> dict:
    """Return what is installed as a CycloneDX 1.6 bill of materials: no time and no serial number, so the same packages give the same bytes.

    Each component says whether the lock names it in this version.
    """
    installed, locked = installed_packages(), {(canonical(p.name), p.version) for p in read_lock(lock)}
    refs = {name: f"pkg:pypi/{name}@{d.version}" for name, d in installed.items()}
    own = f"pkg:pypi/sdg-eval@{__version__}"
    components = [
        {
            "type": "library", "bom-ref": refs[name], "name": name, "version": d.version, "purl": refs[name], "licenses": [_cyclonedx_licence(licence_of(d.metadata))],
            "properties": [{"name": "sdg_eval:locked", "value": "true" if (name, d.version) in locked else "false"}],
        }
        for name, d in installed.items()
    ]  # fmt: skip
    needs = [
        {"ref": refs[name], "dependsOn": sorted(refs[n] for n in _needed(d) if n in refs)}
        for name, d in installed.items()
    ]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": own, "name": "sdg-eval", "version": __version__, "purl": own, "licenses": [{"expression": "Apache-2.0"}]}},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": sorted(refs[n] for n in _needed(metadata.distribution("sdg-eval")) if n in refs)}, *needs],
    }  # fmt: skip


def _cyclonedx_licence(text: str) -> dict:
    """An expression where every word of it is SPDX, else the words of the package."""
    spdx = re.fullmatch(r"[\w.+()-]+(?: (?:AND|OR|WITH) [\w.+()-]+)*", text) and text not in ("BSD", UNKNOWN)
    return {"expression": text} if spdx else {"license": {"name": "unknown" if text == UNKNOWN else text}}


def _needed(distribution: metadata.Distribution) -> set[str]:
    """Names of what a package asks for without any extra."""
    asked = (re.match(r"[\w.-]+", text) for text in distribution.requires or [] if "extra ==" not in text)
    return {canonical(m[0]) for m in asked if m}


def main() -> None:
    """Write the page of licences, or the bill of materials."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("what", choices=["licences", "sbom"])
    parser.add_argument("wheels", nargs="*", help="wheels of packages that are not installed here")
    given = parser.parse_args()
    if given.what == "licences":
        write_text(PAGE, licences_page(wheels=given.wheels))
    else:
        write_json(SBOM, sbom())


if __name__ == "__main__":
    main()

"""What is installed is what was locked: pip refuses anything else, and what there is, is listed with its licence."""

import ast
import base64
import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

from sdg_eval.errors import DataError
from sdg_eval.supply_chain import (
    PAGE,
    canonical,
    installed_packages,
    known_licences,
    licence_of,
    licences_page,
    read_lock,
    sbom,
)
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = {"sdg_eval", "tests", "benchmarks"}
FREE = r"MIT(-0|-CMU)?|0?BSD(-[23]-Clause)?|Apache-2\.0|ISC|PSF-2\.0|MPL-(1\.1|2\.0)|Zlib|CC0-1\.0|Unlicense|HPND|LicenseRef-[\w.-]+"
"""Licences that ask nothing of the suite's own code."""


# ---------------------------------------------------------------- pip refuses


def wheel(folder, name, version, body="VALUE = 1\n", requires=()):
    """Write a wheel of one module; return its path and sha256."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {r}\n" for r in requires)
    files = {
        f"{name}.py": body, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }  # fmt: skip
    digests = {k: base64.urlsafe_b64encode(hashlib.sha256(v.encode()).digest()).rstrip(b"=").decode() for k, v in files.items()}
    files[f"{info}/RECORD"] = "".join(f"{k},sha256={digests[k]},{len(v.encode())}\n" for k, v in files.items()) + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(file), text)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path):
    """A folder of wheels to install from, and a function that installs a lock from it as `make setup` does."""
    folder = tmp_path / "wheels"
    folder.mkdir()

    def install(lock):
        (tmp_path / "lock.txt").write_text(lock)
        options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-index", "--find-links", str(folder), "--target", str(tmp_path / "site")]
        command = [sys.executable, "-m", "pip", "--isolated", "install", *options, "--require-hashes", "-r", str(tmp_path / "lock.txt")]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    return folder, install, tmp_path / "site"


def test_make_setup_installs_with_hashes_and_nothing_else():
    text = (ROOT / "Makefile").read_text()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation -e ." in installs[1]  # an isolated build would fetch an unlocked setuptools


def test_the_locked_wheel_is_installed(shelf):
    folder, install, site = shelf
    _, digest = wheel(folder, "alpha", "1.0")
    done = install(f"alpha==1.0 --hash=sha256:{digest}\n")
    assert done.returncode == 0, done.stderr
    assert (site / "alpha.py").read_text() == "VALUE = 1\n"


def test_a_tampered_wheel_is_refused(shelf):
    folder, install, site = shelf
    path, digest = wheel(folder, "alpha", "1.0")
    wheel(folder, "alpha", "1.0", body="VALUE = 1\nimport os  # and more\n")
    assert hashlib.sha256(path.read_bytes()).hexdigest() != digest
    done = install(f"alpha==1.0 --hash=sha256:{digest}\n")
    assert done.returncode != 0 and "DO NOT MATCH THE HASHES" in done.stderr
    assert not (site / "alpha.py").exists()


def test_one_changed_byte_of_a_wheel_is_refused(shelf):
    folder, install, site = shelf
    path, digest = wheel(folder, "alpha", "1.0")
    blob = bytearray(path.read_bytes())
    blob[blob.index(b"VALUE = 1") + 8] = ord("2")
    path.write_bytes(bytes(blob))
    assert install(f"alpha==1.0 --hash=sha256:{digest}\n").returncode != 0 and not site.exists()


@pytest.mark.parametrize(
    "extra, said",
    [("beta==1.0", "Hashes are required in --require-hashes mode"), ("beta", "all requirements must have their versions pinned")],
)
def test_a_package_without_a_hash_is_refused(shelf, extra, said):
    folder, install, site = shelf
    _, digest = wheel(folder, "alpha", "1.0")
    wheel(folder, "beta", "1.0")
    done = install(f"alpha==1.0 --hash=sha256:{digest}\n{extra}\n")
    assert done.returncode != 0 and said in done.stderr and not site.exists()


def test_what_a_locked_package_pulls_in_unlocked_is_refused(shelf):
    folder, install, site = shelf
    _, digest = wheel(folder, "alpha", "1.1", requires=["beta"])
    wheel(folder, "beta", "1.0")
    done = install(f"alpha==1.1 --hash=sha256:{digest}\n")
    assert done.returncode != 0 and "beta" in done.stderr and not site.exists()


# ---------------------------------------------------------------- the lock


def test_every_locked_package_has_an_exact_version_and_hashes():
    packages = read_lock()
    assert len(packages) > 150 and all(re.fullmatch(r"\d[\w.!+-]*", p.version) for p in packages)
    assert all(p.hashes and len(set(p.hashes)) == len(p.hashes) for p in packages)


@pytest.mark.parametrize("line", ["alpha>=1.0 --hash=sha256:" + "0" * 64, "alpha==1.0", "alpha==1.0 --hash=md5:abc"])
def test_a_lock_that_leaves_something_open_is_refused(tmp_path, line):
    (tmp_path / "lock").write_text(f"beta==2.0 \\\n    --hash=sha256:{'1' * 64}\n{line}\n")
    with pytest.raises(DataError, match="alpha"):
        read_lock(tmp_path / "lock")


def test_every_direct_dependency_is_locked():
    locked = {canonical(p.name) for p in read_lock()}
    asked = PROJECT["dependencies"] + [d for extra in PROJECT["optional-dependencies"].values() for d in extra]
    assert [d for d in asked if canonical(re.match(r"[\w.-]+", d)[0]) not in locked] == [], "remake the lock with `make lock`, then `make licences`"


# ---------------------------------------------------------------- imports


def imports(source: str) -> set[str]:
    """Top names that a source imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def notebook_code(path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in "".join(cell["source"]).splitlines()]
    return "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def strangers(paths, extras) -> list[str]:
    """Imports of `paths` that are neither of Python, nor ours, nor of a package that the project names itself."""
    named = PROJECT["dependencies"] + [d for extra in extras for d in PROJECT["optional-dependencies"].get(extra, [])]
    named = {canonical(re.match(r"[\w.-]+", d)[0]) for d in named}
    providers = importlib.metadata.packages_distributions()
    found = []
    for path in paths:
        source = notebook_code(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
        for name in sorted(imports(source) - OWN - set(sys.stdlib_module_names)):
            if not named & {canonical(d) for d in providers.get(name, [name])}:
                found.append(f"{path.relative_to(ROOT)}: {name}")
    return found


def test_package_and_notebooks_import_only_what_the_project_names_itself():
    """What another package happens to bring along is locked, and may be gone with its next version."""
    paths = [*sorted((ROOT / "sdg_eval").rglob("*.py")), *sorted((ROOT / "notebooks").rglob("*.ipynb"))]
    assert len(paths) > 150 and strangers(paths, [e for e in PROJECT["optional-dependencies"] if e != "dev"]) == []


def test_tests_and_benchmarks_import_only_what_the_project_names_itself():
    paths = [*sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
    assert strangers(paths, PROJECT["optional-dependencies"]) == []


def test_a_stranger_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_supply_chain.ROOT", tmp_path)
    (tmp_path / "a.py").write_text("import os\nimport numpy as np\nfrom requests import get\n\ndef f():\n    import nowhere.at_all\n")
    assert strangers([tmp_path / "a.py"], []) == ["a.py: nowhere", "a.py: requests"]


# ---------------------------------------------------------------- licences, and what is installed


def test_the_page_of_licences_is_that_of_the_lock_and_of_what_is_installed():
    page = PAGE.read_text(encoding="utf-8")
    date = re.search(r"^- Read on: (\d{4}-\d{2}-\d{2})$", page, re.M)[1]
    assert page == licences_page(date=date), "the lock or a package changed: run `make licences`, and read what is new"


def test_every_licence_is_known_and_asks_nothing_of_the_suite():
    licences = known_licences()
    assert len(licences) == len({canonical(p.name) for p in read_lock()})
    words = {(name, word) for name, (_, licence) in licences.items() for word in re.split(r" (?:AND|WITH) ", licence)}
    assert sorted((name, word) for name, word in words if not any(re.fullmatch(FREE, one) for one in word.split(" OR "))) == []


@pytest.mark.parametrize(
    "headers, licence",
    [
        ("License-Expression: MIT\nLicense: whatever", "MIT"),
        ("License: Apache 2.0", "Apache-2.0"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: ISC License (ISCL)", "ISC"),
        ("License: " + "Permission is hereby granted " * 9 + "\nClassifier: License :: OSI Approved :: BSD License", "BSD"),
        ("License: GPL-3.0-only", "GPL-3.0-only"),
        ("Name: x", "?"),
    ],
)
def test_a_licence_is_read_as_the_package_tells_it(headers, licence):
    from email import message_from_string

    assert licence_of(message_from_string(headers)) == licence


def test_the_bill_of_materials_is_the_same_twice_and_holds_together():
    bill = sbom()
    assert json.dumps(bill, sort_keys=True) == json.dumps(sbom(), sort_keys=True)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    refs = [c["bom-ref"] for c in bill["components"]]
    assert len(refs) == len(set(refs)) == len(installed_packages()) > 100
    assert all(c["purl"] == f"pkg:pypi/{c['name']}@{c['version']}" and c["licenses"] for c in bill["components"])
    named = {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert {d["ref"] for d in bill["dependencies"]} == named and all(set(d["dependsOn"]) <= named for d in bill["dependencies"])
    direct = next(d["dependsOn"] for d in bill["dependencies"] if d["ref"].startswith("pkg:pypi/sdg-eval@"))
    assert any(ref.startswith("pkg:pypi/pandas@") for ref in direct)
    locked = {(canonical(p.name), p.version) for p in read_lock()}
    told = {c["name"]: c["properties"][0]["value"] for c in bill["components"]}
    assert all((told[c["name"]] == "true") == ((c["name"], c["version"]) in locked) for c in bill["components"]) and told["pandas"] == "true"
    assert "/home" not in json.dumps(bill) and "timestamp" not in json.dumps(bill)

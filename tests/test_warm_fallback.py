"""Where warm kernels cannot be had, on any system, normal ones serve; and the kernel spec says the same for both."""

import json
import os
import subprocess
import sys

from sdg_eval.batch.warm import KERNEL_NAME, NORMAL_KERNEL, warm_kernels
from sdg_eval.batch.warm.refusals import READ_ONCE
from sdg_eval.batch.warm.start import JUPYTER_DATA, KERNEL_ENVIRONMENT, SOCKET
from tests.kernels import kernel


def test_elsewhere_normal_kernels_serve(monkeypatch):
    monkeypatch.delenv(SOCKET, raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(JUPYTER_DATA))
    monkeypatch.setattr("sdg_eval.batch.warm.start.LINUX", False)
    before = dict(os.environ)
    with warm_kernels() as name:
        assert name == NORMAL_KERNEL and dict(os.environ) == before
    with kernel(KERNEL_NAME) as session:  # what an adviser chose in JupyterLab
        assert not session.is_warm and session.run("6 * 7") == "42"


def test_warm_kernels_can_be_turned_off(monkeypatch):
    monkeypatch.setenv(SOCKET, "off")
    with warm_kernels() as name:
        assert name == NORMAL_KERNEL


def test_without_its_entry_point_the_name_of_a_normal_kernel_is_given(monkeypatch):
    monkeypatch.delenv(SOCKET, raising=False)
    monkeypatch.setattr("sdg_eval.batch.warm.start.PROVISIONER", "not-installed")
    with warm_kernels() as name:
        assert name == NORMAL_KERNEL


def test_the_kernel_spec_is_installed_where_jupyterlab_looks(tmp_path):
    installed = tmp_path / "share" / "jupyter" / "kernels" / KERNEL_NAME / "kernel.json"
    code = f"import sys; sys.prefix = {str(tmp_path)!r}; from sdg_eval.batch.warm.__main__ import main; sys.exit(main(['install']) or main(['install']))"
    subprocess.run([sys.executable, "-c", code], check=True)
    spec = json.loads(installed.read_text())
    assert spec == json.loads((JUPYTER_DATA / "kernels" / KERNEL_NAME / "kernel.json").read_text())
    assert spec["env"] == KERNEL_ENVIRONMENT
    assert all(name.startswith(READ_ONCE) for name in spec["env"]), "a server must notice that another value is asked for"


def test_the_kernel_spec_is_part_of_the_package():
    import tomllib
    from importlib.resources import files

    spec = files("sdg_eval.batch.warm") / "jupyter" / "kernels" / KERNEL_NAME / "kernel.json"
    project = tomllib.loads((JUPYTER_DATA.parents[3] / "pyproject.toml").read_text())
    assert spec.is_file() and "**/kernel.json" in project["tool"]["setuptools"]["package-data"]["sdg_eval"]

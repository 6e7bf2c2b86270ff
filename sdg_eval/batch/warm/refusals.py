"""When a forked kernel would not be what a normal one is: the reasons to refuse, asked before each fork.

A process reads part of its environment once, when Python or a library starts. What the server read cannot be read anew in
a kernel, so a request that differs there is refused, and a normal kernel serves it.
"""

from __future__ import annotations

import os
import sys

from sdg_eval.batch.warm.preload import file_stamp, own_sources
from sdg_eval.batch.warm.start import LAUNCHER

READ_ONCE = (
    "PYTHON", "LC_", "LANG", "LD_", "HOME", "USER", "XDG_", "MALLOC_", "GLIBC_", "OMP_", "OPENBLAS_", "GOTO_", "MKL_", "BLIS_",
    "VECLIB_", "NUMEXPR_", "KMP_", "NUMPY_", "NPY_", "SCIPY_", "ARROW_", "PANDAS_", "DUCKDB_", "MATPLOTLIB", "MPLCONFIG", "MPL_",
    "PILLOW_", "PATSY_", "SM_", "DIFF_DIFF_", "JOBLIB_", "LOKY_", "WRAPT_", "IPYTHON_", "JUPYTER_PLATFORM", "PYZMQ_", "TORNADO_",
    "DEBUGPY_", "PYDEVD_",
)  # fmt: skip
"""Beginnings of the variables that count when a process or a library starts."""


class Refusals:
    """Remembers how the server started; says why a request cannot be served by a fork of it."""

    def __init__(self, environment: dict[str, str]):
        """`environment`: as it was before the imports, which add to it."""
        self.environment = _read_once(environment)
        self.flags = sys.orig_argv[1 : sys.orig_argv.index("-m")]
        self.sources: dict[str, tuple[int, int]] = {}
        self.see_imports()

    def see_imports(self) -> None:
        """Look at what is imported by now."""
        self.sources = own_sources() | self.sources  # of what was there before, the file as it was then
        self.names = {name for name in sys.modules if "." not in name}

    def reason(self, request: dict) -> str:
        """Return why not, '' for a request that can be served."""
        asked, argv, cwd = _read_once(request["env"]), request["argv"], request["cwd"]
        start = 1 + len(self.flags)
        if not _same_python(argv[0]) or argv[1 : start + 2] != self.flags + LAUNCHER:
            return f"it is not this Python's kernel: {' '.join(argv[: start + 2])}"
        if differing := sorted(
            name for name in asked.keys() | self.environment if asked.get(name) != self.environment.get(name)
        ):
            return f"the server started with other values of {', '.join(differing)}"
        if relative := [
            place
            for place in asked.get("PYTHONPATH", "").split(os.pathsep)
            if place and not os.path.isabs(place)
        ]:
            return f"PYTHONPATH names a folder by where one stands: {relative[0]}"
        try:
            found = os.listdir(cwd)
        except OSError as error:
            return f"{cwd}: {error.strerror}"
        if "matplotlibrc" in found:
            return f"{cwd} has a matplotlibrc"
        if hidden := [name for name in found if self._hides(cwd, name)]:
            return f"{cwd}/{hidden[0]} would be imported in place of an installed module"
        return ""

    def changed_source(self) -> str:
        """Return why nobody can be served any more: a file of the package was edited; '' where none was."""
        changed = next((path for path, stamp in self.sources.items() if file_stamp(path) != stamp), None)
        return f"{changed} was changed since the server started" if changed else ""

    def _hides(self, folder: str, name: str) -> bool:
        """True for a file or package in the kernel's folder with the name of a module that is imported already."""
        stem, dot, suffix = name.partition(".")
        if stem not in self.names:
            return False
        path = os.path.join(folder, name)
        if not dot:
            path = os.path.join(path, "__init__.py")
        loaded = getattr(sys.modules[stem], "__file__", None)
        return (
            os.path.isfile(path)
            and (not dot or suffix.endswith(("py", "pyc", "so")))
            and not (loaded and os.path.samefile(path, loaded))
        )


def _read_once(environment) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_ONCE)}


def _same_python(path: str) -> bool:
    """True for this interpreter, also under another of its names in the same folder."""
    same_folder = os.path.realpath(os.path.dirname(path)) == os.path.realpath(os.path.dirname(sys.executable))
    return same_folder and os.path.realpath(path) == os.path.realpath(sys.executable)

"""What every notebook of the suite needs, imported once, with nothing left behind that a kernel could notice.

A forked kernel must start as a normal one does, with only its imports done. So a library may be imported and used here,
but its settings, caches of files, and open files are put back; whatever depends on a kernel's folder, environment or data
stays unread until the kernel itself asks for it.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import os
import pkgutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import IPython

import sdg_eval

NOT_FOR_NOTEBOOKS = (
    "sdg_eval.batch",
    "sdg_eval.publish",
    "sdg_eval.__main__",
    "sdg_eval.ingest_cli",
    "sdg_eval.intake_cli",
    "sdg_eval.explore.widget",
    "sdg_eval.explore.workbench",
)
"""Parts of the package that notebooks of a batch do not import. Widgets ask for the running kernel when they are imported."""
IPYTHON = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "tornado.platform.asyncio", "sqlite3",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.magics", "IPython.core.oinspect", "IPython.extensions.storemagic", "psutil",
)  # fmt: skip
"""What ipykernel imports when it starts."""
LIBRARIES = (
    "numpy", "pandas", "pandas.io.formats.csvs", "pandas.io.formats.html", "pandas.io.formats.string", "pandas.io.formats.style",
    "pyarrow.acero", "pyarrow.dataset", "pyarrow.parquet", "duckdb",
    "scipy.cluster.hierarchy", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats", "statsmodels.api", "diff_diff",
    "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "matplotlib.figure", "matplotlib.patheffects",
)  # fmt: skip
"""What notebooks have imported when they end.

Not here: matplotlib.pyplot, which asks the running kernel for its display when it is imported; seaborn and networkx, of one
national notebook each.
"""
NO_WARNING = "PYDEVD_DISABLE_FILE_VALIDATION"
"""With it debugpy, imported outside of a kernel, does not warn of Python's frozen modules."""


@dataclass(frozen=True)
class Preloaded:
    """What the kernels need to know of the imports."""

    environment: dict[str, str]  # variables that libraries set when they are imported
    kernel_modules: dict[str, ModuleType]  # what a normal kernel has imported when it starts


def preload(first=()) -> Preloaded:
    """Import what notebooks import, draw one small figure, and put everything back that this changed.

    With `first`, names of modules, only these are imported: the rest is for `preload_rest`.
    """
    before = dict(os.environ)
    os.environ[NO_WARNING] = "1"
    gc.disable()  # nothing of what is imported is garbage, and looking for some takes a tenth of the time
    _import(IPYTHON)
    kernel_modules = dict(sys.modules)
    with _as_in_a_notebook():
        _import(first) if first else _import_all()
    _settle()
    return Preloaded(_set_since(before), kernel_modules)


def preload_rest(so_far: Preloaded) -> Preloaded:
    """Import what `preload` has left out."""
    before = dict(os.environ)
    gc.disable()
    with _as_in_a_notebook():
        _import_all()
    _settle()
    return Preloaded(so_far.environment | _set_since(before), so_far.kernel_modules)


def _import_all() -> None:
    _import(LIBRARIES)
    _import(m.name for m in pkgutil.walk_packages(sdg_eval.__path__, "sdg_eval.") if not m.name.startswith(NOT_FOR_NOTEBOOKS))
    _draw_one_figure()


def _settle() -> None:
    """Leave what was imported, and nothing else, to the kernels."""
    _forget()
    gc.enable()
    gc.collect()
    gc.freeze()  # the collector of a kernel leaves these objects, so their memory stays shared


def _set_since(before: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {*before, NO_WARNING}}


def _import(names) -> None:
    for name in names:
        importlib.import_module(name)


@contextmanager
def _as_in_a_notebook():
    """Make it look as if a notebook imported: pandas shows all columns in a terminal, DuckDB has another progress bar there."""
    shell, main, getter = (
        SimpleNamespace(kernel=None, config={"IPKernelApp": {}}),
        sys.modules["__main__"],
        IPython.get_ipython,
    )
    stdout = open(1, "w", encoding="UTF-8", closefd=False)  # the name that ipykernel's output has for it
    builtins.get_ipython = IPython.get_ipython = lambda: shell
    sys.modules["__main__"], sys.stdout = ModuleType("__main__"), stdout
    try:
        yield
    finally:
        del builtins.get_ipython
        IPython.get_ipython, sys.modules["__main__"], sys.stdout = getter, main, sys.__stdout__
        stdout.close()


def _draw_one_figure() -> None:
    """Draw Thai text as the suite does: imports what drawing needs, reads the list of fonts, lays out the names of the codelists."""
    import matplotlib
    from matplotlib import font_manager

    from sdg_eval.codelists import read_codelists
    from sdg_eval.figures.ahead import lay_out_ahead
    from sdg_eval.figures.style import new_figure, svg_bytes

    fonts = list(font_manager.fontManager.ttflist)
    with matplotlib.rc_context():
        figure, axes = new_figure()
        axes.plot([2560, 2565], [1, 2], marker="o", label="จังหวัดน่าน")
        axes.set_title("ประเมินผล")
        axes.legend()
        svg_bytes(figure)
        lay_out_ahead(read_codelists())
    font_manager.fontManager.ttflist[:] = fonts


def _forget() -> None:
    """Empty caches that hold files or answers, and the list of warnings already given."""
    from matplotlib import font_manager

    # An open font file has one position for all processes that share it: two kernels reading would spoil each other's glyphs.
    font_manager._get_font.cache_clear()
    font_manager.fontManager._findfont_cached.cache_clear()
    for module in [m for m in sys.modules.values() if isinstance(m, ModuleType)]:
        vars(module).pop("__warningregistry__", None)
        if module.__name__.startswith("sdg_eval."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def own_sources() -> dict[str, tuple[int, int]]:
    """Return path -> (time of change, size) of every imported file that is not part of the Python installation."""
    installed = tuple(os.path.join(place, "") for place in {sys.prefix, sys.base_prefix})
    found = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    own = [
        path
        for path in found
        if path and (not path.startswith(installed) or f"{os.sep}sdg_eval{os.sep}" in path)
    ]
    return {path: stamp for path in sorted(own) if (stamp := file_stamp(path))}


def file_stamp(path: str) -> tuple[int, int] | None:
    """Return (time of change in ns, size in bytes); None for a file that is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size

"""Start JupyterLab as `make lab` does: the whole program with its own defaults, sooner.

`python -m sdg_eval.batch.lab OPTIONS`: options are those of `jupyter lab`. Most of a start goes into work whose result nobody
here asks for: a grammar of web addresses (`imports`), and where Node.js is installed the address from which it would fetch
packages to build extensions. What the explorer needs is imported meanwhile, in the server of warm kernels; what other notebooks need,
once the explorer is shown.
"""

from __future__ import annotations

import os
import sys

from sdg_eval.batch.warm.start import KERNEL_ENVIRONMENT, NORMAL_KERNEL, PROVISIONER, warm_kernels

FIRST = ("sdg_eval.explore", "pyarrow.parquet")
"""What the explorer imports until its first view, as far as no running kernel is needed for it."""


def main(options: list[str]) -> int:
    """Run JupyterLab beside a server of warm kernels until it is ended; return its exit code."""
    with warm_kernels(FIRST) as name:  # before anything else: it imports for a second, and JupyterLab does so beside it
        os.environ.update(KERNEL_ENVIRONMENT | ({} if name == NORMAL_KERNEL else {"JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER}))
        try:
            import_jupyterlab().main(argv=options)
        except SystemExit as ended:
            if isinstance(ended.code, str):
                print(ended.code, file=sys.stderr)
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def import_jupyterlab():
    """Return the module `jupyterlab.labapp`."""
    from sdg_eval.batch.imports import import_jsonschema

    import_jsonschema()
    from jupyterlab import commands

    # JupyterLab runs Node.js twice to tell its own version, and again at every page. Its answer counts where extensions are built
    # from source, which `jupyter lab build` does in a process of its own; without Node.js the answer is this one.
    commands._yarn_config = lambda _logger: {"yarn config": {}, "npm config": {}}
    from jupyterlab import labapp

    return labapp


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

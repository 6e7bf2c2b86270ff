"""`python -m sdg_eval.batch.warm install`, or `run COMMAND...`.

`install` puts the kernel spec "sdg_eval (warm)" into this Python's environment, so that JupyterLab lists it.
`run` starts COMMAND beside a server of warm kernels: whatever starts this Python's kernels in it gets warm ones, under every
kernel name.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from sdg_eval.batch.warm.start import (
    JUPYTER_DATA,
    KERNEL_ENVIRONMENT,
    KERNEL_NAME,
    NORMAL_KERNEL,
    PROVISIONER,
    warm_kernels,
)
from sdg_eval.errors import USAGE


def main(arguments: list[str]) -> int:
    """Do what the words say; return the exit code."""
    if arguments == ["install"]:
        return install()
    if arguments[:1] == ["run"] and len(arguments) > 1:
        return run(arguments[1:])
    print(__doc__, file=sys.stderr)
    return USAGE


def install() -> int:
    """Install the kernel spec into this environment; one that is there is replaced."""
    from jupyter_client.kernelspec import KernelSpecManager

    KernelSpecManager().install_kernel_spec(
        str(JUPYTER_DATA / "kernels" / KERNEL_NAME), KERNEL_NAME, prefix=sys.prefix
    )
    return 0


def run(command: list[str]) -> int:
    """Run `command` with warm kernels and return its exit code; signals are for it to answer."""
    with warm_kernels() as name:
        warm = {} if name == NORMAL_KERNEL else {"JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER}
        process = subprocess.Popen(command, env=os.environ | KERNEL_ENVIRONMENT | warm)
        signal.signal(signal.SIGINT, lambda *_: None)  # a Ctrl-C on the terminal reaches the command too
        signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
        code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Warm kernels: a notebook's kernel in a tenth of a second, with everything imported and nothing left of another's.

A server imports the suite's libraries once and forks a process for each kernel (`server.py`, `keeper.py`, `kernel.py`).
Jupyter's clients reach it through the kernel spec `sdg_eval_warm` and its provisioner (`provisioner.py`, `client.py`). Where
forking is not safe, or a forked kernel would differ from a normal one (`refusals.py`), a normal kernel serves.
"""

from sdg_eval.batch.warm.start import KERNEL_NAME, NORMAL_KERNEL, warm_kernels

__all__ = ["KERNEL_NAME", "NORMAL_KERNEL", "warm_kernels"]

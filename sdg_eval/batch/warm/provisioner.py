"""Warm kernels for whatever starts kernels through jupyter_client: papermill, nbclient, nbval, JupyterLab.

The kernel spec `sdg_eval_warm` names it, and Jupyter finds it by the package's entry point. Where a warm kernel cannot be
had, the same command starts a normal one.
"""

from __future__ import annotations

import os
import subprocess
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir

from sdg_eval.batch.warm.client import Refused, WarmKernel, ask_for_kernel
from sdg_eval.batch.warm.ready import READY
from sdg_eval.batch.warm.start import LAUNCHER, SOCKET, can_fork, own_server

LONGEST_PATH = 95  # bytes; an address of a unix socket has 108, and the channel's number comes behind
HISTORY = "--HistoryManager.hist_file"
SECONDS_TO_END = 2.0
"""How long a kernel gets to end after it was asked to, before jupyter_client's own signals follow."""


class WarmProvisioner(LocalProvisioner):
    """Local kernels, forked by a server that has everything imported wherever that is possible."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Use sockets of the file system in place of TCP ports: no race for ports, nothing for other users to listen to."""
        manager = self.parent
        ours = LAUNCHER[1] in self.kernel_spec.argv and os.name != "nt"
        if ours and manager is not None and manager.transport == "tcp" and not manager.shell_port:
            address = os.path.join(self._folder(), f"kernel-{self.kernel_id}")
            if len(os.fsencode(address)) <= LONGEST_PATH:
                manager.transport, manager.ip, manager.cache_ports = "ipc", address, False
        kwargs = await super().pre_launch(**kwargs)
        named = "kernel_provisioner" in self.kernel_spec.metadata
        if named and not any(word.startswith(HISTORY) for word in kwargs["cmd"]):
            # nbclient does this for kernels named python3 only; a history on disk would also keep what cells say of persons.
            kwargs["cmd"].append(f"{HISTORY}=:memory:")
        return kwargs

    def _folder(self) -> str:
        """Where the kernel's sockets go: beside the server's, for their owner only, gone with the server; else Jupyter's folder."""
        if os.path.isdir(place := os.path.dirname(os.environ.get(SOCKET, ""))):
            return place
        os.makedirs(jupyter_runtime_dir(), mode=0o700, exist_ok=True)
        return jupyter_runtime_dir()

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        """Fork the kernel, or start a normal one."""
        try:
            self.process = await self._fork(cmd, **self._scrub_kwargs(kwargs))
        except Refused as refused:
            self.log.info("No warm kernel: %s. A normal one starts.", refused)
            return await super().launch_kernel(cmd, **kwargs)
        if self.parent is not None:
            self.parent.client_factory = READY.get(self.parent.client_factory, self.parent.client_factory)
        # No process group for us to signal: that goes through the keeper, which knows that the process is still the kernel.
        self.pid, self.pgid, self.cwd = self.process.pid, None, kwargs.get("cwd") or os.getcwd()
        return self.connection_info

    async def _fork(
        self, cmd: list[str], *, env: dict, cwd=None, stdout=None, stderr=None, **others
    ) -> WarmKernel:
        """Return a warm kernel. Raises Refused."""
        if not can_fork():
            raise Refused("this system cannot fork safely")
        if subprocess.PIPE in (stdout, stderr) or any(others.values()):
            raise Refused(
                f"asked for {', '.join(name for name, value in others.items() if value) or 'pipes'}"
            )
        path = os.environ.get(SOCKET) or own_server()
        if path == "off":
            raise Refused(f"{SOCKET} is off")
        try:
            return await ask_for_kernel(path, cmd, env=env, cwd=cwd, stdout=stdout, stderr=stderr)
        except Refused as refused:
            if refused.stale and not os.environ.get(SOCKET):
                own_server(instead_of=path)
            raise

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait here for the end: jupyter_client would look for it only every 0.1 s."""
        if isinstance(self.process, WarmKernel):
            await self.process.until_end(SECONDS_TO_END)

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and all it started, and wait for the end as above."""
        await super().kill(restart)
        if isinstance(self.process, WarmKernel):
            await self.process.until_end(SECONDS_TO_END)

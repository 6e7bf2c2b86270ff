"""Clients that know when a kernel is ready without waiting to see whether something more comes.

jupyter_client's own clients wait 0.2 s for silence after the kernel's first answer. A kernel says when it is done with a
request ("idle"), so nothing more can come for it.
"""

from __future__ import annotations

import time
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.client import KernelClient
from jupyter_core.utils import ensure_async, run_sync

SECONDS_TO_ANSWER = 5.0
"""After this the usual way is gone, which repeats its question."""


async def _wait_for_ready(client, timeout: float | None = None) -> None:
    """Return when the kernel has answered and its output channel is connected and empty. Raises RuntimeError as usual."""
    end = time.monotonic() + min(SECONDS_TO_ANSWER, timeout if timeout is not None else SECONDS_TO_ANSWER)
    try:
        # ipykernel welcomes each subscriber, so after the first message nothing that is published can be missed.
        await ensure_async(client.iopub_channel.get_msg(timeout=SECONDS_TO_ANSWER))
        asked = client.kernel_info()
        reply = await client._async_recv_reply(asked, timeout=end - time.monotonic())
        client._handle_kernel_info_reply(reply)
        while not _is_idle(
            await ensure_async(client.iopub_channel.get_msg(timeout=max(0.0, end - time.monotonic()))), asked
        ):
            pass
    except (Empty, TimeoutError):
        await KernelClient._async_wait_for_ready(client, timeout)


def _is_idle(message: dict, asked: str) -> bool:
    if message["msg_type"] != "status" or message["parent_header"].get("msg_id") != asked:
        return False
    return message["content"]["execution_state"] == "idle"


class ReadyAsyncClient(AsyncKernelClient):
    """As its base, ready at once."""

    _async_wait_for_ready = _wait_for_ready
    wait_for_ready = _wait_for_ready


class ReadyBlockingClient(BlockingKernelClient):
    """As its base, ready at once."""

    _async_wait_for_ready = _wait_for_ready
    wait_for_ready = run_sync(_wait_for_ready)


READY = {AsyncKernelClient: ReadyAsyncClient, BlockingKernelClient: ReadyBlockingClient}
"""Which client stands for which; a client of another class stays as it is."""

"""The cells of a notebook, executed one by one in a kernel that is watched, and written into the ledger."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from queue import Empty

import psutil
import zmq
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines

from sdg_eval.batch import ONE_THREAD
from sdg_eval.batch.arrivals import Arrivals
from sdg_eval.batch.hygiene import clean_outputs
from sdg_eval.batch.ledger import CellFailed, Ledger
from sdg_eval.batch.limits import MB, Limits, Watch, limit_allocations
from sdg_eval.batch.processes import MARK

ENGINE = "sdg_eval"
START_SECONDS, END_SECONDS, OUTPUT_SECONDS, LATE_SECONDS = 120, 2.0, 60, 2.0
LONGEST_FOLDER = 90  # bytes; an address of a unix socket has 108, and a name comes behind
LONGEST_LINE = 80
KERNEL_DIED = (
    "the kernel was killed or died; what comes after never ran. The system may have run out of memory: close other programs and run again with "
    "--jobs 1. What the kernel said is in kernel.log."
)
OUTPUT_LOST = "it showed so many things at once that some were lost on the way. Show fewer, or all of them as one table or text."
_TEMPORARY_CELL = re.compile(r"\S{0,200}ipykernel_\d+[/\\]\d+\.py")
"""The length is bounded: without a bound, a flood of text without spaces takes the square of its length."""
KEPT_METADATA = ("kernelspec", "language_info", "title", "authors", "widgets")


class LedgerEngine(Engine):
    """papermill's engine with our record; it saves nothing, for whoever asked saves once."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, *, ledger: Ledger, limits: Limits, folder, log, mark: str, **_):
        """Execute `nb` in `folder`. Raises CellFailed where it stops."""
        ledger.notebook = nb
        try:
            try:
                asyncio.run(LedgerClient(nb, kernel_name, ledger, limits).run(str(folder), log, mark))
            except NotReady:  # no cell has run: kernels that start side by side can reach for one port (papermill #511), or the machine was busy
                asyncio.run(LedgerClient(nb, kernel_name, ledger, limits).run(str(folder), log, mark))
        finally:
            neutralise(nb, folder)
            cells = _code_cells(nb)
            for row in ledger.executed:
                row["outputs"] = _outputs_hash(cells[row["cell"] - 1][1])
        return nb


class NotReady(CellFailed):
    """A kernel ended or stayed silent before the first cell."""


class LedgerClient(NotebookClient):
    """nbclient's client: no sleep between kernel and cells, and a record of what was executed."""

    def __init__(self, nb, kernel_name: str, ledger: Ledger, limits: Limits):
        super().__init__(
            nb, kernel_name=kernel_name, force_raise_errors=True, record_timing=False, timeout=None, iopub_timeout=OUTPUT_SECONDS,
            raise_on_iopub_timeout=True, startup_timeout=START_SECONDS, skip_cells_with_tag="",
            coalesce_streams=False,  # `join_streams` does it: nbclient takes the square of a line's length, and nothing can end it meanwhile
        )  # fmt: skip
        self.ledger, self.limits, self.output_bytes, self.watch = ledger, limits, 0, None
        self.on_cell_executed = self._keep_reply

    async def run(self, folder: str, log, mark: str) -> None:
        """Start a kernel, execute every code cell, end the kernel and all it started."""
        self.reset_execution_trackers()
        cells = _code_cells(self.nb)
        self.ledger.planned = list(range(1, len(cells) + 1))
        await self._start(folder, log, mark)
        try:
            with self._watch(mark) as self.watch:
                await self._wait_for_ready()
                for number, (index, cell) in enumerate(cells, 1):
                    await self._run_cell(number, index, cell)
                self.set_widgets_metadata()
                await self._end_kernel()
        finally:
            await self._clean_up()

    async def _start(self, folder: str, log, mark: str) -> None:
        self.create_kernel_manager()
        self.place = tempfile.mkdtemp(prefix="sdg-eval-kernel-")  # its owner's alone, as what goes through the sockets in it
        self.km.connection_file = f"{self.place}/k.json"
        if os.name != "nt" and len(os.fsencode(self.place)) < LONGEST_FOLDER:
            # No TCP ports: no race for them (papermill #511), and nothing for other users to listen to.
            self.km.transport, self.km.ip, self.km.cache_ports = "ipc", f"{self.place}/s", False
        environment = os.environ | ONE_THREAD | {MARK: mark}
        try:
            await self.async_start_new_kernel(cwd=folder, env=environment, stdout=log, stderr=log)
        except NoSuchKernel:
            await self._clean_up()
            remedy = "Install the suite's packages again, as the README says; ipykernel is among them."
            raise CellFailed("NoSuchKernel", f"there is no kernel {self.kernel_name!r} on this machine. {remedy}") from None
        except Exception:
            await self._clean_up()
            raise
        limit_allocations(self.km.provisioner.pid, self.limits)

    def _watch(self, mark: str) -> Watch:
        try:
            return Watch(self.limits, self.km.provisioner.pid, mark, self.place)
        except psutil.NoSuchProcess:
            raise NotReady("KernelDied", f"before the first cell: {KERNEL_DIED}") from None

    async def _wait_for_ready(self) -> None:
        """Wait until the kernel answers on the channel of requests and its outputs arrive: no fixed sleeps, unlike jupyter_client's."""
        self.kc = self.km.client()
        self.kc.context.setsockopt(zmq.RCVHWM, 0)  # what has come this far is not dropped because we read slowly
        self.arrivals = Arrivals(self.kc.session)
        self.kc.start_channels(stdin=False)
        self.kc.allow_stdin = False
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            asked = self.kc.kernel_info()
            try:
                reply = await _answer(self.kc.shell_channel, asked, 1.0)
                await _answer(self.kc.iopub_channel, asked, 0.2)
            except Empty:
                if not await self.km.is_alive():
                    raise NotReady("KernelDied", self.watch.breach or f"before the first cell: {KERNEL_DIED}") from None
                continue
            self.arrivals.begin(reply)
            self.nb.metadata["language_info"] = reply["content"]["language_info"]
            return
        raise NotReady("KernelDied", f"the kernel did not answer in {START_SECONDS} s (timeout). Run again while the machine is idle, or with --jobs 1.")

    async def _run_cell(self, number: int, index: int, cell: NotebookNode) -> None:
        """Execute one cell and write it into the ledger. Raises CellFailed naming the cell."""
        started, self.reply = time.monotonic(), None
        self.watch.start_cell()
        try:
            await self.async_execute_cell(cell, index, execution_count=number)
        except CellExecutionError as error:
            hint = f". {self.limits.memory_mb:,.0f} MB are allowed: allow more with --memory" if error.ename == "MemoryError" else ""
            raise _failed(error.ename, number, cell, (error.evalue or "it stopped") + hint) from None
        except (DeadKernelError, CellTimeoutError) as error:
            if self.watch.breach:
                raise _failed("LimitExceeded", number, cell, self.watch.breach) from None
            if isinstance(error, CellTimeoutError):
                raise _failed("OutputLost", number, cell, OUTPUT_LOST) from None
            raise _failed("KernelDied", number, cell, KERNEL_DIED) from None
        finally:
            self.watch.end_cell()
            cell.outputs = join_streams(cell.outputs)
        if self.watch.breach:  # it ended before its kernel was
            raise _failed("LimitExceeded", number, cell, self.watch.breach)
        self._require_ok(number, cell)
        if not await self._all_arrived():
            raise _failed("OutputLost", number, cell, OUTPUT_LOST)
        self.ledger.executed.append({"cell": number, "seconds": round(time.monotonic() - started, 3)})

    async def _all_arrived(self) -> bool:
        """True once every message has come that the kernel sent so far; one of another thread may come a little later."""
        end = time.monotonic() + LATE_SECONDS
        while lost := self.arrivals.count_lost():
            if time.monotonic() > end:
                self.log.error("%d messages of the kernel were lost", lost)
                return False
            try:
                await self.kc.iopub_channel.get_msg(timeout=0.05)
            except Empty:
                continue
        return True

    def _require_ok(self, number: int, cell: NotebookNode) -> None:
        content = self.reply["content"] if self.reply else {}
        if content.get("status") != "ok":
            raise _failed("NotExecuted", number, cell, f"the kernel answered {content.get('status', 'nothing')!r}")
        if any(output.output_type == "error" for output in cell.outputs):
            raise _failed("Error", number, cell, "an error stands among its outputs")
        if any(payload.get("source") == "ask_exit" for payload in content.get("payload", [])):
            raise _failed("SystemExit", number, cell, "it asked the kernel to end. Take exit() out of the notebook.")

    def _keep_reply(self, *, execute_reply, **_) -> None:
        self.reply = execute_reply

    def process_message(self, msg, cell, cell_index):
        """As nbclient, and count what the outputs take: a flood ends here and not when memory does."""
        content = msg["content"]
        if msg["msg_type"] == "stream":
            self.output_bytes += len(content["text"])
        elif "data" in content:
            self.output_bytes += sum(len(str(value)) for value in content["data"].values())
        if self.output_bytes > self.limits.output_mb * MB and not self.watch.breach:
            self.watch.break_off(f"the outputs of the notebook take more than {self.limits.output_mb:,.0f} MB. Show less, or write it to a file.")
        return super().process_message(msg, cell, cell_index)

    async def _end_kernel(self) -> None:
        """Ask the kernel to end, so that it closes its files; then look often, for that is soon."""
        self.kc.control_channel.send(self.kc.session.msg("shutdown_request", {"restart": False}))
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end and await self.km.is_alive():
            await asyncio.sleep(0.005)

    async def _clean_up(self) -> None:
        """Leave no process, no socket and no connection file."""
        if self.km is None:
            return
        if self.kc is not None:
            self.kc.stop_channels()
        if self.km.has_kernel:
            await self.km.provisioner.kill()
            await self.km.provisioner.wait()
        await ensure_async(self.km.cleanup_resources())
        self.kc = self.km = None
        shutil.rmtree(self.place, ignore_errors=True)


def _code_cells(nb: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return (index, cell) of the cells that have something to execute."""
    return [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code" and cell.source.strip()]


async def _answer(channel, asked: str, seconds: float) -> dict:
    """Return the message on `channel` that answers request `asked`. Raises Empty where none comes in time."""
    end = time.monotonic() + seconds
    while True:
        message = await channel.get_msg(timeout=max(0, end - time.monotonic()))
        if message["parent_header"].get("msg_id") == asked:
            return message


def _failed(name: str, number: int, cell: NotebookNode, reason: str) -> CellFailed:
    line = next(line.strip() for line in cell.source.splitlines() if line.strip())
    return CellFailed(name, f"cell {number} (`{line[:LONGEST_LINE]}`): {reason}")


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return a cell's outputs with its standard output in one piece and its errors in another, as nbclient's `coalesce_streams`.

    Otherwise it depends on the clock how many pieces a text comes in. What a line says before a carriage return is overwritten by
    what comes after it. Takes time in proportion to the text: nbclient's pattern needs 4 s for a line of 40,000 letters, four
    times that for one twice as long, and no limit and no signal reaches the process meanwhile.
    """
    joined, streams = [], {}
    for output in outputs:
        name = output.get("name") if output.output_type == "stream" else None
        if name is None or name not in streams:
            joined.append(output)
            if name is not None:
                streams[name] = (output, [])
        if name is not None:
            streams[name][1].append(output.text)
    for output, pieces in streams.values():
        output.text = "\n".join(map(_overwritten, "".join(pieces).split("\n")))
    for place, output in enumerate(joined[:-1]):
        after = joined[place + 1]
        if output.output_type == after.output_type == "stream" and (output.name, after.name) == ("stderr", "stdout"):
            joined[place : place + 2] = [after, output]
    return joined


def _overwritten(line: str) -> str:
    """A line as a terminal leaves it: from behind the last carriage return that something follows."""
    return line[line.rfind("\r", 0, len(line) - 1) + 1 :] if "\r" in line else line


def _outputs_hash(cell: NotebookNode) -> str:
    outputs = [{k: v for k, v in output.items() if k != "execution_count"} for output in cell.outputs]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def neutralise(nb: NotebookNode, folder=".") -> None:
    """Take out of an executed notebook what differs from run to run or names this machine: times, paths, random ids.

    `folder` is where it was executed.
    """
    for key in [key for key in nb.metadata if key not in KEPT_METADATA]:
        del nb.metadata[key]
    for cell in nb.cells:
        cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key == "tags" and value})
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and "ipykernel_" in output.text:
                output.text = _TEMPORARY_CELL.sub("cell", output.text)
    clean_outputs(nb, {folder: "."})


papermill_engines.register(ENGINE, LedgerEngine)


def execute(notebook: NotebookNode, parameters: dict, *, ledger: Ledger, folder, kernel: str, limits: Limits, log: int) -> None:
    """Execute a notebook with `parameters` in `folder`; what came of it stands in `ledger`. Raises CellFailed where it stops.

    `log` is a descriptor for what the kernel says outside of cells.
    """
    from papermill import execute_notebook

    execute_notebook(
        notebook, None, parameters, engine_name=ENGINE, kernel_name=kernel, language="python", progress_bar=False,
        ledger=ledger, limits=limits, folder=folder, log=log, mark=secrets.token_hex(8),
    )  # fmt: skip
    ledger.require_complete()

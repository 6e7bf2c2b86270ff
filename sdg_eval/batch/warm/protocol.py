"""What a client and the keeper of its kernel say to each other, over one unix socket per kernel.

The client asks once: a length, a JSON object, and the file descriptors of the kernel's stdout and stderr. After that both
sides send lines of JSON. The keeper says `{"pid": 123}` or `{"refused": "why"}`, then `{"ready": true}` when the kernel
listens, then `{"exit": 0}`; the client says `{"signal": 2}`. When the client's end closes, the kernel is ended.
"""

from __future__ import annotations

import json
import os
import socket
import struct

LENGTH = struct.Struct("!Q")
LARGEST_REQUEST = 16 << 20  # bytes; Linux allows a process 6 MB of arguments and environment at most


def send_request(connection: socket.socket, request: dict, descriptors: list[int]) -> None:
    """Send the request for a kernel, and the files its stdout and stderr go to."""
    body = json.dumps(request).encode()
    socket.send_fds(connection, [LENGTH.pack(len(body))], descriptors)
    connection.sendall(body)


def receive_request(connection: socket.socket, count: int) -> tuple[dict, list[int]]:
    """Return (request, its `count` file descriptors). Raises ValueError where it is not a request, OSError when the client went."""
    start, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, count)
    if len(start) < LENGTH.size or len(descriptors) != count:
        raise ValueError("not a request for a kernel")
    (length,) = LENGTH.unpack(start)
    if length > LARGEST_REQUEST:
        raise ValueError(f"a request of {length} bytes")
    body = bytearray()
    while len(body) < length:
        if not (part := connection.recv(length - len(body))):
            raise ValueError("half a request")
        body += part
    return json.loads(body), descriptors


def send_line(connection: socket.socket, **words) -> bool:
    """Send one line; False when nobody is there any more."""
    try:
        connection.sendall(json.dumps(words).encode() + b"\n")
    except OSError:
        return False
    return True


class Lines:
    """The lines that have arrived on a connection; never waits."""

    def __init__(self, connection: socket.socket):
        connection.settimeout(None)  # with a timeout, Python waits before it asks the system not to
        self.connection, self.rest, self.closed = connection, b"", False

    def read(self) -> list[dict]:
        """Return what has arrived since the last call; sets `closed` when the other side is gone."""
        while not self.closed:
            try:
                part = self.connection.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                part = b""
            self.closed = not part
            self.rest += part
        *whole, self.rest = self.rest.split(b"\n")
        return [json.loads(line) for line in whole]


def process_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when process `pid` ends; None where the kernel of the system has none (before 5.3)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None

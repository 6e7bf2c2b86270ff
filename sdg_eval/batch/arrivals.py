"""Whether everything that a kernel sent has arrived.

A kernel drops outputs, without a word, for a reader who is too slow for a flood of them. But it numbers its messages, over
all channels, so what was dropped leaves a gap.
"""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"(.+_)(\d+)")
"""A message's id as ipykernel makes it: session, process, number."""


class Arrivals:
    """The numbers of one kernel's messages that have arrived through a jupyter session."""

    def __init__(self, session):
        self._sender, self._all_until = "", -1
        self._numbers: list[int] = []  # that arrived since the last count, of the kernel alone
        self._before: list[tuple[str, int]] = []  # that arrived before `begin`, which knows the kernel
        read = session.deserialize

        def deserialize(*args, **options):
            message = read(*args, **options)
            self._note(message["header"]["msg_id"])
            return message

        session.deserialize = deserialize

    def _note(self, message_id: str) -> None:
        if numbered := _NUMBERED.fullmatch(message_id):
            sender, number = numbered[1], int(numbered[2])
            if not self._sender:
                self._before.append((sender, number))
            elif sender == self._sender and number > self._all_until:
                self._numbers.append(number)

    def begin(self, reply: dict) -> None:
        """Count from `reply` on, a message of the kernel. Numbers of other processes, as of its forks, do not count."""
        if numbered := _NUMBERED.fullmatch(reply["header"]["msg_id"]):
            self._sender, self._all_until = numbered[1], int(numbered[2])
            self._numbers = [number for sender, number in self._before if sender == self._sender and number > self._all_until]

    def count_lost(self) -> int:
        """Return how many messages are missing before the newest that has arrived; where none is, the count begins anew.

        Two threads of a kernel can take one number; then the next is left out, so numbers that came twice make up for it.
        """
        newest = max(self._numbers, default=self._all_until)
        lost = newest - self._all_until - len(self._numbers)
        if lost <= 0:
            self._numbers, self._all_until = [], newest
        return max(0, lost)

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
        self._sender, self._seen, self._all_until = "", set(), -1
        read = session.deserialize

        def deserialize(*args, **options):
            message = read(*args, **options)
            self._note(message["header"]["msg_id"])
            return message

        session.deserialize = deserialize

    def _note(self, message_id: str) -> None:
        numbered = _NUMBERED.fullmatch(message_id)
        if numbered and numbered[1] == self._sender:
            self._seen.add(int(numbered[2]))

    def begin(self, reply: dict) -> None:
        """Count from `reply` on, a message of the kernel. Numbers of other processes, as of its forks, do not count."""
        if numbered := _NUMBERED.fullmatch(reply["header"]["msg_id"]):
            self._sender, self._all_until = numbered[1], int(numbered[2])

    def count_lost(self) -> int:
        """Return how many messages are missing before the newest that has arrived, and forget those that came in order."""
        self._seen = {number for number in self._seen if number > self._all_until}
        while self._all_until + 1 in self._seen:
            self._all_until += 1
        return max(self._seen, default=self._all_until) - self._all_until - sum(number > self._all_until for number in self._seen)

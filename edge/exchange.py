"""The line to HQ as a worker's turn: one exchange, its outcome told to the status desk and the pages."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from edge.desks.status import Poke, StatusDesk
from sync.messages import DeviceRevoked, SyncFault

BUG = "BUG"
"""The trouble of an exchange that ended in an unexpected error (docs/sync-protocol.md lists all)."""

_log = logging.getLogger("store_edge.sync")


class Result(Protocol):
    """What one exchange did (see sync.client.TurnResult)."""

    @property
    def sent(self) -> int:
        """Facts acknowledged."""

    @property
    def received(self) -> int:
        """Rows received."""

    @property
    def next_s(self) -> float:
        """When to come back, seconds."""

    @property
    def more(self) -> bool:
        """Whether there is more to do at once."""

    @property
    def alarm(self) -> str:
        """Why the upload stopped and waits for a person."""

    @property
    def fault(self) -> SyncFault | None:
        """What failed and is not over yet."""


class Client(Protocol):
    """The sync client, by shape."""

    def turn(self, now_mono: float) -> Result:
        """One bounded exchange; a fault is in its result."""


class Exchange:
    """Turns the client; after each turn pages and workers hear what changed."""

    def __init__(
        self,
        client: Client,
        status: StatusDesk,
        poke: Poke,
        interval_s: float,
        revoked: Callable[[], None] = lambda: None,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        """`revoked` is called when HQ has shut this box out: people's data are to go. `keep` is called before each
        exchange: what is due now and then, whatever becomes of the line."""
        self._keep = keep
        self._client = client
        self._revoked = revoked
        self._status = status
        self._poke = poke
        self._interval_s = interval_s
        self._trouble = "NOT_YET"

    def turn(self) -> float:
        """One exchange; gives the pause until the next one, seconds."""
        # Stands if the exchange ends in an error that is nobody's fault but ours: the worker tells the log,
        # and the pages must not go on saying that all is well.
        trouble = BUG
        try:
            self._keep()
            result = self._client.turn(time.monotonic())
            trouble = result.fault.code if result.fault else result.alarm
            if isinstance(result.fault, DeviceRevoked) and trouble != self._trouble:
                self._revoked()
                _log.error(
                    "HQ has shut this box out; orders and staff are forgotten, the journal is kept",
                    extra={"trouble": trouble},
                )
        finally:
            self._report(trouble)
        if result.received:
            for topic in ("inbox", "orders", "stock"):
                self._poke(topic)
        if result.sent:
            _log.info("facts acknowledged", extra={"sent": result.sent})
            self._poke("line")
        return 0.0 if result.more else min(result.next_s, self._interval_s)

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.info("line to HQ", extra={"trouble": trouble or "none"})
        self._trouble = trouble
        self._status.exchanged(trouble)

"""Who is told that something changed: pages, and the workers that it concerns."""

from __future__ import annotations

from edge.desks.status import Poke
from edge.workers import Worker


class Wakes:
    """Pokes pages and wakes workers: hints only, since every worker finds its work in the rows."""

    def __init__(self) -> None:
        self._listeners: list[Poke] = []
        self._workers: dict[str, list[Worker]] = {}

    def listen(self, listener: Poke) -> None:
        """Somebody wants every poke."""
        self._listeners.append(listener)

    def wakes(self, topic: str, worker: Worker) -> None:
        """A poke of this topic wakes that worker."""
        self._workers.setdefault(topic, []).append(worker)

    def poke(self, topic: str) -> None:
        """The topic changed."""
        for listener in self._listeners:
            listener(topic)
        for worker in self._workers.get(topic, ()):
            worker.wake()

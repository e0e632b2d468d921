"""A record of file changes replayed: every state in which a power cut could leave the disk, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.proof.shim import MARK, SYNC, TRUNCATE, WRITE, Op

SECTOR = 512


@dataclass
class Disk:
    """What the disk surely has of each file, and what was written since and may be there, in parts, in any order."""

    safe: dict[int, bytearray]
    full: dict[int, bytearray] = field(default_factory=dict)
    waiting: list[Op] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.full = {ino: bytearray(data) for ino, data in self.safe.items()}

    def take(self, op: Op) -> None:
        """One more change; a sync makes safe what that file was waiting with, and nothing of another file."""
        if op.op == SYNC:
            for one in self.waiting:
                if one.ino == op.ino:
                    _put(self.safe[one.ino], one)
            self.waiting = [one for one in self.waiting if one.ino != op.ino]
            return
        self.waiting.append(op)
        _put(self.full[op.ino], op)

    def copy(self) -> dict[int, bytearray]:
        """What is surely there, to put more upon."""
        return {ino: bytearray(data) for ino, data in self.safe.items()}

    def torn(self) -> dict[int, bytearray]:
        """Everything in order, and of the last write every other sector only."""
        found = {ino: bytearray(data) for ino, data in self.full.items()}
        last = self.waiting[-1]
        before = bytearray(self.safe[last.ino])
        for one in self.waiting[:-1]:
            if one.ino == last.ino:
                _put(before, one)
        sectors = range(0, len(last.data), 2 * SECTOR)
        _put(before, last, set(sectors))
        found[last.ino] = before
        return found

    def any(self, rng: Random) -> dict[int, bytearray]:
        """Of what waits, some: whole, not at all, or some sectors of it; each file's changes as it pleases the disk."""
        found = self.copy()
        share = rng.choice((0.1, 0.5, 0.9))
        for one in self.waiting:
            luck = rng.random()
            if luck < share:
                _put(found[one.ino], one)
            elif luck < share + 0.1 and one.op == WRITE:
                _put(found[one.ino], one, {n for n in range(0, len(one.data), SECTOR) if rng.random() < 0.5})
        return found


def _put(image: bytearray, op: Op, sectors: set[int] | None = None) -> None:
    if op.op == TRUNCATE:
        if op.at < len(image):
            del image[op.at :]
        image.extend(bytes(op.at - len(image)))
        return
    if len(image) < op.at + len(op.data):
        image.extend(bytes(op.at + len(op.data) - len(image)))
    if sectors is None:
        image[op.at : op.at + len(op.data)] = op.data
        return
    for start in sectors:
        part = op.data[start : start + SECTOR]
        image[op.at + start : op.at + start + len(part)] = part


@dataclass(frozen=True)
class State:
    """One state of the disk: how it came about, and the last commit that was promised by then."""

    kind: str
    files: dict[int, bytearray]
    promised: int


def base(folder: Path) -> dict[int, bytearray]:
    """The files as they were when the record began: inode -> content."""
    return {int(file.name.split("_")[0]): bytearray(file.read_bytes()) for file in folder.iterdir()}


def walked(ops: list[Op], disk: Disk, watched: set[int]) -> Iterator[tuple[Op, int]]:
    """The record from its first mark on, each change taken; with the last promised commit."""
    promised = 0
    for op in ops:
        if op.op == MARK and op.data.startswith(b"done"):
            _, number, durable = op.data.split()
            promised = int(number) if durable == b"1" else promised
        elif op.op in (WRITE, TRUNCATE, SYNC) and op.ino in watched:
            disk.take(op)
        elif op.op != MARK:
            continue
        yield op, promised


def states(
    ops: list[Op], disk: Disk, watched: set[int], judged: set[int], often: int, seed: int
) -> Iterator[State]:
    """Each change of a judged file: all of it, the last write torn, `often` disorders; at each sync what is safe."""
    rng = Random(seed)  # noqa: S311 - chance that can be repeated
    for op, promised in walked(ops, disk, watched):
        if op.op in {MARK, SYNC}:
            yield State("safe", disk.copy(), promised)
            continue
        if op.ino not in judged:
            continue
        yield State("all", {ino: bytearray(data) for ino, data in disk.full.items()}, promised)
        if op.op == WRITE:
            yield State("torn", disk.torn(), promised)
        for _ in range(often):
            yield State("disorder", disk.any(rng), promised)

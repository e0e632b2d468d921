"""A state of the disk opened by the product's own code, and everything that must hold of its ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.db import WrongKey
from edge.records.books import Books, open_books
from edge.records.chain import checked

RULES = {
    "I1 a sold basket without its sale": """SELECT basket FROM basket b WHERE state = 'sold'
        AND NOT EXISTS (SELECT 1 FROM sale s WHERE s.basket = b.basket)""",
    "I1 a sale of a basket that is not sold": """SELECT sale FROM sale s JOIN basket b USING (basket)
        WHERE b.state <> 'sold'""",
    "I1 a sale without its slip": """SELECT sale FROM sale s WHERE job > 0
        AND NOT EXISTS (SELECT 1 FROM print_job j WHERE j.id = s.job)""",
    "I1 a hand-over without its slip": """SELECT pickup_id FROM pickup p WHERE job > 0
        AND NOT EXISTS (SELECT 1 FROM print_job j WHERE j.id = p.job)""",
    "I1 a hand-over, and its order is still ready": """SELECT order_id FROM pickup p JOIN fulfilment f
        USING (order_id, gen) WHERE p.whole = 1 AND p.annulled_at = '' AND f.state <> 'picked_up'""",
    "I1 a fact that moved no stock": """SELECT seq FROM journal j WHERE kind = 'pickup.collected'
        AND NOT EXISTS (SELECT 1 FROM movement m WHERE m.seq = j.seq)""",
    "I3 an order handed over twice": """SELECT order_id FROM pickup WHERE whole = 1 AND annulled_at = ''
        GROUP BY order_id, gen HAVING count(*) > 1""",
    "I3 more facts than one of an order": """SELECT body ->> '$.d.order' FROM journal
        WHERE kind = 'pickup.collected' AND body ->> '$.d.pickup' NOT IN (SELECT body ->> '$.d.pickup'
        FROM journal WHERE kind = 'pickup.annulled') AND json_array_length(body, '$.d.lines') = 0
        GROUP BY 1 HAVING count(*) > 1""",
    "I5 tenders are not the sale": """SELECT sale FROM sale s WHERE net_fen <>
        (SELECT coalesce(sum(fen), 0) FROM sale_tender t WHERE t.sale = s.sale)""",
    "I5 lines are not the sale": """SELECT sale FROM sale s WHERE net_fen <>
        (SELECT coalesce(sum(net_fen), 0) FROM sale_line l WHERE l.sale = s.sale)""",
    "I5 a line's parts are not what it lost": """SELECT sale || '/' || line
        FROM sale_line l WHERE gross_fen - net_fen <> (SELECT coalesce(sum(fen), 0) FROM sale_part p
        WHERE (p.sale, p.line) = (l.sale, l.line))""",
    "I5 a Z report is not the sum of its sales": """SELECT shift FROM shift h WHERE closed_at <> '' AND
        report ->> '$.net_fen' <>
        (SELECT coalesce(sum(net_fen), 0) FROM sale s WHERE s.shift = h.shift AND training = 0)""",
}


@dataclass(frozen=True)
class Found:
    """What a state recovered to: the ledger's bytes as a hash ('' where it did not open), and what is wrong with it."""

    content: str
    wrong: tuple[str, ...]


@dataclass
class Judge:
    """Lays states into a folder and opens them; equal ledgers are looked through once."""

    folder: Path
    key: bytes
    names: dict[int, str]
    known: dict[str, Found] = field(default_factory=dict)
    looked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    opened: int = 0

    def state(self, files: dict[int, bytearray], judged: set[int]) -> tuple[str, Found]:
        """The state's name (a hash of the judged files) and what it recovers to."""
        name = _name(b"".join(_name(files[ino]).encode() for ino in sorted(judged)))
        if name not in self.known:
            self.known[name] = self._open(files)
        return name, self.known[name]

    def _open(self, files: dict[int, bytearray]) -> Found:
        self.opened += 1
        for left in self.folder.glob("*.db*"):
            left.unlink()
        for ino, data in files.items():
            (self.folder / self.names[ino]).write_bytes(data)
        try:
            books = open_books(self.folder, self.key, "Asia/Shanghai")
        except (WrongKey, books_fault()) as error:
            return Found("", (f"does not open: {error}",))
        try:
            head = books.journal.last_seq()
        except books_fault() as error:
            books.close()
            return Found("", (f"cannot be read: {error}",))
        books.close()  # the last connection brings the whole WAL into the file
        content = f"{head}:{_name((self.folder / 'ledger.db').read_bytes())}"
        if content not in self.looked:
            self.looked[content] = self._look()
        return Found(content, self.looked[content])

    def _look(self) -> tuple[str, ...]:
        books = open_books(self.folder, self.key, "Asia/Shanghai")
        try:
            return tuple(faults(books))
        except books_fault() as error:
            return (f"cannot be read: {error}",)
        finally:
            books.close()


def books_fault() -> Any:
    """What SQLCipher raises."""
    from sqlcipher3 import dbapi2

    return dbapi2.DatabaseError


def faults(books: Books) -> list[str]:
    """Everything wrong with these books, in words that begin with the invariant."""
    read = books.ledger.read()
    wrong = [f"file: {row[0]}" for row in read.execute("PRAGMA main.integrity_check") if row[0] != "ok"]
    wrong += [f"file: {row[0]}" for row in read.execute("PRAGMA main.cipher_integrity_check")]
    wrong += [f"file: {row}" for row in read.execute("PRAGMA main.foreign_key_check")]
    wrong += [f"I1/I6 {fault}" for fault in checked(books.ledger).faults]
    for words, sql in RULES.items():
        wrong += [f"{words}: {row[0]}" for row in read.execute(sql)]
    return wrong


def _name(data: bytes | bytearray) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()

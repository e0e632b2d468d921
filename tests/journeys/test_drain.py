"""A store that was offline comes back over a line that spoils every other request, both ends killed: the short form."""

from __future__ import annotations

import sqlite3

from tests.proof.drain import Drain


def test_what_a_store_did_offline_arrives_once(tmp_path):
    drain = Drain(tmp_path, events=1100, seed=3, share=0.4)
    took = drain.run(kill_s=3.0, settled_s=200)
    report = drain.report(took)
    assert report["violations"] == []
    assert report["requests"].keys() - {"passed"}, "the line was too good to prove anything"
    assert report["killed"], "nobody was killed"
    with sqlite3.connect(tmp_path / "hub.db") as hub:
        hub.execute("UPDATE movement SET delta = -2 WHERE seq = 1")
        hub.execute("UPDATE ingest_event SET sha = 'x' WHERE seq = 2")
    assert drain.violations() == ["the journals differ", "movements"], "what is wrong would be seen"

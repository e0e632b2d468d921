"""The page that stands in for the daemon, and the worker that keeps it; tests/proof kills a daemon under them."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_the_worker_keeps_the_one_page_and_is_new_when_that_is(client: FlaskClient) -> None:
    worker = client.get("/sw.js")
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-store"
    head, _, rest = worker.text.partition(";\n")
    files = head.partition("FILES = ")[2]
    assert files.startswith('["/recovering", "/static/tokens.css?v=')
    assert rest.startswith("//")
    for path in files.strip("[]").replace('"', "").split(", "):
        assert client.get(path).status_code == 200
    page = client.get("/recovering").text
    assert "<form" not in page
    assert "设备恢复中" in page

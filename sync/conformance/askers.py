"""How the kit reaches an HQ: over HTTP, or straight into a WSGI application of this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.conformance.hq_kit import Reply
from sync.conformance.report import Broken
from sync.transport import Hub, checked_url

_TIMEOUT_S = 30.0


class OverHttp:
    """HQ at a URL."""

    def __init__(self, url: str, ca_file: str = "") -> None:
        """Raises ValueError for a URL that is not https, unless it names this machine."""
        import requests

        self._base = checked_url(url)
        self._session = requests.Session()
        self._session.trust_env = False
        if ca_file:
            self._session.verify = ca_file

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """See Asker; raises Broken where nothing answers."""
        import requests

        try:
            answer = self._session.request(
                method,
                self._base + path,
                data=body,
                headers=dict(headers),
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Broken(f"no answer: {type(error).__name__}") from None
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Reply(answer.status_code, kind, answer.headers.get("Retry-After", ""), answer.content)


class InProcess:
    """A hub in this very process."""

    def __init__(self, hub: Hub) -> None:
        self._client: Any = hub.test_client()

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """See Asker."""
        answer = self._client.open(path, method=method, data=body, headers=dict(headers))
        return Reply(answer.status_code, answer.mimetype, answer.headers.get("Retry-After", ""), answer.data)

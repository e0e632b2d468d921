"""The web server's own door: requests that two readers could read differently are refused, and the log is told."""

from __future__ import annotations

from typing import Any

from flask import Flask

from kiosk_ui.security import PLACE, SecurityLog

# Silent connections are let go soon and may be many: a hundred of them are no reason to stand still.
# poll(): select() fails for descriptors beyond 1,023, however many the system allows.
LIMITS: dict[str, Any] = {
    "connection_limit": 1000,
    "channel_timeout": 15,
    "cleanup_interval": 3,
    "max_request_header_size": 32 << 10,
    "max_request_body_size": 2 << 20,
    "asyncore_use_poll": True,
    "ident": "",
}
"""What one caller may take of the web server, for `waitress.create_server`; seconds, bytes."""


def watched(server: Any, app: Flask) -> Any:
    """The waitress server, stricter about whose end of a message is where, and heard when it refuses; returns it.

    RFC 9112 lets a server read a message of two lengths by its chunks (6.1), and one in absolute form by its own
    host (3.2.2): what stands before it may read it by the other. Nobody honest sends either, so both are refused.
    """
    from waitress.channel import HTTPChannel
    from waitress.parser import HTTPRequestParser, ParsingError
    from waitress.task import ErrorTask

    class _Strict(HTTPRequestParser):
        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if (self.chunked and "CONTENT_LENGTH" in self.headers) or "TRANSFER_ENCODING" in self.headers:
                raise ParsingError("Two lengths")
            netloc: Any = getattr(self, "proxy_netloc", "")  # the stubs do not know it
            named = netloc.decode("latin-1") if isinstance(netloc, bytes) else netloc
            if named and named.lower() != self.headers.get("HOST", "").lower():
                raise ParsingError("Two hosts")

    class _Refused(ErrorTask):
        def execute(self) -> None:
            parser: Any = self.request  # the stubs take it for its own error
            peer: Any = self.channel.addr
            address = str(peer[0]) if isinstance(peer, tuple) else ""
            log: SecurityLog = app.extensions[PLACE]
            log.heard("not_http", "request", "", address, status=int(parser.error.code))
            super().execute()

    class _Channel(HTTPChannel):
        parser_class = _Strict
        error_task_class = _Refused

    server.channel_class = _Channel
    return server

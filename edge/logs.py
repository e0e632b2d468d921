"""Logs: one JSON object a line on standard error; facts only, no personal data, no codes, no PINs."""

from __future__ import annotations

import logging
import sys
import time

LOGGER = "store_edge"


def set_up(level: str) -> None:
    """Sends our loggers, and warnings of libraries, to standard error as JSON lines in UTC."""
    from pythonjsonlogger.json import JsonFormatter

    formatter = JsonFormatter(
        "{asctime}{levelname}{name}{message}",
        style="{",
        json_ensure_ascii=False,
        rename_fields={"asctime": "at", "levelname": "level", "name": "from", "message": "fact"},
        datefmt="%Y-%m-%dT%H:%M:%SZ",
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(LOGGER).setLevel(level.upper())
    # Waitress logs raw request lines at times; ours log endpoints, which hold no client's text.
    logging.getLogger("waitress").setLevel(logging.ERROR)

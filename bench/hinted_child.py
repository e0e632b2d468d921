"""A store's daemon in a process of its own: reads an order's number, answers when the store has it."""

from __future__ import annotations

import json
import sys
import time

from config.schema import parse
from edge.daemon import running


def main() -> None:
    """Settings (JSON) as the argument; numbers come over standard input."""
    with running(parse(json.loads(sys.argv[1]))) as daemon:
        while daemon.store.status.line().trouble:
            time.sleep(0.01)
        time.sleep(1.0)  # the ear opens beside the first exchange
        print("ready", flush=True)
        for number in sys.stdin:
            while daemon.shop.books.replica.order(number.strip()) is None:
                time.sleep(0.002)
            print("there", flush=True)


if __name__ == "__main__":
    main()

"""store-edge as a child that never outlives its parent: `python -m edge.demo.leash PARENT ARGS…`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ties this process to its parent (whose id is the first argument), then runs store-edge."""
    parent = int(sys.argv[1])
    # Kept by the kernel: it works even when the parent is killed without a chance to clean up.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before the leash was on
        sys.exit(1)
    from edge.cli import main as store_edge

    store_edge(sys.argv[2:], prog_name="store-edge")


if __name__ == "__main__":
    main()

"""Runs a proof's script in a process of its own, as a person would, and gives its exit code and report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def proof(script: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """`python -m tests.proof.SCRIPT ARGUMENTS`; its figures are printed as they are."""
    command = [sys.executable, "-m", f"tests.proof.{script}", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(f"\n{' '.join(command[1:])}\n{done.stdout}")
    assert done.stdout, f"{script} ended with {done.returncode} and no report"
    report: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, report

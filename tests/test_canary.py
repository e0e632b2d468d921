"""The canary itself: it hears what it must, and nothing else."""

from __future__ import annotations

import logging

import pytest


@pytest.mark.parametrize(
    "secret",
    [
        "PK1.AFVQYLUWAAAQAADQB35DIAFUN3KAL2",
        "SB1.ABCDEFGHIJKLMNOP",
        "王*",
        "call 13800138000",
        "$argon2id$v=19$",
        "bearer abcdefghijklmnop1234",
    ],
)
def test_the_canary_hears_a_secret(canary, secret):
    logging.getLogger("store_edge.anything").info("fact", extra={"field": secret})
    assert canary.sung
    canary.sung.clear()


def test_the_canary_hears_a_secret_in_a_traceback(canary):
    try:
        int("48151623x")
    except ValueError:
        logging.getLogger("store_edge.anything").exception("failed")
    assert canary.sung
    canary.sung.clear()


def test_the_canary_leaves_facts_alone(canary):
    logging.getLogger("store_edge.anything").info("scan", extra={"scan": 7, "at": "2026-11-22T10:00:00.000Z"})
    assert not canary.sung

"""A door of the sync room: config as HQ pushes it, and what a store says became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from sync.figures import Count
from sync.signed import Signed, Version

STATUS_PATH = "/sync/v1/config/status"
ROSTER_PATH = "/sync/v1/roster"
BUNDLE_ID = "bundle"
MAX_BUNDLE = 256 * 1024
"""Bytes of a bundle's body: it must fit a page of the feed."""
CONFIG_BUCKET_SUFFIX = ":config"
"""Bundles travel as rows of the bucket `s:<store>:config`; the table is `config`, the row id is `bundle`."""

MONEY_SECTIONS = frozenset({"payments"})
"""A bundle that changes one of these needs a second key, of role `money`."""


class Scope(msgspec.Struct, frozen=True):
    """For whom a revision is; all empty: for everybody. A station's word beats its store's, that its region's."""

    region: str = ""
    store: str = ""
    station: str = ""


class Source(msgspec.Struct, frozen=True):
    """One revision at HQ: for whom it is, who made it when (RFC 3339), and why."""

    scope: Scope
    by: str
    at: str
    why: str = ""


class Bundle(msgspec.Struct, frozen=True):
    """Everything HQ has to say about how one store is set up, whole: what is not in it is at its default.

    `version` only grows for a store; going back is a new version with old content. `sections` are tables of the
    store's settings (config.schema) or data of the screens; `changed` names those that differ from the version
    before; past `expires` the bundle goes on to count, and the store says CONFIG_STALE. `origins` names the revision
    behind each setting (dotted path), `sources` says of each revision (its number as text) who made it and why.
    """

    version: Version
    store: str
    issued: str
    expires: str
    sections: dict[str, Any]
    changed: tuple[str, ...] = ()
    min_daemon: str = ""
    why: str = ""
    origins: dict[str, int] = {}
    sources: dict[str, Source] = {}


Result = Literal["offered", "trying", "applied", "rolled_back", "rejected"]


class ConfigError(msgspec.Struct, frozen=True):
    """Why a bundle was not kept: a code, where (`/printers/R1/host`), and words for HQ's people."""

    code: str
    path: str = ""
    msg: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ConfigStatus(msgspec.Struct, frozen=True):
    """What became of a version at a store; `nonce` makes a repeat harmless."""

    nonce: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    applied: Count
    tried: Count
    result: Result
    daemon: str = ""
    error: ConfigError | None = None


class ConfigTaken(msgspec.Struct, frozen=True):
    """HQ has noted a ConfigStatus."""

    ok: bool
    server_time: str


class RosterRequest(msgspec.Struct, frozen=True):
    """Asks for the rosters later than the one that this store believes."""

    after: Count


class RosterAnswer(msgspec.Struct, frozen=True):
    """Later rosters, oldest first: each is believed because of the one before it."""

    rosters: tuple[Signed, ...]

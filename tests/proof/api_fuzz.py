"""schemathesis asks a stocked store everything that its description allows and much that it does not; by role."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import msgspec
from jsonschema import Draft202012Validator
from waitress.server import create_server

from config.api_schema import ApiClientSettings, ApiScope
from config.schema import Settings
from edge.daemon import build_shop
from kiosk_ui.api.described import openapi
from kiosk_ui.web import create_app
from tests.kiosk_ui.conftest import PaperPrinter, PretendHq, settings_in, sha
from tests.proof.api_stock import stocked

SCOPES: tuple[str, ...] = get_args(ApiScope)
_ELSEWHERE = "events"
"""A stream on the live port, which the description does not have; tests/kiosk_ui/test_events.py asks it without."""
ROLES = ("lead", "cashier", *(f"without-{scope}" for scope in SCOPES if scope != _ELSEWHERE), "nobody")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)
"""All that schemathesis has but object_level_authorization, which wants two users who own things: here stations do,
and tests/kiosk_ui/test_money_attacks.py asks for baskets of other stations by name."""
_RULES_SAY_NO = ("409", "410", "422", "429", "403", "404", "503")
"""What the rules of a shop may answer to a request that is well formed: its goods are sold, its till is shut."""


def token_of(role: str) -> str:
    """The token of the program that plays a role."""
    return f"token-of-{role}"


def settings_of(folder: Path) -> Settings:
    """A store with a program for each role, at both desks."""
    clients = {
        role: ApiClientSettings(
            sha(token_of(role)),
            ("T1", "T2"),
            "cashier" if role == "cashier" else "lead",
            tuple(scope for scope in SCOPES if role != f"without-{scope}"),  # type: ignore[misc]
        )
        for role in ROLES
        if role != "nobody"
    }
    return msgspec.structs.replace(settings_in(folder), api_clients=clients)


@dataclass
class Stand:
    """A store that answers at `url`, its description with what is in stock written in, and how to end it."""

    url: str
    described: dict[str, Any]
    counts: Counter[str] = field(default_factory=Counter)


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """A real store over real HTTP."""
    settings = settings_of(folder)
    shop = build_shop(settings, bytes(range(32)), {"P1": PaperPrinter()})
    hq = PretendHq(shop)
    hq.open()
    app = create_app(shop.store, settings, 0)
    known = stocked(shop, hq, token_of("lead"))
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.effective_port}"
    try:
        yield Stand(url, widened(json.loads(json.dumps(openapi(app, "0"))), known))
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(5)
        shop.books.close()


def widened(described: dict[str, Any], known: dict[str, list[Any]]) -> dict[str, Any]:
    """The same description, in which fields and path parameters also name what is there: no request more is allowed."""

    def also(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        if name not in known or "anyOf" in schema or "$ref" in schema:
            return schema
        sound = Draft202012Validator(schema)
        values = [one for one in known[name] if sound.is_valid(one)]
        return {"anyOf": [{"enum": values}, schema]} if values else schema

    for name, kind in described["components"]["schemas"].items():
        if name.endswith("Asked"):
            kind["properties"] = {key: also(key, one) for key, one in kind.get("properties", {}).items()}
    for path in described["paths"].values():
        for operation in path.values():
            for one in operation.get("parameters", []):
                one["schema"] = also(one["name"], one["schema"])
    return described


def fuzzed(stand: Stand, role: str, examples: int, seed: int, phases: tuple[str, ...]) -> list[str]:
    """What was found against one role; empty is good. Operations of a scope that it lacks are all that it asks for."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import events, from_schema

    config = SchemathesisConfig.from_dict(_config(stand, role, examples, seed, phases))
    schema: Any = schemathesis.openapi.from_dict(_part(stand.described, role), config=config)
    found: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for case, told in event.recorder.interactions.items():
                stand.counts["requests"] += 1
                if told.response is not None:
                    stand.counts[str(told.response.status_code)] += 1
                    if told.response.status_code < 300:
                        stand.counts[f"ok {event.recorder.label}"] += 1
                del case
            for checks in event.recorder.checks.values():
                found += [_said(event.recorder.label, one) for one in checks if one.failure_info is not None]
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            found.append(f"error: {getattr(event, 'value', getattr(event, 'exception', event))!r}"[:600])
    return list(dict.fromkeys(found))


def _said(label: str, check: Any) -> str:
    info = check.failure_info
    return f"{label}: {check.name}: {info.failure} | {info.code_sample}"[:900]


def _config(stand: Stand, role: str, examples: int, seed: int, phases: tuple[str, ...]) -> dict[str, Any]:
    checks: dict[str, Any] = {"enabled": False, **{name: {"enabled": True} for name in CHECKS}}
    if role == "nobody":
        # Who says nothing of itself is told nothing of its mistakes.
        checks["missing_required_header"] = {"enabled": False}
    checks["positive_data_acceptance"]["expected-statuses"] = ["2xx", *_RULES_SAY_NO, "401"]
    checks["not_a_server_error"]["expected-statuses"] = ["2xx", "4xx", "503"]
    checks["negative_data_rejection"]["expected-statuses"] = [
        "400", "401", "403", "404", "405", "409", "410", "413", "415", "421", "422", "429", "503",
    ]  # fmt: skip
    headers = {} if role == "nobody" else {"Authorization": f"Bearer {token_of(role)}"}
    return {
        "seed": seed,
        "base-url": stand.url,
        "headers": headers,
        "checks": checks,
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        "phases": {
            name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")
        },
        "continue-on-failure": True,
    }


def _part(described: dict[str, Any], role: str) -> dict[str, Any]:
    scope = role.removeprefix("without-")
    if scope == role:
        return described
    paths = {
        path: kinds
        for path, one in described["paths"].items()
        if (
            kinds := {
                verb: said for verb, said in one.items() if f"Scope `{scope}`" in said.get("description", "")
            }
        )
    }
    return {**described, "paths": paths}


def main() -> int:
    """Exit code 1 if anything was found."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--examples", type=int, default=50)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--roles", nargs="*", default=list(ROLES))
    ask.add_argument("--phases", nargs="*", default=["examples", "coverage", "fuzzing", "stateful"])
    told = ask.parse_args()
    bad = 0
    for role in told.roles:
        with (
            tempfile.TemporaryDirectory(prefix="store-edge-fuzz-") as folder,
            standing(Path(folder)) as stand,
        ):
            found = fuzzed(stand, role, told.examples, told.seed, tuple(told.phases))
        bad += len(found)
        reached = sum(name.startswith("ok ") for name in stand.counts)
        figures = {name: n for name, n in sorted(stand.counts.items()) if not name.startswith("ok ")}
        sys.stdout.write(
            json.dumps({"role": role, "findings": len(found), "reached": reached, **figures}) + "\n"
        )
        for one in found:
            sys.stdout.write(f"  {one}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

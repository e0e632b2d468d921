"""store-edge api-client: a token for a program in the shop, told once, and the lines of settings that admit it."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import get_args

import click

from config.api_schema import ApiClientSettings, ApiScope

_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")


@click.group("api-client")
def api_client() -> None:
    """Programs in the shop that may call /api/v1."""


@api_client.command("new")
@click.argument("name")
@click.option("--stations", required=True, help="For which stations it acts, with commas: T1,T2.")
@click.option(
    "--scopes", default="", help=f"What it may call, with commas, of: {', '.join(get_args(ApiScope))}."
)
@click.option(
    "--role", type=click.Choice(["cashier", "lead"]), default="cashier", show_default=True, help="As whom."
)
def new(name: str, stations: str, scopes: str, role: str) -> None:
    """Make a token for program NAME: it is printed once, the settings hold its hash only."""
    places, parts = _listed(stations), _listed(scopes) or ApiClientSettings().scopes
    unknown = [one for one in parts if one not in get_args(ApiScope)]
    if unknown:
        raise click.UsageError(f"no such scope: {', '.join(unknown)}")
    if not places or not all(_NAME.fullmatch(one) for one in (name, *places)):
        raise click.UsageError("names are letters, digits, _ and -, at most 32")
    token = secrets.token_urlsafe(32)
    click.echo(f"The token, told this once:\n{token}\n", err=True)
    click.echo(f"[api_clients.{name}]")
    click.echo(f'token_sha256 = "{hashlib.sha256(token.encode()).hexdigest()}"')
    click.echo(f"stations = {_toml(places)}")
    click.echo(f'role = "{role}"')
    click.echo(f"scopes = {_toml(parts)}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for part in text.split(",") if (one := part.strip()))


def _toml(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"

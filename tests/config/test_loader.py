"""Settings files: what is read from them, and what is said of one that cannot be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from config.loader import Origin, load, origins, read_toml
from config.schema import Settings, SettingsRefused

EXAMPLES = Path(__file__).resolve().parents[2] / "config" / "examples"


def problem_of(path: Path) -> str:
    with pytest.raises(SettingsRefused) as caught:
        load(path)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_every_example_can_be_used(example: Path) -> None:
    assert load(example) != Settings()


def test_the_shop_example_names_every_setting_there_is() -> None:
    settings = load(EXAMPLES / "store.toml")
    said = {
        origin.path for origin in origins(settings, read_toml(EXAMPLES / "store.toml")) if origin.from_file
    }
    left_out = {f"store.{f}" for f in type(settings.store).__struct_fields__}
    left_out |= {f"web.{f}" for f in type(settings.web).__struct_fields__}
    left_out |= {f"hq.{f}" for f in type(settings.hq).__struct_fields__}
    left_out |= {f"pickup.{f}" for f in type(settings.pickup).__struct_fields__}
    assert left_out <= said


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (b"[web]\nport = \n", ":2:8: is not TOML", "Invalid value"),
        (b"[web]\nport = 1\nport = 2\n", ":3:9: is not TOML", "Cannot overwrite"),
        (b'[store]\nid = "S1', ": at its end: is not TOML", "Unterminated"),
        (b"[store]\n\nid = '\xc9\xcf\xba\xa3'\n", ":3: is not UTF-8", "save it as UTF-8"),
    ],
)
def test_the_unreadable_line_is_named(tmp_path: Path, text: bytes, place: str, what: str) -> None:
    file = tmp_path / "store.toml"
    file.write_bytes(text)
    said = problem_of(file)
    assert f"{file}{place}" in said
    assert what in said


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "none.toml").endswith("cannot be read: No such file or directory")


def test_each_value_knows_whether_the_file_or_a_default_said_it(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[web]\nport = 8770\n[stations.T1]\nkind = "guide"\n')
    found = {origin.path: origin for origin in origins(load(file), read_toml(file))}
    assert found["web.port"] == Origin("web.port", 8770, from_file=True)
    assert found["web.live_port"] == Origin("web.live_port", 8771, from_file=False)
    assert found["stations.T1.kind"] == Origin("stations.T1.kind", "guide", from_file=True)
    assert found["stations.T1.printer"] == Origin("stations.T1.printer", "", from_file=False)


def test_a_time_zone_that_does_not_exist_is_refused_with_the_likely_one(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    path.write_text('[store]\ntimezone = "Asia/Shangai"\n[stations.T1]\n')
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    assert "did you mean Asia/Shanghai?" in str(refused.value.problems[0])


@pytest.mark.parametrize(
    "url", ["http://hq.lan:8780", "ftp://hq", "https://user:pw@hq", "https://hq/?x", "hq"]
)
def test_an_address_that_would_show_the_token_is_refused(tmp_path: Path, url: str) -> None:
    path = tmp_path / "store.toml"
    path.write_text(f'[hq]\nurl = "{url}"\ntoken_file = "t"\n[stations.T1]\n')
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    assert [problem.path for problem in refused.value.problems] == ["hq.url"]


@pytest.mark.parametrize(
    "url", ["https://hq.example/a", "http://127.0.0.1:8780", "http://localhost:8780", "http://[::1]:1"]
)
def test_addresses_of_hq_that_are_safe(tmp_path: Path, url: str) -> None:
    path = tmp_path / "store.toml"
    path.write_text(f'[hq]\nurl = "{url}"\ntoken_file = "t"\n[stations.T1]\n')
    assert load(path).hq.url == url


def test_a_shop_without_a_station_and_a_token_that_everybody_knows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    known = hashlib.sha256(b"password").hexdigest()
    path.write_text(f'[api_clients.till]\ntoken_sha256 = "{known}"\n')
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    assert [problem.path for problem in refused.value.problems] == [
        "stations",
        "api_clients.till.token_sha256",
    ]

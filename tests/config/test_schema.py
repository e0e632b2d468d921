"""Settings: read whole or refused whole, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from config.schema import Settings, SettingsRefused, parse


def refused(raw: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(SettingsRefused) as caught:
        parse(raw)
    return {problem.path: (problem.message, problem.hint) for problem in caught.value.problems}


def test_nothing_at_all_is_the_defaults() -> None:
    assert parse({}) == Settings()


def test_values_are_read_into_their_types() -> None:
    settings = parse(
        {
            "store": {"id": "S00421"},
            "web": {"port": 0, "allowed_hosts": ["a", "b"]},
            "hq": {"interval_s": 3},
            "stations": {"T1": {"kind": "guide"}},
        }
    )
    assert settings.store.id == "S00421"
    assert settings.web.port == 0
    assert settings.web.allowed_hosts == ("a", "b")
    assert settings.hq.interval_s == 3.0
    assert settings.stations["T1"].kind == "guide"
    assert settings.stations["T1"].printer == ""


def test_every_problem_is_named_at_once() -> None:
    problems = refused(
        {
            "web": {"port": 70000, "hots": "0.0.0.0"},  # noqa: S104 - a misspelt key, never listened on
            "log": {"level": "loud"},
            "stations": {"T 1": {}},
            "printers": {"front": {"columns": 40}},
            "store": "S1",
            "weather": {},
        }
    )
    assert set(problems) == {
        "web.port",
        "web.hots",
        "log.level",
        "stations.T 1",
        "printers.front.columns",
        "store",
        "weather",
    }
    assert problems["store"][0] == "a table is expected, not str"


@pytest.mark.parametrize(
    ("raw", "path", "hint"),
    [
        ({"webb": {}}, "webb", "did you mean web?"),
        ({"web": {"live_prot": 1}}, "web.live_prot", "did you mean live_port?"),
        ({"stations": {"T1": {"labelzh": ""}}}, "stations.T1.labelzh", "did you mean label_zh?"),
        ({"zzz": 1}, "zzz", ""),
    ],
)
def test_a_misspelt_key_is_named_with_the_likely_one(raw: Mapping[str, Any], path: str, hint: str) -> None:
    assert refused(raw) == {path: ("unknown setting", hint)}


STATIONS: dict[str, dict[str, str]] = {"desk-left": {}, "T1": {}}


@pytest.mark.parametrize(
    ("raw", "path", "words"),
    [
        (
            {"stations": STATIONS, "scanners": {"s": {"station": "desk-lfet", "port": "/dev/x"}}},
            "scanners.s.station",
            "'desk-lfet' is not defined (did you mean desk-left?)",
        ),
        (
            {"stations": {}, "scanners": {"s": {"station": "T3", "port": "/dev/x"}}},
            "scanners.s.station",
            "(defined: none)",
        ),
        ({"stations": STATIONS, "scanners": {"s": {"station": "T1"}}}, "scanners.s.port", "is needed"),
        ({"stations": {"T1": {"printer": "back"}}}, "stations.T1.printer", "'back' is not defined"),
        ({"printers": {"p": {}}}, "printers.p.host", "is needed"),
        ({"api_clients": {"c": {"stations": ["T9"]}}}, "api_clients.c.stations", "'T9' is not defined"),
    ],
)
def test_a_name_that_points_at_nothing_is_refused(raw: Mapping[str, Any], path: str, words: str) -> None:
    with pytest.raises(SettingsRefused) as caught:
        parse(raw)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert words in str(problem)


@pytest.mark.parametrize(
    "bad", [{"web": {"port": "8770"}}, {"web": {"threads": True}}, {"hq": {"interval_s": 0}}]
)
def test_no_value_is_bent_into_a_type(bad: Mapping[str, Any]) -> None:
    assert len(refused(bad)) == 1


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"hq": {"timeout_s": float("inf")}}, "hq.timeout_s"),
        ({"web": {"port": 8000, "live_port": 8000}}, "web.live_port"),
        (
            {"stations": {"T1": {}}, "scanners": {"a": {"port": "/dev/x"}, "b": {"port": "/dev/x"}}},
            "scanners.b",
        ),
    ],
)
def test_what_would_fail_later_is_refused_now(raw: dict[str, Any], path: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        parse(raw)
    assert [problem.path for problem in refused.value.problems] == [path]

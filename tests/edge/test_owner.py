"""What root does to a service's files leaves them the service's."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")

SETTINGS = '[store]\nid = "S1"\nstate_dir = "{state}"\n[hq]\nurl = "http://127.0.0.1:1"\n[stations.T1]\n'
INVITATION = '{"v":1,"url":"http://127.0.0.1:1","token":"' + "t" * 30 + '","root_fpr":"' + "0" * 64 + '"}'


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Settings of a store whose state folder belongs to nobody, as a service's belongs to its user."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    os.chown(state, nobody.pw_uid, nobody.pw_gid)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    (tmp_path / "store.toml").write_text(SETTINGS.format(state=state))
    return tmp_path / "store.toml"


def run(box: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", *words, "--settings", str(box)]
    whole = {**os.environ, **env}
    return subprocess.run(command, input=INVITATION, capture_output=True, text=True, env=whole, check=False)


def test_without_the_service_s_key_nothing_is_made(box: Path) -> None:
    done = run(box, "enroll", "-")
    assert (done.returncode, "CREDENTIALS_DIRECTORY" in done.stderr) == (1, True), done.stderr
    assert list((box.parent / "state").iterdir()) == []


def test_what_enrolment_makes_is_the_service_s(box: Path, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "edge.key").write_text("ab" * 32)
    (secrets / "edge.key").chmod(0o600)
    done = run(box, "enroll", "-", CREDENTIALS_DIRECTORY=str(secrets))
    assert "HQ cannot be reached" in done.stderr, done.stderr
    made = {file.name: file.stat().st_uid for file in (box.parent / "state").iterdir()}
    assert {"daemon.lock", "hq.db", "ledger.db"} <= made.keys()
    assert set(made.values()) == {pwd.getpwnam("nobody").pw_uid}
    assert "edge.key" not in made


def test_a_lane_s_certificate_is_the_service_s(box: Path, tmp_path: Path) -> None:
    with box.open("a") as file:
        file.write('[lane_port]\nlisten = "127.0.0.1:0"\n')
    done = run(box, "lane-key", "K1", "--token-file", str(tmp_path / "token"))
    assert done.returncode == 0, done.stderr
    made = {file.name: file.stat().st_uid for file in (box.parent / "state").iterdir()}
    assert made
    assert set(made.values()) == {pwd.getpwnam("nobody").pw_uid}

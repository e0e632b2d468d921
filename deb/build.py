"""./dev deb: the package for a shop's box, the same bytes from the same sources wherever and whenever it is built."""

from __future__ import annotations

import argparse
import configparser
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
SYSTEM_PYTHON = "/usr/bin/python3.11"
"""Debian 12's: whoever builds with another one would ship byte code that the box does not read."""
PRODUCT = ("config", "devices", "edge", "kiosk_ui", "paying", "sync")
NOT_SHIPPED = (
    *("bin", "docs", "share", "tests", "pip", "setuptools", "pkg_resources", "_distutils_hack"),
    *("distutils-precedence.pth", "pip-*", "setuptools-*"),
)
"""What wheels bring and a box has no use for: their scripts and manuals, and what installs other packages."""
UNITS = ("*.service", "*.timer")
SYSTEM_FILES = {
    "store-edge.sysusers.conf": "usr/lib/sysusers.d/store-edge.conf",
    "store-edge.tmpfiles.conf": "usr/lib/tmpfiles.d/store-edge.conf",
    "store-edge.modules.conf": "usr/lib/modules-load.d/store-edge.conf",
    "store-edge.journald.conf": "usr/lib/systemd/journald.conf.d/60-store-edge.conf",
    "store-edge.watchdog.conf": "usr/lib/systemd/system.conf.d/60-store-edge.conf",
    "70-store-edge.rules": "usr/lib/udev/rules.d/70-store-edge.rules",
    "71-store-edge-devices.rules": "etc/udev/rules.d/71-store-edge-devices.rules",
    "nftables.conf": "etc/store-edge/nftables.conf",
    "chromium-policy.json": "etc/chromium/policies/managed/store-edge.json",
    "kiosk.pam": "etc/pam.d/store-edge-kiosk",
}
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
SHIM = """#!/bin/sh
# The release that this file belongs to, wherever it lies and whatever link led here.
here=$(readlink -f "$0")
exec "${here%/*}/python" -I -m edge "$@"
"""


def main() -> None:
    """Builds dist/store-edge_VERSION_ARCH.deb; the last line on standard output is its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument(
        "--wheels", type=Path, help="a folder of wheels to take instead of asking an index; hashes hold"
    )
    parser.add_argument("--version", default="", help="another version than setup.cfg's, for a trial")
    asked = parser.parse_args()
    version, epoch = asked.version or _version(), _epoch()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="store-edge-deb-") as place:
        tree = Path(place) / "tree"
        release = tree / f"opt/store-edge/releases/{version}"
        _release(release, version, asked.wheels)
        _compile(release, f"/opt/store-edge/releases/{version}")
        _system(tree)
        _papers(tree)
        _control(tree, version)
        _level(tree, epoch)
        sys.stdout.write(f"{_packed(tree, asked.out, version, epoch)}\n")


def _version() -> str:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    return setup["metadata"]["version"]


def _epoch() -> int:
    """The time that every file is given: SOURCE_DATE_EPOCH, else the last commit's, else an unpacked archive's."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    if (ROOT / ".git").exists():
        return int(_run("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))
    return int((ROOT / "setup.cfg").stat().st_mtime)


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ... failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout.strip()


def _release(release: Path, version: str, wheels: Path | None) -> None:
    """A tree like a virtual environment's, of Debian's own Python, that works wherever it lies."""
    site = release / "lib/python3.11/site-packages"
    site.mkdir(parents=True)
    source = ["--no-index", "--find-links", str(wheels)] if wheels else []
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(site), *source),
        *("--require-hashes", "--only-binary", ":all:", "--no-binary", "python-alipay-sdk", "--use-pep517"),
        *("--no-build-isolation", "-r", str(ROOT / "requirements/extra.txt")),
    )
    with tempfile.TemporaryDirectory(prefix="store-edge-source-") as place:
        source_tree = Path(place)
        for name in PRODUCT:
            shutil.copytree(ROOT / name, source_tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source_tree)
        told = (
            (ROOT / "setup.cfg")
            .read_text("utf-8")
            .replace(f"version = {_version()}", f"version = {version}", 1)
        )
        (source_tree / "setup.cfg").write_text(told, "utf-8")
        _run(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(site)),
            *("--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir", str(source_tree)),
        )
    for pattern in NOT_SHIPPED:
        for there in site.glob(pattern):
            shutil.rmtree(there) if there.is_dir() else there.unlink()
    _forget_the_place(next(site.glob("store_edge-*.dist-info")))
    (release / "bin").mkdir()
    (release / "bin/python").symlink_to("/usr/bin/python3")
    (release / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", "utf-8")
    (release / "bin/store-edge").write_text(SHIM, "utf-8")
    (release / "bin/store-edge").chmod(0o755)


def _forget_the_place(told: Path) -> None:
    """Takes out where it was built: nobody's business, and different each time."""
    (told / "direct_url.json").unlink()
    lines = (told / "RECORD").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "/direct_url.json," not in line]
    (told / "RECORD").write_text("".join(kept), "utf-8")


def _compile(release: Path, installed: str) -> None:
    """Byte code that is never looked at again: the service may not write there, and its files never change."""
    site = release / "lib/python3.11/site-packages"
    _run(
        *(SYSTEM_PYTHON, "-s", "-P", "-m", "compileall", "-q", "-j", "1"),
        *("--invalidation-mode", "unchecked-hash", "-s", str(release), "-p", installed, str(site)),
        PYTHONHASHSEED="0",
    )


def _system(tree: Path) -> None:
    """Units, users, folders, device rules, and what store IT may edit."""
    units = tree / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for pattern in UNITS:
        for unit in (ROOT / "systemd").glob(pattern):
            shutil.copy(unit, units)
    for name, place in SYSTEM_FILES.items():
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "systemd" / name, target)
    command = tree / "usr/bin/store-edge"
    command.parent.mkdir(parents=True)
    command.symlink_to("/opt/store-edge/current/bin/store-edge")


def _papers(tree: Path) -> None:
    """The manual, the licence, and the changes, where Debian looks for them."""
    papers = tree / "usr/share/doc/store-edge"
    shutil.copytree(ROOT / "docs", papers / "docs", ignore=shutil.ignore_patterns("pictures", "__pycache__"))
    shutil.copytree(ROOT / "systemd", papers / "systemd", ignore=shutil.ignore_patterns("[!R]*"))
    for name in ("README.md", "README.zh-CN.md", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, papers)
    shutil.copy(HERE / "copyright", papers)
    (papers / "changelog.gz").write_bytes(gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), 9, mtime=0))


def _control(tree: Path, version: str) -> None:
    folder = tree / "DEBIAN"
    folder.mkdir()
    size = sum(file.lstat().st_size for file in _files(tree)) // 1024
    filled = (HERE / "control").read_text("utf-8")
    for mark, value in (("@VERSION@", version), ("@ARCH@", _arch()), ("@SIZE@", str(size))):
        filled = filled.replace(mark, value)
    (folder / "control").write_text(filled, "utf-8")
    edited = sorted(f"/{place}" for place in SYSTEM_FILES.values() if place.startswith("etc/"))
    (folder / "conffiles").write_text("".join(f"{name}\n" for name in edited), "utf-8")
    for name in SCRIPTS:
        (folder / name).write_text((HERE / name).read_text("utf-8").replace("@VERSION@", version), "utf-8")
    sums = _run(
        "sh", "-c", f"cd '{tree}' && find opt usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"
    )
    (folder / "md5sums").write_text(sums + "\n", "utf-8")


def _arch() -> str:
    return _run("dpkg", "--print-architecture")


def _files(tree: Path) -> Iterator[Path]:
    return (there for there in tree.rglob("*") if there.is_symlink() or there.is_file())


def _level(tree: Path, epoch: int) -> None:
    """One time and two modes for everything: what a machine's umask and clock were shows nowhere."""
    for there in (tree, *tree.rglob("*")):
        if not there.is_symlink():
            runs = there.is_dir() or there.parent.name == "bin" or there.name in SCRIPTS
            there.chmod(0o755 if runs else 0o644)
        os.utime(there, (epoch, epoch), follow_symlinks=False)


def _packed(tree: Path, out: Path, version: str, epoch: int) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    made = out.resolve() / f"store-edge_{version}_{_arch()}.deb"
    # The number of threads is fixed: it, and not the machine's, decides how a stream is cut.
    packing = ("--root-owner-group", "-Zzstd", "-z9", "--threads-max=2")
    _run("dpkg-deb", *packing, "--build", str(tree), str(made), SOURCE_DATE_EPOCH=str(epoch))
    return made


if __name__ == "__main__":
    main()

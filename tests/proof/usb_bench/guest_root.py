"""The guest's disk, made once for each set of locked packages: Debian 12 with its kernel, udev and our packages."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
HOME = ROOT / ".cache/usb-bench"
LOCKED = ROOT / "requirements/run.txt"
SITE = "usr/local/lib/python3.11/dist-packages"
DEBS = "python3,libstdc++6,udev,kmod,busybox-static,systemd-standalone-sysusers,libzbar0,libusb-1.0-0"
BARE = ("doc", "man", "locale", "info", "lintian", "bug")
DISK = ("crc32c_generic", "virtio_pci", "virtio_blk", "ext4", "overlay")
"""What the kernel needs before it sees its disk; goes into the first memory disk."""
HARDWARE = (
    *("virtio_console", "xhci_pci", "ftdi_sio", "usblp", "usbhid", "hid_generic", "evdev", "uhid"),
    *("dummy_hcd", "libcomposite", "usb_f_hid", "usb_f_printer", "vivid"),
)
# linux-image-amd64 itself would bring and run initramfs-tools.
FETCH_KERNEL = (
    'cd "$1/.." && export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" && '
    "apt-get download $(apt-cache depends linux-image-amd64 | grep -o 'linux-image-6[^ ]*' | head -n 1)"
)


@dataclass(frozen=True)
class GuestRoot:
    """A folder with what QEMU boots."""

    folder: Path

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def memory_disk(self) -> Path:
        return self.folder / "first.cpio"

    @property
    def disk(self) -> Path:
        return self.folder / "disk.ext4"


def cached_root() -> GuestRoot:
    """Made anew when the locked packages or this file changed; takes a minute or two then."""
    key = hashlib.sha256(LOCKED.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    ready = HOME / key
    if not ready.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        making = HOME / "making"
        making.mkdir(parents=True)
        _make(making)
        making.rename(ready)
    return GuestRoot(ready)


def _make(folder: Path) -> None:
    root = folder / "root"
    left_out = (f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in BARE)
    _run(
        *("mmdebstrap", "--quiet", "--variant=essential", f"--include={DEBS}", *left_out),
        *(f"--customize-hook={FETCH_KERNEL}", "bookworm", str(root)),
    )
    (package,) = folder.glob("linux-image-*.deb")
    _run("dpkg-deb", "-x", str(package), str(folder / "kernel"))
    (version,) = (path.name for path in (folder / "kernel/lib/modules").iterdir())
    (folder / f"kernel/boot/vmlinuz-{version}").rename(folder / "vmlinuz")
    (folder / f"kernel/lib/modules/{version}").rename(_made(root / "usr/lib/modules") / version)
    first = _only_needed(root, version)
    _put_packages(root)
    _memory_disk(folder, root, first)
    _disk(folder, root)
    for left in ("root", "kernel", "memory"):
        shutil.rmtree(folder / left)
    package.unlink()


def _only_needed(root: Path, version: str) -> list[str]:
    """Takes away every kernel module that the bench does not load; gives those of the disk, in order."""
    _run("chroot", str(root), "depmod", version)

    def needed(names: Iterable[str]) -> list[str]:
        shown = _run("chroot", str(root), "modprobe", "-a", "-S", version, "--show-depends", *names)
        return list(dict.fromkeys(re.findall(r"^insmod /(\S+)", shown, re.MULTILINE)))

    first = needed(DISK)
    keep = {(root / path).resolve() for path in (*first, *needed(HARDWARE))}
    for module in (root / "usr/lib/modules").rglob("*.ko"):
        if module.resolve() not in keep:
            module.unlink()
    _run("chroot", str(root), "depmod", version)
    return first


def _put_packages(root: Path) -> None:
    """The very files that this environment runs with, of the packages that a shop gets."""
    for file, source in _locked_files():
        target = root / SITE / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    _run("chroot", str(root), "python3", "-m", "compileall", "-q", "-j", "0", "/" + SITE)


def _locked_files() -> Iterator[tuple[Path, Path]]:
    for name in re.findall(r"^([a-z0-9-]+)==", LOCKED.read_text("utf-8"), re.MULTILINE):
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:  # for another platform or Python
            continue
        for file in files:
            source = Path(str(file.locate()))
            if ".." not in file.parts and file.suffix != ".pyc" and source.is_file():
                yield Path(*file.parts), source


def _memory_disk(folder: Path, root: Path, first: list[str]) -> None:
    memory = _made(folder / "memory/bin").parent
    shutil.copy(root / "bin/busybox", memory / "bin/busybox")
    for module in first:
        shutil.copy(root / module, _made((memory / module).parent))
    (memory / "modules").write_text("\n".join(first), "utf-8")
    pack(memory, folder / "first.cpio")


def _disk(folder: Path, root: Path) -> None:
    kib = int(_run("du", "-s", "--apparent-size", str(root)).split()[0])
    made = ("-q", "-O", "^has_journal", "-m", "0", "-N", "60000")
    _run("mkfs.ext4", *made, "-d", str(root), str(folder / "disk.ext4"), f"{kib * 5 // 4 + 65536}k")


def pack(folder: Path, archive: Path) -> None:
    """A memory disk of what lies in the folder; the kernel takes several, one behind the other."""
    names = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
    with archive.open("wb") as out:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--owner=+0:+0", "--quiet"],
            cwd=folder,
            input=names.encode(),
            stdout=out,
            check=True,
        )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

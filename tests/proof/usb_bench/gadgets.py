"""USB devices that the guest makes itself and plugs into itself (dummy_hcd): what QEMU has no model of."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import Self

from tests.proof.usb_bench.talk import as_root, until

_HOME = Path("/sys/kernel/config/usb_gadget")
_STRINGS = "strings/0x409"


class Gadget:
    """A device with one function, pulled until `plug`; use as a context, at whose end it is taken apart."""

    def __init__(
        self,
        name: str,
        ids: tuple[int, int],
        words: tuple[str, str, str],
        function: str,
        **settings: str | bytes,
    ) -> None:
        self._home = _HOME / name
        maker, model, serial = words
        with as_root():
            for folder in (_STRINGS, "configs/c.1", f"functions/{function}"):
                (self._home / folder).mkdir(parents=True)
            self._write("idVendor", hex(ids[0]))
            self._write("idProduct", hex(ids[1]))
            self._write(f"{_STRINGS}/manufacturer", maker)
            self._write(f"{_STRINGS}/product", model)
            self._write(f"{_STRINGS}/serialnumber", serial)
            for key, value in settings.items():
                self._write(f"functions/{function}/{key}", value)
            (self._home / "configs/c.1/function").symlink_to(self._home / f"functions/{function}")
        self._function = function

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.scrap()

    def plug(self, socket: int = 0) -> None:
        """Into a socket of the guest's own controller."""
        with as_root():
            self._write("UDC", f"dummy_udc.{socket}")

    def unplug(self) -> None:
        """The cable is pulled."""
        with as_root(), contextlib.suppress(OSError):
            self._write("UDC", "\n")

    def scrap(self) -> None:
        """Unplugs it and takes it apart; whoever has its inner node open must have closed it."""
        self.unplug()
        with as_root():
            (self._home / "configs/c.1/function").unlink()
            for folder in ("configs/c.1", f"functions/{self._function}", _STRINGS, ""):
                until(partial(_removed, self._home / folder), f"{folder} goes", 5)

    def _write(self, name: str, value: str | bytes) -> None:
        (self._home / name).write_bytes(value if isinstance(value, bytes) else value.encode())


def _removed(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()

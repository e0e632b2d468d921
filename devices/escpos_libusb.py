"""A printer's line over libusb, for USB printers that the kernel's usblp does not serve; every wait ends.

usblp is asked to let go of the printer and gets it back at the end, unless somebody pulled the cable.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from config.device_schema import USB_NAME, PrinterSettings
from devices.escpos_replies import state_of_lp
from devices.ports import PrinterState

_PRINTER_CLASS = 7
_RANK = {2: 0, 1: 1}
"""bInterfaceProtocol: bidirectional, unidirectional; 3 (IEEE 1284.4) wraps what it carries."""
_SLICE_S = 0.1
"""How long a reader may be deaf to `wake`: a transfer can be waited for, but not together with anything else."""
_PIECE = 16_384
_CLAIM_S = 0.5
_borrowed: set[tuple[int, int]] = set()
"""Bus and address of printers that usblp gets back from whichever of our wires lets go last."""
_DEAD = frozenset({errno.ENODEV, errno.EIO, errno.EPIPE, errno.ENOENT, errno.EPROTO})


class UsbWire:
    """A claimed printer interface; the contract is that of `devices.escpos_wires.Wire`."""

    local = True

    def __init__(self, device: Any, interface: Any) -> None:
        from usb.util import (  # type: ignore[import-untyped]
            ENDPOINT_IN,
            ENDPOINT_TYPE_BULK,
            endpoint_direction,
            endpoint_type,
        )

        bulk = [ep for ep in interface if endpoint_type(ep.bmAttributes) == ENDPOINT_TYPE_BULK]
        into = [ep.bEndpointAddress for ep in bulk if endpoint_direction(ep.bEndpointAddress) == ENDPOINT_IN]
        self.answers = bool(into)
        self._in = into[0] if into else 0
        self._out = next(ep.bEndpointAddress for ep in bulk if ep.bEndpointAddress not in into)
        self._device = device
        self._number = interface.bInterfaceNumber
        self._lock = threading.Lock()  # a transfer after close() would claim the printer again
        self._open = True
        self._wake = threading.Event()

    def write(self, data: memoryview, wait_s: float) -> int:
        """Bytes that the printer took, at least one; raises TimeoutError, or OSError for a dead line."""
        with self._lock:
            if not self._open:
                raise ConnectionAbortedError("it is closed")
            with _translated():
                return int(self._device.write(self._out, bytes(data[:_PIECE]), _ms(wait_s)))

    def read(self, wait_s: float | None) -> bytes:
        """What arrived; b"" when nothing did in time or `wake` was called; raises OSError at the end."""
        deadline = math.inf if wait_s is None else time.monotonic() + wait_s
        while not self._wake.is_set() and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError), _translated():
                data = bytes(self._device.read(self._in, 4096, _ms(min(left, _SLICE_S))))
                if data:
                    return data
                self._wake.wait(min(left, _SLICE_S))  # many answer "nothing" at once instead of waiting
        self._wake.clear()
        return b""

    def wake(self) -> None:
        """Ends the wait of whoever reads."""
        self._wake.set()

    def lp_state(self) -> PrinterState:
        """What the USB printer class itself says (GET_PORT_STATUS); UNKNOWN where it says nothing."""
        try:
            with self._lock, _translated():
                said = self._device.ctrl_transfer(0xA1, 1, 0, self._number, 1, 500) if self._open else b""
        except OSError:
            return PrinterState.UNKNOWN
        return state_of_lp(said[0]) if len(said) else PrinterState.UNKNOWN

    def close(self) -> None:
        """Lets go and gives the printer back to usblp; never raises."""
        with self._lock:
            self._open = False
            _let_go(self._device, self._number)


def open_libusb(settings: PrinterSettings, backend: Any = None) -> UsbWire:
    """Claims the printer that `settings.device` names: vendor:product[:serial number].

    Raises OSError: ENODEV, EACCES, EBUSY; ValueError for a name that is none. `backend` is pyusb's, libusb if None.
    """
    if backend is None:
        from usb.backend import libusb1  # type: ignore[import-untyped]

        backend = libusb1.get_backend()
    if backend is None:
        raise OSError(errno.ENOENT, "the library libusb-1.0 is not installed (Debian: libusb-1.0-0)")
    with _translated():
        device = _found(settings.device, backend)
        interface = _interface(device)
        try:
            _claim(device, interface)
        except OSError:
            _let_go(device, interface.bInterfaceNumber)
            raise
    return UsbWire(device, interface)


def _found(name: str, backend: Any) -> Any:
    import usb.core  # type: ignore[import-untyped]

    named = USB_NAME.fullmatch(name)
    if named is None:
        raise ValueError("vendor:product[:serial number] is expected, as lsusb prints them (04b8:0e28)")
    vendor, product, serial = int(named[1], 16), int(named[2], 16), named[3]
    refused: OSError | None = None
    for device in usb.core.find(find_all=True, backend=backend, idVendor=vendor, idProduct=product):
        try:
            # A device that may not be opened tells no number: ValueError, "no langid".
            if serial is None or (device.iSerialNumber and device.serial_number == serial):
                return device
        except (OSError, ValueError) as error:
            denied = OSError(errno.EACCES, os.strerror(errno.EACCES))
            refused = error if isinstance(error, OSError) else denied
    raise refused or OSError(errno.ENODEV, "no such USB printer is plugged in")


def _interface(device: Any) -> Any:
    """The interface of the printer class that talks best; else, for clones without a class, one with a bulk OUT."""
    import usb.core
    from usb.util import ENDPOINT_OUT, ENDPOINT_TYPE_BULK, endpoint_direction, endpoint_type

    try:
        configuration = device.get_active_configuration()
    except usb.core.USBError as error:
        if error.errno is not None:
            raise
        device.set_configuration()
        configuration = device.get_active_configuration()
    takes = [
        one
        for one in configuration
        if any(
            endpoint_type(ep.bmAttributes) == ENDPOINT_TYPE_BULK
            and endpoint_direction(ep.bEndpointAddress) == ENDPOINT_OUT
            for ep in one
        )
    ]
    printers = [one for one in takes if one.bInterfaceClass == _PRINTER_CLASS]
    if printers:
        return min(printers, key=lambda one: _RANK.get(one.bInterfaceProtocol, 2))
    vendors_own = [one for one in takes if one.bInterfaceClass == 0xFF]
    if not vendors_own:
        raise OSError(errno.ENODEV, "it is no printer: nothing in it takes bytes")
    return vendors_own[0]


def _claim(device: Any, interface: Any) -> None:
    """Claims, off usblp if need be; what we ourselves let go a moment ago may still be on its way out."""
    import usb.util

    deadline = time.monotonic() + _CLAIM_S
    while True:
        try:
            _detach(device, interface.bInterfaceNumber)
            usb.util.claim_interface(device, interface.bInterfaceNumber)
            break
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if interface.bAlternateSetting:
        interface.set_altsetting()


def _detach(device: Any, number: int) -> None:
    with contextlib.suppress(NotImplementedError):
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
            _borrowed.add((device.bus, device.address))


def _let_go(device: Any, number: int) -> None:
    import usb.util

    with contextlib.suppress(OSError, NotImplementedError):
        usb.util.release_interface(device, number)
    socket = (device.bus, device.address)
    if socket in _borrowed:
        try:
            device.attach_kernel_driver(number)
        except OSError as error:
            if error.errno != errno.EBUSY:  # pulled out meanwhile
                _borrowed.discard(socket)
        else:
            _borrowed.discard(socket)
    with contextlib.suppress(OSError):
        usb.util.dispose_resources(device)


def _ms(wait_s: float) -> int:
    """A time-out of 0 would one without end."""
    return max(math.ceil(wait_s * 1000), 1)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Errors of pyusb as Python's own: a time-out is a TimeoutError, a gone device one number and no other."""
    import usb.core

    try:
        yield
    except usb.core.USBTimeoutError as error:
        raise TimeoutError("it takes no more bytes") from error
    except usb.core.USBError as error:
        number = errno.ENODEV if error.errno in _DEAD else error.errno or errno.EIO
        raise OSError(number, os.strerror(number)) from error

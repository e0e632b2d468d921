"""A USB socket with a simulated printer in it, as a backend of pyusb: bulk transfers go to the printer.

It stands where libusb stands, below everything that is ours: the driver opens, detaches, claims, transfers
and lets go through pyusb as ever, and the simulator answers in bytes and error numbers. No kernel is in it.
"""

from __future__ import annotations

import errno
import itertools
import os
import select
import threading
from array import array
from collections.abc import Callable, Iterator
from types import SimpleNamespace

from usb.backend import IBackend  # type: ignore[import-untyped]

from devices.simulated_printer import SimulatedPrinter

_OUT, _IN = 0x01, 0x82
_STATUS_OK = 0x18
_ENGLISH = 0x0409
_addresses = itertools.count(1)
"""Of two simulated printers none is taken for the other, as no two have one address on a bus."""


class SimulatedUsb(IBackend):  # type: ignore[misc]
    """Plugs in a printer that was made with `serial=True`; its switching off is a pulled cable.

    `refuses` is what opening (EACCES) or claiming (EBUSY) fails with, 0 for neither; `usblp` says whether
    the kernel's driver has the printer, `stalled` that it takes no more bytes, `port_status` what the
    printer class says. `two_way` and `printer_class` are what its descriptors tell.
    """

    def __init__(
        self,
        printer: SimulatedPrinter,
        *,
        vendor: int = 0x04B8,
        product: int = 0x0E28,
        serial: str = "SIM0001",
        two_way: bool = True,
        printer_class: bool = True,
    ) -> None:
        super().__init__()
        self.refuses = 0
        self.usblp = True
        self.stalled = False
        self.port_status = _STATUS_OK
        self.claimed = False
        self._printer = printer
        self._ids = (vendor, product)
        self._serial = serial
        self._address = next(_addresses)
        self._endpoints = (_OUT, _IN) if two_way else (_OUT,)
        self._class = (7, 1, 2 if two_way else 1) if printer_class else (0xFF, 0, 0)
        self._lock = threading.Lock()

    def enumerate_devices(self) -> Iterator[object]:
        """The printer, if it is plugged in."""
        if self._printer.device:
            yield self._printer

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        """USB 2.0, 9.6.1."""
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=self._ids[0],
            idProduct=self._ids[1],
            bcdDevice=0x0100,
            iManufacturer=0,
            iProduct=0,
            iSerialNumber=3 if self._serial else 0,
            bNumConfigurations=1,
            address=self._address,
            bus=1,
            port_number=1,
            port_numbers=(1,),
            speed=3,
        )

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        """USB 2.0, 9.6.3; IndexError beyond the one there is, as pyusb expects."""
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=32,
            bNumInterfaces=1,
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=1,
            extra_descriptors=[],
        )

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> SimpleNamespace:
        """USB 2.0, 9.6.5."""
        if intf or alt:
            raise IndexError(intf)
        kind, sub, protocol = self._class
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=0,
            bAlternateSetting=0,
            bNumEndpoints=len(self._endpoints),
            bInterfaceClass=kind,
            bInterfaceSubClass=sub,
            bInterfaceProtocol=protocol,
            iInterface=0,
            extra_descriptors=[],
        )

    def get_endpoint_descriptor(
        self, dev: object, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        """USB 2.0, 9.6.6."""
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=self._endpoints[ep],
            bmAttributes=2,
            wMaxPacketSize=64,
            bInterval=0,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    def open_device(self, dev: object) -> int:
        """A descriptor of the printer's line."""
        if self.refuses == errno.EACCES:
            raise _error(errno.EACCES)
        try:
            return os.open(self._printer.device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _error(errno.ENODEV) from error

    def close_device(self, dev_handle: int) -> None:
        """Lets go of the line."""
        os.close(dev_handle)

    def get_configuration(self, dev_handle: int) -> int:
        """The one there is."""
        return 1

    def is_kernel_driver_active(self, dev_handle: int, intf: int) -> bool:
        """Whether usblp has it."""
        return self.usblp

    def detach_kernel_driver(self, dev_handle: int, intf: int) -> None:
        """The kernel's driver lets go."""
        self._plugged()
        self.usblp = False

    def attach_kernel_driver(self, dev_handle: int, intf: int) -> None:
        """The kernel's driver gets it back; not while somebody has it."""
        self._plugged()
        if self.claimed:
            raise _error(errno.EBUSY)
        self.usblp = True

    def claim_interface(self, dev_handle: int, intf: int) -> None:
        """One at a time, and not while usblp has it."""
        self._plugged()
        with self._lock:
            if self.refuses == errno.EBUSY or self.claimed or self.usblp:
                raise _error(errno.EBUSY)
            self.claimed = True

    def release_interface(self, dev_handle: int, intf: int) -> None:
        """Somebody else may have it now."""
        with self._lock:
            self.claimed = False
        self._plugged()

    def bulk_write(self, dev_handle: int, ep: int, intf: int, data: array[int], timeout: int) -> int:
        """Bytes that the printer took within `timeout` ms."""
        return self._moved(dev_handle, select.POLLOUT, timeout, lambda: os.write(dev_handle, data))

    def bulk_read(self, dev_handle: int, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        """Bytes that the printer said within `timeout` ms, into `buff`."""
        return self._moved(
            dev_handle, select.POLLIN, timeout, lambda: os.readv(dev_handle, [memoryview(buff)])
        )

    def ctrl_transfer(
        self,
        dev_handle: int,
        bmRequestType: int,  # noqa: N803 - pyusb passes them by these names
        bRequest: int,  # noqa: N803
        wValue: int,  # noqa: N803
        wIndex: int,  # noqa: N803
        data: array[int],
        timeout: int,
    ) -> int:
        """String descriptors, and GET_PORT_STATUS of the printer class."""
        self._plugged()
        if (bmRequestType, bRequest) == (0xA1, 1):
            said = bytes([self.port_status])
        elif (bmRequestType, bRequest) == (0x80, 6) and wValue >> 8 == 3:
            text = self._serial.encode("utf-16-le") if wValue & 0xFF else _ENGLISH.to_bytes(2, "little")
            said = bytes([len(text) + 2, 3]) + text
        else:
            raise _error(errno.EPIPE)  # a stall: it knows no such request
        data[: len(said)] = array("B", said)
        return len(said)

    def _moved(self, handle: int, way: int, timeout: int, move: Callable[[], int]) -> int:
        from usb.core import USBTimeoutError  # type: ignore[import-untyped]

        self._plugged()
        poll = select.poll()
        poll.register(handle, 0 if self.stalled and way == select.POLLOUT else way)
        if poll.poll(timeout):
            try:
                return move()
            except BlockingIOError:
                pass
            except OSError as error:
                raise _error(errno.ENODEV) from error
        raise USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)

    def _plugged(self) -> None:
        if not self._printer.device:
            raise _error(errno.ENODEV)


def _error(number: int) -> OSError:
    from usb.core import USBError

    error: OSError = USBError(os.strerror(number), -number, number)
    return error

"""Opening a device's node: what each way in which that fails means."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from devices.ports import BadSource, DeviceAbsent, DeviceClaimed, DeviceDenied, DeviceFault

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_CLAIMED = (errno.EBUSY, errno.EAGAIN)
_NOT_SUCH = (errno.ENOTTY, errno.EINVAL, errno.EISDIR)


def opened(name: str, path: str, claim: Callable[[int], None], otherwise: str) -> int:
    """A file for reading without waiting, claimed; raises the DeviceFault that fits. `otherwise`: what it is not."""
    fd = -1
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        claim(fd)
    except OSError as error:
        if fd >= 0:
            os.close(fd)
        raise fault(name, error, otherwise) from error
    except DeviceFault:
        os.close(fd)
        raise
    return fd


def fault(name: str, error: Exception, otherwise: str = "") -> DeviceFault:
    """What an error at opening means; libraries hide the system's own error in their words or in its context."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and isinstance(error.__context__, OSError):
        number = error.__context__.errno
    reason = os.strerror(number) if number else str(error)
    if number in _DENIED:
        return DeviceDenied(name, reason)
    if number in _CLAIMED:
        return DeviceClaimed(name, reason)
    if number in _NOT_SUCH and otherwise:
        return BadSource(name, otherwise)
    return DeviceAbsent(name, reason)

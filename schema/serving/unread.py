"""What was written for a client and has not arrived there."""

from fcntl import ioctl
from struct import unpack
from termios import TIOCOUTQ
from typing import Any


def unread(transport: Any) -> int:
    """Return how many bytes wait, with us and in the kernel: that holds megabytes, and takes more only now and then."""
    waiting = transport.get_write_buffer_size()
    try:
        (there,) = unpack("i", ioctl(transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4)))
    except (OSError, ValueError):  # a system that does not tell, or a socket that was closed just now
        return waiting
    return waiting + there

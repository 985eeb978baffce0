"""What a client sends, read under a deadline for the whole of a request and not only for each piece of it."""

import io
import time
from collections.abc import Callable
from socket import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Hearing(io.RawIOBase):
    """A connection that is read. Reading raises TimeoutError when a client falls silent, or has had its time."""

    def __init__(
        self, connection: socket, *, idle: float, whole: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Seconds of silence that are borne, and seconds that a request may take from its first byte."""
        self._connection = connection
        self._idle = idle
        self._whole = whole
        self._clock = clock
        self._until: float | None = None

    def begin(self, within: float | None = None) -> None:
        """Another request; its time begins with its first byte, or now where it must end `within` so many seconds."""
        self._until = None if within is None else self._clock() + within

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As the socket gives it."""
        left = self._idle
        if self._until is not None:
            left = min(left, self._until - self._clock())
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            size = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(self._idle)
        if self._until is None:
            self._until = self._clock() + self._whole
        return size

"""Messages between the grader and a sandbox: length, then JSON, over a socket; file descriptors may ride along.

The grader's side gives every wait a deadline and every message a largest size, because the other end may lie.
"""

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

LARGEST = 96 * 2**20  # bytes of one message
_HEAD = struct.Struct(">Q")


class Broken(ConnectionError):
    """The other end closed, sent nonsense, or too much."""


@contextlib.contextmanager
def address(folder: str) -> Iterator[str]:
    """The name of the socket in a folder, short enough for the kernel (108 bytes) however deep the folder lies."""
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{place}/socket"
    finally:
        os.close(place)


def send(sock: socket.socket, message: Any, fds: tuple[int, ...] = (), deadline: float | None = None) -> None:
    """Send one message; `fds` are duplicated into the receiving process. Raises Broken or TimeoutError."""
    data = json.dumps(message, separators=(",", ":")).encode()
    sock.settimeout(_left(deadline))
    try:
        if fds:
            socket.send_fds(sock, [_HEAD.pack(len(data))], list(fds))
            sock.sendall(data)
        else:
            sock.sendall(_HEAD.pack(len(data)) + data)
    except TimeoutError:
        raise
    except OSError as error:
        raise Broken(f"the other end is gone ({type(error).__name__})") from error


def receive(sock: socket.socket, deadline: float | None = None, largest: int = LARGEST) -> Any:
    """The next message. Raises Broken, or TimeoutError when `deadline` (of time.monotonic) passes first."""
    return _body(sock, _exactly(sock, _HEAD.size, deadline), deadline, largest)


def receive_fds(sock: socket.socket, n: int = 1) -> tuple[Any, list[int]]:
    """The next message and up to `n` file descriptors that came with it (waits for ever: for servers)."""
    sock.settimeout(None)
    try:
        head, fds, _, _ = socket.recv_fds(sock, _HEAD.size, n)
    except OSError as error:
        raise Broken(str(error)) from error
    if not head:
        raise Broken("closed")
    head += _exactly(sock, _HEAD.size - len(head), None)
    return _body(sock, head, None, LARGEST), fds


def _body(sock: socket.socket, head: bytes, deadline: float | None, largest: int) -> Any:
    (size,) = _HEAD.unpack(head)
    if size > largest:
        raise Broken(f"a message of {size} bytes, where {largest} are allowed")
    try:
        return json.loads(_exactly(sock, size, deadline))
    except (ValueError, RecursionError) as error:
        raise Broken(f"not JSON ({type(error).__name__})") from error


def _exactly(sock: socket.socket, n: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    while n:
        sock.settimeout(_left(deadline))
        try:
            part = sock.recv(min(n, 2**20))
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken(str(error)) from error
        if not part:
            raise Broken("closed")
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline passed")
    return left

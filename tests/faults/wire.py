"""The network between browser and server, as a wire that tests can cut."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import Enum

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset, as when a cable is pulled


class State(Enum):
    OPEN = "open"
    CUT = "cut"  # whoever calls is turned away
    SILENT = "silent"  # calls are taken and never answered, as in a lift


class Wire:
    """A TCP relay from `address` to `port` on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._state = State.OPEN
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._held: list[socket.socket] = []
        self._left: int | None = None  # bytes until the next cut
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._answer, daemon=True).start()

    def open(self) -> None:
        with self._lock:
            self._state = State.OPEN
            held, self._held = self._held, []
        for call in held:
            _reset(call)

    def cut(self, state: State = State.CUT) -> None:
        """Breaks every connection; new ones meet `state`."""
        with self._lock:
            self._state = state
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _reset(end)

    def cut_within(self, count: int) -> None:
        """Breaks every connection once `count` more bytes have gone to the server."""
        with self._lock:
            self._left = count

    def close(self) -> None:
        self._door.close()
        self.cut()
        self.open()

    def _answer(self) -> None:
        while True:
            try:
                call, _ = self._door.accept()
            except OSError:
                return
            with self._lock:
                state = self._state
                if state is State.SILENT:
                    self._held.append(call)
            if state is State.CUT:
                _reset(call)
            elif state is State.OPEN:
                self._connect(call)

    def _connect(self, call: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._port))
        except OSError:
            _reset(call)
            return
        pair = (call, server)
        with self._lock:
            self._pairs.add(pair)
        for source, target, counts in ((call, server, True), (server, call, False)):
            threading.Thread(target=self._relay, args=(source, target, counts), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counts and (rest := self._spend(len(data))) is not None:
                    target.sendall(data[:rest])
                    self.cut(State.OPEN)
                    return
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.close()

    def _spend(self, size: int) -> int | None:
        """How many of `size` bytes may pass before the cut; None when all may."""
        with self._lock:
            if self._left is None:
                return None
            if size < self._left:
                self._left -= size
                return None
            rest, self._left = self._left, None
            return rest


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.close()

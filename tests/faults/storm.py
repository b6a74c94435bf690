"""A bad afternoon: the network breaks at random places, the server is killed and comes back."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from tests.faults.server import Server
from tests.faults.wire import State, Wire


class Storm:
    """Breaks something every few seconds until it is stopped; `done` counts what it did."""

    def __init__(self, wire: Wire, server: Server, seed: int) -> None:
        self._wire, self._server = wire, server
        self._rng = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage)
        self.done: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._thread.start()

    def stop(self) -> None:
        """Ends with everything up again."""
        self._over.set()
        self._thread.join()
        self._wire.open()
        if self.failure is not None:
            raise self.failure

    def _rage(self) -> None:
        blows = [self._cut, self._cut, self._silence, self._kill]
        try:
            while not self._over.wait(self._rng.uniform(0.5, 2)):
                self._rng.choice(blows)()
        except BaseException as failure:
            self.failure = failure

    def _cut(self) -> None:
        """In the middle of a request, then nobody answers for a while."""
        self._wire.cut_within(self._rng.randrange(1, 60_000))
        time.sleep(self._rng.uniform(0.5, 2))
        self._wire.cut(State.CUT)
        time.sleep(self._rng.uniform(1, 4))
        self._wire.open()
        self.done["network cut"] += 1

    def _silence(self) -> None:
        self._wire.cut(State.SILENT)
        time.sleep(self._rng.uniform(2, 5))
        self._wire.open()
        self.done["network silent"] += 1

    def _kill(self) -> None:
        self._server.kill()
        time.sleep(self._rng.uniform(0.5, 3))
        self._server.start()
        self.done["server killed"] += 1

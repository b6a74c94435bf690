"""A browser whose recorder is watched from outside the page's own program.

Every chunk that MediaRecorder hands out is counted and told at once to the test, with the SHA-256
of all chunks so far: what was recorded is known even when the browser dies.
"""

from __future__ import annotations

import dataclasses

from playwright.sync_api import BrowserContext

WATCH = """
(() => {
  const Recorder = window.MediaRecorder;
  let takes = 0;
  const hex = (digest) =>
    [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  window.MediaRecorder = class extends Recorder {
    constructor(...options) {
      super(...options);
      const take = `${performance.timeOrigin}-${takes += 1}`;
      const chunks = [];
      let telling = Promise.resolve();
      this.addEventListener("dataavailable", ({ data }) => {
        if (data.size === 0) return;
        chunks.push(data);
        const all = new Blob(chunks);
        telling = telling.then(async () => {
          const digest = await crypto.subtle.digest("SHA-256", await all.arrayBuffer());
          await window.witness(take, all.size, hex(digest));
        });
      });
    }
  };
})();
"""


@dataclasses.dataclass
class Filmed:
    """A take as the recorder gave it: bytes so far and their SHA-256."""

    size: int = 0
    sha256: str = ""


class Witness:
    """What the recorders of a browser's pages have given, in order of their start."""

    def __init__(self, context: BrowserContext) -> None:
        self.takes: dict[str, Filmed] = {}
        context.expose_function("witness", self._note)
        context.add_init_script(WATCH)

    def _note(self, take: str, size: int, sha256: str) -> None:
        self.takes[take] = Filmed(size, sha256)

    @property
    def filmed(self) -> list[Filmed]:
        return list(self.takes.values())

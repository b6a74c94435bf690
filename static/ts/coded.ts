// A person by study code: the films of a session as meshes, each with controls of its own.

import { Clock, type Side } from "./compare-clock";
import { Transport } from "./compare-transport";
import { Stage } from "./mesh-stage";

function replay(root: HTMLElement): void {
  const place = root.querySelector<HTMLElement>("[data-stage]");
  if (place === null) return;
  const side: Side = { source: null, zero: Number(root.dataset.zero) };
  const transport = new Transport(root, new Clock([side]), () => undefined);
  transport.zeroWords = root.dataset.zeroWords ?? "";
  const stage = new Stage(place, "", root.dataset.replay ?? "", (source) => {
    side.source = source;
    transport.refresh();
  });
  stage.show(false);
}

document.querySelectorAll<HTMLElement>("[data-replay]").forEach(replay);

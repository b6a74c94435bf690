// Entry of the recording flow's pages: taps on all of them, the recorder and the receipt on theirs.
import { followAnalysis } from "./done";
import { CaptureFlow } from "./flow";
import type { ProgressAddresses } from "./progress";
import { Screen } from "./screen";
import { readJson, readSetup } from "./setup";
import { TakeStore } from "./store";
import { guardForms } from "./taps";

if (document.getElementById("setup")) {
  void new CaptureFlow(readSetup(), new Screen()).run();
} else {
  guardForms();
}
if (document.getElementById("addresses")) {
  followAnalysis(readJson<ProgressAddresses>("addresses"));
}
// The receipt page names its session: the clinic has its films, this device needs none.
if (document.getElementById("session")) {
  void purge(readJson<string>("session"));
}

async function purge(session: string): Promise<void> {
  const store = await TakeStore.open();
  await store?.purge(session);
}

// Entry of the recording flow's pages: taps and the end of old films on all of them, the recorder and
// the receipt on theirs.
import { followAnalysis, showLate } from "./done";
import { CaptureFlow } from "./flow";
import { sendLate } from "./late";
import type { ProgressAddresses } from "./progress";
import { Screen } from "./screen";
import { readJson, readSetup } from "./setup";
import { TakeStore } from "./store";
import { guardForms } from "./taps";

if (document.getElementById("setup")) {
  void new CaptureFlow(readSetup("setup"), new Screen()).run();
} else {
  guardForms();
}
if (document.getElementById("addresses")) {
  followAnalysis(readJson<ProgressAddresses>("addresses"));
}
if (document.getElementById("late")) {
  void sendLate(readSetup("late"), showLate);
}
const open = document.querySelector<HTMLMetaElement>("meta[name=open-session]");
void TakeStore.purge(open?.content ?? null);

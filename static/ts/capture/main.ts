// Entry of the recording flow's pages: taps on all of them, the recorder and the receipt on theirs.
import { followAnalysis } from "./done";
import { CaptureFlow } from "./flow";
import { sendLate } from "./late";
import type { ProgressAddresses } from "./progress";
import { Screen, element } from "./screen";
import { readJson, readSetup } from "./setup";
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
  const place = element("late-words");
  void sendLate(readSetup("late"), ({ words, isNeeded }) => {
    place.hidden = words === "";
    if (place.textContent !== words) place.textContent = words;
    element("may-close").hidden = isNeeded;
  });
}

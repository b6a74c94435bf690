// The import page: choose clips, say what they are, send them.
import { readJson, withToken } from "../capture/setup";
import { obstacle } from "./checks";
import { inOrder, isBusy, LEFT_OUT, newClip, type Clip } from "./clip";
import { ACCEPT } from "./formats";
import { Importer } from "./importer";
import { secondsOf } from "./seconds";
import type { Setup } from "./setup";
import { ClipTable } from "./table";
import { overall, summary } from "./words";

const UNSURE = "unsure";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const setup: Setup = withToken(readJson("setup"));
const clips: Clip[] = [];
const table = new ClipTable(element("clips"), setup, () => show());
const importer = new Importer(setup, (clip) => show(clip));

function show(clip: Clip | null = null): void {
  if (clip) table.showRow(clip, clips);
  else table.show(clips);
  const { words, percent } = overall(clips);
  element("overall-words").textContent = words;
  element<HTMLProgressElement>("overall-bar").value = percent ?? 0;
  showButtons();
}

function showButtons(): void {
  const { running, sittings } = importer;
  const failed = clips.some((clip) => clip.stage.kind === "failed" && clip.task !== LEFT_OUT);
  element("chosen").hidden = clips.length === 0;
  element("overall").hidden = !running;
  element<HTMLButtonElement>("import").disabled = running || !clips.some(isSendable);
  element("again").hidden = running || !failed;
  const isEnded = !running && sittings.length + clips.filter(hasEnded).length > 0;
  element("outcome").hidden = !isEnded;
  if (isEnded) showOutcome();
}

function showOutcome(): void {
  element("summary").textContent = summary(clips);
  const rows = importer.sittings.map(({ href, title, finished }) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = href;
    link.textContent = title;
    row.append(link, finished ? "" : ": still open, for a clip of it has not arrived");
    return row;
  });
  element("sittings").replaceChildren(...rows);
  element("finish").hidden = importer.sittings.every(({ finished }) => finished);
}

function isSendable(clip: Clip): boolean {
  return clip.task !== LEFT_OUT && clip.stage.kind === "ready" && obstacle(clip, setup) === "";
}

function hasEnded(clip: Clip): boolean {
  return clip.stage.kind !== "ready" && !isBusy(clip);
}

async function choose(input: HTMLInputElement): Promise<void> {
  const added = inOrder(input.files ?? []).map((file) => newClip(file, setup.tasks, UNSURE));
  input.value = ""; // so that the same folder can be chosen again
  for (const clip of added) table.add(clip);
  clips.push(...added);
  show();
  for (const clip of added) {
    clip.seconds = await secondsOf(clip.file);
    table.showRow(clip, clips);
  }
  showButtons();
}

function applyToAll(field: "date" | "state", value: string): void {
  for (const clip of clips) if (clip.stage.kind === "ready") clip[field] = value;
  show();
}

function tryAgain(): void {
  for (const clip of clips) if (clip.stage.kind === "failed") clip.stage = { kind: "ready" };
  void importer.run(clips);
}

element<HTMLInputElement>("files").accept = ACCEPT;
for (const id of ["files", "folder"]) {
  const input = element<HTMLInputElement>(id);
  input.addEventListener("change", () => void choose(input));
}
element("all-dates-apply").addEventListener("click", () =>
  applyToAll("date", element<HTMLInputElement>("all-dates").value),
);
element("all-states-apply").addEventListener("click", () =>
  applyToAll("state", element<HTMLSelectElement>("all-states").value),
);
element("import").addEventListener("click", () => void importer.run(clips));
element("again").addEventListener("click", tryAgain);
element("finish").addEventListener("click", () => void importer.finishWithout());
window.addEventListener("beforeunload", (event) => {
  if (importer.running) event.preventDefault();
});

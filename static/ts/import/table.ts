// The table of chosen clips: one row per file, in step with its clip.
import { megabytes, obstacle, warning } from "./checks";
import { filmMime } from "./formats";
import { isBusy, LEFT_OUT, type Clip } from "./clip";
import type { Setup } from "./setup";
import { stageWords } from "./words";

const FIELDS = ["task", "date", "state", "cues"] as const;
type Field = (typeof FIELDS)[number];

export class ClipTable {
  private readonly rows = new Map<Clip, HTMLElement>();
  private readonly template = document.querySelector<HTMLTemplateElement>("#clip-row")!;

  constructor(
    private readonly body: HTMLElement,
    private readonly setup: Setup,
    private readonly changed: () => void,
  ) {}

  add(clip: Clip): void {
    const copy = this.template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    part(copy, "name").textContent = clip.file.name;
    for (const field of FIELDS) this.bind(copy, clip, field);
    this.rows.set(clip, copy);
    this.body.append(copy);
  }

  /** Writes all rows anew: what one says may depend on the others. */
  show(clips: readonly Clip[]): void {
    for (const clip of clips) this.showRow(clip, clips);
  }

  showRow(clip: Clip, clips: readonly Clip[]): void {
    const row = this.rows.get(clip)!;
    part(row, "facts").textContent = factsOf(clip);
    const isFixed = isBusy(clip) || ["received", "known"].includes(clip.stage.kind);
    for (const field of FIELDS) {
      const input = control(row, field);
      input.value = clip[field];
      input.disabled =
        isFixed || filmMime(clip.file) === null || (field !== "task" && clip.task === LEFT_OUT);
    }
    this.showStatus(row, clip, clips);
  }

  private showStatus(row: HTMLElement, clip: Clip, clips: readonly Clip[]): void {
    const { words, percent } = stageWords(clip);
    const problem = words === "" ? obstacle(clip, this.setup) : "";
    const caution = words === "" && problem === "" ? warning(clip, clips, this.setup) : "";
    const said = words || problem || caution || (clip.task === LEFT_OUT ? "Left out" : "Ready");
    row.dataset.stage = problem ? "problem" : caution ? "warning" : clip.stage.kind;
    part(row, "words").textContent = said;
    const link = part(row, "link") as HTMLAnchorElement;
    link.hidden = clip.stage.kind !== "known" || clip.stage.href === "";
    if (clip.stage.kind === "known" && clip.stage.href) link.href = clip.stage.href;
    const bar = part(row, "bar") as HTMLProgressElement;
    bar.hidden = percent === null;
    bar.value = percent ?? 0;
  }

  private bind(row: HTMLElement, clip: Clip, field: Field): void {
    const input = control(row, field);
    input.setAttribute("aria-label", `${input.dataset.label} of ${clip.file.name}`);
    input.addEventListener("change", () => {
      clip[field] = input.value;
      if (clip.stage.kind === "failed") clip.stage = { kind: "ready" };
      this.changed();
    });
  }
}

function factsOf({ file, seconds }: Clip): string {
  const length = seconds === null ? "length not readable here" : `${seconds.toFixed(1)} s`;
  return filmMime(file) === null ? megabytes(file.size) : `${megabytes(file.size)} · ${length}`;
}

function part(row: HTMLElement, name: string): HTMLElement {
  return row.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
}

function control(row: HTMLElement, field: Field): HTMLInputElement | HTMLSelectElement {
  return row.querySelector<HTMLInputElement | HTMLSelectElement>(`[data-field="${field}"]`)!;
}

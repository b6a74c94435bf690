// Two sessions side by side: the same task of both, in step at the cue, with the curves of each.

import { Charts, type Film } from "./compare-charts";
import { Clock, type Side } from "./compare-clock";
import { Transport } from "./compare-transport";
import { Stage } from "./mesh-stage";
import { onSchemeChange } from "./theme";

interface Take extends Film {
  /** Addresses; empty where there is no such thing, or it may not be seen. */
  video: string;
  mesh: string;
}

class Comparison {
  private readonly sides: Side[];
  private readonly clock: Clock;
  private readonly transport: Transport;
  private readonly stages: Stage[];
  private readonly charts: Charts;

  /** `repeats` is the number of cues that all takes have; without any they begin together. */
  constructor(
    root: HTMLElement,
    private readonly takes: readonly Take[],
    private readonly repeats: number,
  ) {
    const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
    this.sides = takes.map(() => ({ source: null, zero: 0 }));
    this.clock = new Clock(this.sides);
    this.transport = new Transport(root, this.clock, (t) => void this.charts.follow(t));
    this.charts = new Charts(takes, all("[data-curves]"), (t) => this.transport.seek(t));
    this.stages = all("[data-stage]").map((stage, i) => this.stage(stage, i));
  }

  private stage(root: HTMLElement, i: number): Stage {
    return new Stage(root, this.takes[i]?.video ?? "", this.takes[i]?.mesh ?? "", (source) => {
      const side = this.sides[i];
      if (side) side.source = source;
      this.transport.refresh();
      this.draw();
    });
  }

  showFaces(faces: boolean): void {
    this.clock.pause();
    for (const stage of this.stages) stage.show(faces);
  }

  /** The clock is zero where the cue of this number sounded in each film. */
  align(cue: number): void {
    this.sides.forEach((side, i) => {
      side.zero = this.repeats > 0 ? (this.takes[i]?.cues[cue]?.start ?? 0) : 0;
    });
    const which = this.repeats > 1 ? `cue ${cue + 1}` : "the cue";
    this.transport.zeroWords = this.repeats > 0 ? which : "the start";
    this.clock.pause();
    this.transport.seek(0);
    this.transport.refresh();
    this.draw();
  }

  draw(): void {
    void this.charts.draw(this.sides.map(({ zero }) => zero), this.clock.span);
  }

  async loadCurves(): Promise<void> {
    await this.charts.load();
    this.draw();
  }
}

function begin(root: HTMLElement): void {
  // Not there for those who may not see faces.
  const faceless = document.querySelector<HTMLInputElement>("[data-faceless]");
  const data = document.getElementById("compare-data")?.textContent ?? "";
  const { takes, repeats } = JSON.parse(data) as { takes: Take[]; repeats: number };
  const comparison = new Comparison(root, takes, repeats);
  comparison.align(0);
  comparison.showFaces(faceless !== null && !faceless.checked);
  faceless?.addEventListener("change", () => comparison.showFaces(!faceless.checked));
  for (const choice of root.querySelectorAll<HTMLInputElement>('input[name="cue"]')) {
    choice.addEventListener("change", () => comparison.align(Number(choice.value)));
  }
  onSchemeChange(() => comparison.draw());
  void comparison.loadCurves();
}

const root = document.getElementById("compare");
if (root !== null) begin(root);

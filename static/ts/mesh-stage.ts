// The place of one film: its video, or its mesh where faces are not to be seen or the video is gone.

import type { Source } from "./compare-clock";
import { load, MeshFilm } from "./mesh";

const NO_MESH = "There is no mesh of this film.";
const NO_FILM = "There is neither a film nor a mesh of this task.";
const LOADING = "Loading …";
const FAILED = "The mesh could not be loaded. Reload the page to try again.";

export class Stage {
  private readonly video: HTMLVideoElement | null;
  private readonly canvas: HTMLCanvasElement;
  private readonly words: HTMLElement;
  private mesh: Promise<MeshFilm> | null = null;
  private faces = false;

  /** `onChange` is told what plays from now on; null while there is nothing. */
  constructor(
    root: HTMLElement,
    private videoAddress: string,
    private readonly meshAddress: string,
    private readonly onChange: (source: Source | null) => void,
  ) {
    this.video = root.querySelector("video");
    this.canvas = root.querySelector("canvas") as HTMLCanvasElement;
    this.words = root.querySelector("[data-words]") as HTMLElement;
    this.video?.addEventListener("loadedmetadata", () => this.changed());
    this.video?.addEventListener("error", () => this.lost());
  }

  /** With its face, or as a mesh. */
  show(faces: boolean): void {
    this.faces = faces;
    this.video?.pause();
    this.onChange(null);
    if (faces && this.video !== null && this.videoAddress) {
      this.see(this.video);
      if (!this.video.getAttribute("src")) this.video.src = this.videoAddress;
      this.changed();
    } else if (this.meshAddress) {
      void this.showMesh();
    } else {
      this.say(this.videoAddress ? NO_MESH : NO_FILM);
    }
  }

  private async showMesh(): Promise<void> {
    this.say(LOADING);
    this.mesh ??= load(this.meshAddress).then((replay) => new MeshFilm(this.canvas, replay));
    try {
      const mesh = await this.mesh;
      if (this.faces && this.videoAddress) return; // faces were asked for again meanwhile
      this.see(this.canvas);
      this.onChange(mesh);
    } catch {
      this.mesh = null;
      this.say(FAILED);
    }
  }

  private changed(): void {
    if (this.faces && this.videoAddress) this.onChange(this.video);
  }

  /** The video cannot be played: from now on there is the mesh only. */
  private lost(): void {
    if (!this.video?.getAttribute("src")) return;
    this.videoAddress = "";
    if (this.faces) this.show(true);
  }

  private see(shown: HTMLElement): void {
    for (const each of [this.video, this.canvas, this.words]) {
      if (each !== null) each.hidden = each !== shown;
    }
  }

  private say(text: string): void {
    this.words.textContent = text;
    this.see(this.words);
  }
}

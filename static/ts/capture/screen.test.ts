import { beforeEach, describe, expect, it, vi } from "vitest";
import { PAGE } from "./fixtures";
import { Screen, element } from "./screen";

let time = 0;

describe("the screen", () => {
  let screen: Screen;
  const tap = (selector: string) => {
    time += 1000;
    document.querySelector<HTMLElement>(selector)!.click();
  };
  const shown = () =>
    [...document.querySelectorAll<HTMLElement>("[data-panel]")]
      .filter((panel) => !panel.hidden)
      .map((panel) => panel.dataset.panel);

  beforeEach(() => {
    vi.spyOn(performance, "now").mockImplementation(() => time);
    window.scrollTo = vi.fn() as typeof window.scrollTo;
    document.body.innerHTML = PAGE;
    screen = new Screen();
  });

  it("shows one panel, with the focus on its heading, and resolves with what is pressed", async () => {
    const answer = screen.ask("camera");
    expect(shown()).toEqual(["camera"]);
    expect(document.activeElement?.textContent).toBe("Camera");
    tap("[data-act=open]");
    expect(await answer).toBe("open");
  });

  it("shows no panel while the stage is open", () => {
    void screen.ask("camera");
    screen.openStage("rest");
    expect(shown()).toEqual([]);
    expect(element("stage").hidden).toBe(false);
    screen.closeStage();
    expect(element("stage").hidden).toBe(true);
  });

  it("shows and speaks what a take asks for", () => {
    screen.show({ phase: "now", index: 0 });
    expect(element("stage").dataset.phase).toBe("now");
    expect(element("stage-caption").textContent).toBe("Now");
    expect(element("spoken").textContent).toBe("Now");
  });

  it("shows a task without cues nothing but the dot", () => {
    screen.show({ phase: "lead", index: -1 });
    expect(element("stage-caption").textContent).toBe("");
  });

  it("stops a take by its button and by Escape", () => {
    screen.onStop = vi.fn();
    tap("#stage-stop");
    element("stage").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(screen.onStop).toHaveBeenCalledTimes(2);
  });

  it("tells of films on their way only while there are any", () => {
    screen.tellSending("Sending your film: 40 %", false);
    expect(element("sending").hidden).toBe(false);
    screen.tellSending("", false);
    expect(element("sending").hidden).toBe(true);
  });
});

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
  const escape = () => document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
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
    expect(document.activeElement?.textContent).toBe("camera");
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
    screen.openStage("rest");
    tap("#stage-stop");
    escape();
    expect(screen.onStop).toHaveBeenCalledTimes(2);
  });

  it("is deaf in the first second of a take, and to a key that is held down", () => {
    screen.onStop = vi.fn();
    screen.openStage("rest");
    escape();
    time += 900;
    element("stage-stop").click();
    expect(screen.onStop).not.toHaveBeenCalled();
    time += 100;
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", repeat: true }));
    expect(screen.onStop).not.toHaveBeenCalled();
    escape();
    expect(screen.onStop).toHaveBeenCalledTimes(1);
  });

  it("lets nothing but the stage be reached or read out during a take", () => {
    document.body.innerHTML = `<header></header><main>${PAGE}</main><footer></footer>`;
    screen = new Screen();
    const inert = () => [...document.querySelectorAll("[inert]")];
    screen.openStage("rest");
    expect(inert()).toEqual(
      expect.arrayContaining(["header", "footer", "#sending", "[data-panel]"].map((one) => document.querySelector(one))),
    );
    expect(element("stage").closest("[inert]")).toBeNull();
    expect(element("spoken").closest("[inert]")).toBeNull();
    screen.closeStage();
    expect(inert()).toEqual([]);
  });

  it("pauses by Escape where the panel has a pause, and nowhere else", async () => {
    let answer = "";
    void screen.ask("task-smile").then((action) => (answer = action));
    escape();
    await Promise.resolve();
    expect(answer).toBe("pause");
    void screen.ask("camera").then((action) => (answer = action));
    escape();
    await Promise.resolve();
    expect(answer).toBe("pause");
    tap("[data-act=open]");
    await Promise.resolve();
    expect(answer).toBe("open");
  });

  it("answers by itself only in the panel that is open", async () => {
    const answer = screen.ask("finish");
    screen.pressIn("question", "again");
    screen.pressIn("finish", "finish");
    expect(await answer).toBe("finish");
  });

  it("shows a part that belongs to two panels in both", () => {
    void screen.ask("question");
    expect(shown()).toEqual(["question", "question finish"]);
    void screen.ask("finish");
    expect(shown()).toEqual(["finish", "question finish"]);
  });

  it("shows and answers nothing after the last question", async () => {
    const last = screen.askLast("elsewhere", "finishing");
    const late = vi.fn();
    void screen.ask("camera").then(late);
    screen.open("setup");
    screen.pressIn("camera", "open");
    expect(shown()).toEqual(["elsewhere"]);
    tap('[data-act="here"]');
    await last;
    expect(shown()).toEqual(["finishing"]);
    expect(late).not.toHaveBeenCalled();
  });

  it("offers the start in the open panel only, and keeps the focus out of nothing", () => {
    void screen.ask("task-smile");
    screen.offerStart("Start now");
    const start = document.querySelector<HTMLElement>('[data-panel="task-smile"] [data-part="start"]')!;
    expect(start).toMatchObject({ hidden: false, textContent: "Start now" });
    expect(document.querySelector<HTMLElement>('[data-panel="task-rest"] [data-part="start"]')!.hidden).toBe(true);
    start.focus();
    screen.offerStart(null);
    expect(document.activeElement?.tagName).toBe("H1");
  });

  it("writes an advice only when it changes, so that it is read out once", async () => {
    void screen.ask("task-smile");
    const changes = vi.fn();
    const place = document.querySelector('[data-panel="task-smile"] [data-part="advice"]')!;
    new MutationObserver(changes).observe(place, { childList: true });
    for (const _tick of [1, 2, 3]) screen.advise("Come closer.");
    await Promise.resolve();
    expect(place.textContent).toBe("Come closer.");
    expect(changes).toHaveBeenCalledTimes(1);
    expect(changes.mock.calls[0]![0]).toHaveLength(1);
  });

  it("gives the text that is to be read", () => {
    void screen.ask("task-smile");
    expect(screen.text()).toBe("Do it.");
  });

  it("lets the ring grow in steps, not all the time", () => {
    const passed = () => element("stage").style.getPropertyValue("--passed");
    screen.showPassed(0.26);
    expect(passed()).toBe("0.25");
    screen.showPassed(0.3);
    expect(passed()).toBe("0.25");
    screen.closeStage();
    expect(passed()).toBe("0");
  });

  it("tells of films on their way only while there are any", () => {
    screen.tell("sending", "Sending your film …");
    expect(element("sending").hidden).toBe(false);
    screen.tell("sending", "");
    expect(element("sending").hidden).toBe(true);
  });
});

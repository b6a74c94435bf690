import { beforeEach, describe, expect, it } from "vitest";
import { FilmRow } from "./films";
import { PAGE } from "./fixtures";
import { element } from "./screen";

describe("the row of a film", () => {
  let row: FilmRow;

  beforeEach(() => {
    document.body.innerHTML = PAGE;
    row = FilmRow.from(element<HTMLElement>("film-row") as HTMLTemplateElement, "Smile");
  });

  it("names the film and says how it stands", () => {
    row.tell({ words: "Sending: 40 %", percent: 40, again: false, advice: [] });
    expect(row.part("title").textContent).toBe("Smile");
    expect(row.part("words").textContent).toBe("Sending: 40 %");
    expect(row.part<HTMLProgressElement>("bar")).toMatchObject({ hidden: false, value: 40 });
  });

  it("hides the bar when nothing goes on", () => {
    row.tell({ words: "Received", percent: null, again: false, advice: [] });
    expect(row.part("bar").hidden).toBe(true);
  });

  it("marks a film that must be made again, with advice as plain text", () => {
    const advice = ["Turn on a <b>light</b>.", "Come closer."];
    row.tell({ words: "", percent: null, again: true, advice });
    expect(row.root.classList.contains("film--again")).toBe(true);
    const told = [...row.part("advice").children].map((item) => item.textContent);
    expect(told).toEqual(advice);
  });
});

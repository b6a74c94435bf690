import { describe, expect, it } from "vitest";
import type { Finding } from "./progress";
import { question, type Film } from "./retakes";
import type { Task } from "./setup";
import { SMILE } from "./fixtures";

const RETAKES = {
  too_dark: { one: "One film was too dark.", many: "{n} films were too dark." },
  no_face: { one: "One film shows no face.", many: "{n} films show no face." },
};
const DARK: Finding = { code: "too_dark", severity: "advises", patient: "Turn on a light." };
const GONE: Finding = { code: "no_face", severity: "blocks", patient: "Face the camera." };
const STILL: Finding = { code: "no_movement", severity: "advises", patient: "Nothing to do." };

function film(code: string, fields: Partial<Film> = {}): Film {
  const task: Task = { ...SMILE, code };
  return { task, state: "received", refusal: null, findings: [], ...fields };
}

describe("the question at the end", () => {
  it("is not asked when all is well", () => {
    expect(question([film("a"), film("b", { findings: [STILL] })], RETAKES)).toBeNull();
  });

  it("groups films by what was wrong", () => {
    const films = [film("a", { findings: [DARK] }), film("b"), film("c", { findings: [DARK] })];
    const asked = question(films, RETAKES)!;
    expect(asked.title).toBe("2 films were too dark. Film them again?");
    expect(asked.yes).toBe("Yes, film again");
    expect(asked.tasks.map(({ code }) => code)).toEqual(["a", "c"]);
    expect(asked.advice).toEqual(["Turn on a light."]);
  });

  it("speaks of one film as one", () => {
    const asked = question([film("a", { findings: [STILL, DARK] })], RETAKES)!;
    expect(asked.title).toBe("One film was too dark. Film it again?");
  });

  it("counts a film once, for what makes it useless", () => {
    const films = [film("a", { findings: [DARK, GONE] }), film("b", { findings: [DARK] })];
    const asked = question(films, RETAKES)!;
    expect(asked.title).toBe("One film shows no face. One film was too dark. Film them again?");
    expect(asked.advice).toEqual(["Face the camera.", "Turn on a light."]);
  });

  it("asks for films that were left out", () => {
    const asked = question([film("a", { state: "missing" }), film("b")], RETAKES)!;
    expect(asked.title).toBe("One film has not been made. Film it now?");
    expect(asked.yes).toBe("Yes, film now");
    const two = [film("a", { state: "missing" }), film("b", { state: "missing" })];
    expect(question(two, RETAKES)!.title).toBe("2 films have not been made. Film them now?");
  });

  it("asks for films that were cut short or refused, with the reason", () => {
    const films = [film("a", { state: "partial" }), film("b", { state: "refused", refusal: "It is empty." })];
    const asked = question(films, RETAKES)!;
    expect(asked.title).toBe(
      "One film was cut short. One film could not be taken. Film them again?",
    );
    expect(asked.advice).toEqual(["It is empty."]);
  });
});

import { describe, expect, it, vi } from "vitest";

/** t() on a page with these words, as the server puts them there; on one without any for null. */
async function on(words: Record<string, string> | null): Promise<typeof import("./translate").t> {
  vi.resetModules();
  document.body.innerHTML = words
    ? `<script id="catalogue" type="application/json">${JSON.stringify(words)}</script>`
    : "";
  return (await import("./translate")).t;
}

describe("t", () => {
  it("says the words of the page's language", async () => {
    const t = await on({ Relax: "放松" });
    expect(t("Relax")).toBe("放松");
  });

  it("says the English words where there are no others", async () => {
    expect((await on({ Relax: "放松" }))("Smile")).toBe("Smile");
    expect((await on(null))("Relax")).toBe("Relax");
  });

  it("puts values where the translation wants them", async () => {
    const t = await on({ "Film {n} of {all}": "共 {all} 段，第 {n} 段" });
    expect(t("Film {n} of {all}", { n: 2, all: 5 })).toBe("共 5 段，第 2 段");
  });

  it("leaves a name without a value as it is", async () => {
    expect((await on(null))("Film {n} of {all}", { n: 2 })).toBe("Film 2 of {all}");
  });
});

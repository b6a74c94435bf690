import { afterEach, describe, expect, it, vi } from "vitest";
import { fresh, swap } from "./page";

function serve(html: string, init: ResponseInit = {}): void {
  vi.stubGlobal("fetch", async () => new Response(html, init));
}

afterEach(() => vi.unstubAllGlobals());

describe("replacing parts of a page", () => {
  it("puts the server's new element in the place of the old one", async () => {
    document.body.innerHTML = '<main><div id="a">old</div><div id="b">stays</div></main>';
    serve('<html><head><style>p {}</style></head><body><main id="m"><div id="a">new</div></main></body>');
    const page = await fresh();
    expect(page?.querySelector("style")).toBeNull();
    expect(page && swap("a", page)?.textContent).toBe("new");
    expect(document.body.textContent).toBe("newstays");
  });

  it("tells the server that the page asks by itself", async () => {
    const asked = vi.fn(async () => new Response("<main></main>"));
    vi.stubGlobal("fetch", asked);
    await fresh();
    expect(asked).toHaveBeenCalledWith(location.href, {
      headers: { Accept: "text/html", "X-Requested-With": "fetch" },
    });
  });

  it("leaves the page alone when the server does not have the element", async () => {
    document.body.innerHTML = '<main><div id="a">old</div></main>';
    serve("<main></main>");
    const page = await fresh();
    expect(page && swap("a", page)).toBeNull();
    expect(document.body.textContent).toBe("old");
  });

  it("gives nothing when the page cannot be had", async () => {
    serve("<main>gone</main>", { status: 404 });
    expect(await fresh()).toBeNull();
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    expect(await fresh()).toBeNull();
  });
});

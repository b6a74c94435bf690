import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { follow, say, show } from "./refresh";

function page(html: string): Document {
  return new DOMParser().parseFromString(`<main>${html}</main>`, "text/html");
}

describe("a part that is kept fresh", () => {
  it("stays as it is, with its focus, while it says the same", () => {
    document.body.innerHTML = '<div id="queue"><input name="csrf" value="a"> 3 jobs</div>';
    const before = document.getElementById("queue");
    show("queue", page('<div id="queue"><input name="csrf" value="b">\n3 jobs</div>'));
    expect(document.getElementById("queue")).toBe(before);
  });

  it("is replaced when it says something else, and gives the focus back", () => {
    document.body.innerHTML = '<div id="queue"><a id="job-1" href="/">1 %</a></div>';
    document.getElementById("job-1")?.focus();
    show("queue", page('<div id="queue"><a id="job-1" href="/">2 %</a></div>'));
    expect(document.getElementById("queue")?.textContent).toBe("2 %");
    expect(document.activeElement).toBe(document.getElementById("job-1"));
  });

  it("does not take the focus from elsewhere", () => {
    document.body.innerHTML = '<button id="other"></button><div id="queue">1</div>';
    document.getElementById("other")?.focus();
    show("queue", page('<div id="queue">2</div>'));
    expect(document.activeElement?.id).toBe("other");
  });

  it("changes the words of the status line and keeps the line", () => {
    document.body.innerHTML = '<p id="said" role="status">1 in the queue.</p>';
    const line = document.getElementById("said");
    say("said", page('<p id="said">2 in the queue.</p>'));
    expect(document.getElementById("said")).toBe(line);
    expect(line?.textContent).toBe("2 in the queue.");
  });
});

describe("following", () => {
  const asked = vi.fn(async () => new Response('<main><div id="queue">new</div></main>'));

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", asked);
    asked.mockClear();
    document.body.innerHTML = '<div id="queue">old</div>';
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it("asks while the page is seen and rests while it is hidden", async () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    void follow("queue", "said", 3000);
    await vi.advanceTimersByTimeAsync(9000);
    expect(asked).not.toHaveBeenCalled();
    hidden.mockReturnValue(false);
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(document.getElementById("queue")?.textContent).toBe("new");
  });
});

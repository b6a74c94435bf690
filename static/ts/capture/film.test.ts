import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Film, FilmShorter } from "./film";

const MIB = 1024 * 1024;

describe("a growing film", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("gives what there is after two seconds", async () => {
    const film = new Film();
    const part = film.slice(0, MIB);
    film.add(new Blob(["ab"]));
    vi.advanceTimersByTime(2000);
    film.add(new Blob(["cd"]));
    expect(await part).toMatchObject({ done: false, value: { size: 4 } });
  });

  it("gives a full part at once", async () => {
    const film = new Film();
    film.add(new Blob(["abcdef"]));
    expect(await film.slice(0, 4)).toMatchObject({ done: false, value: { size: 4 } });
  });

  it("gives the rest when it is finished, from any place", async () => {
    const film = new Film();
    film.add(new Blob(["abc"]));
    film.add(new Blob(["def"]));
    film.finish();
    const again = await film.slice(2, MIB);
    expect(again.done).toBe(true);
    expect(again.value!.size).toBe(4);
  });

  it("stays as it is once it is finished", async () => {
    const film = new Film();
    expect(film.add(new Blob(["abc"]))).toBe(true);
    film.finish();
    expect(film.add(new Blob(["late"]))).toBe(false);
    expect(film.blob().size).toBe(3);
    expect(await film.slice(0, MIB)).toMatchObject({ done: true, value: { size: 3 } });
  });

  it("frees its memory when it is dropped", () => {
    const film = new Film();
    film.add(new Blob(["abc"]));
    film.drop();
    expect(film.blob().size).toBe(0);
  });

  it("says that nothing is left", async () => {
    const film = new Film();
    film.add(new Blob(["abc"]));
    film.finish();
    expect(await film.slice(3, MIB)).toEqual({ done: true, value: null });
  });

  it("has nothing to give after its end", async () => {
    const film = new Film();
    film.add(new Blob(["abc"]));
    film.finish();
    await expect(film.slice(4, MIB)).rejects.toBeInstanceOf(FilmShorter);
  });

  it("waits while nothing new has come", async () => {
    const film = new Film();
    const came = vi.fn();
    void film.slice(0, MIB).then(came);
    await vi.advanceTimersByTimeAsync(5000);
    expect(came).not.toHaveBeenCalled();
  });
});

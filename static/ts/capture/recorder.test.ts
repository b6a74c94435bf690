import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoRecorder, RecorderFailed } from "./errors";
import { FakeRecorder, fakeStream } from "./fixtures";
import { TakeRecorder } from "./recorder";

describe("a take's recorder", () => {
  beforeEach(() => vi.stubGlobal("MediaRecorder", FakeRecorder));
  afterEach(() => {
    FakeRecorder.supported = ["video/webm;codecs=vp8"];
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("counts stream time from the start event, not from the call", async () => {
    vi.useFakeTimers();
    const recorder = new TakeRecorder(fakeStream(), () => undefined);
    const called = performance.now();
    const started = recorder.start();
    vi.advanceTimersByTime(120);
    FakeRecorder.last.dispatchEvent(new Event("start"));
    expect(await started).toEqual({
      zero: called + 120,
      delay: 120,
      mime: "video/webm;codecs=vp8",
    });
  });

  it("hands over chunks, without the empty ones", () => {
    const sizes: number[] = [];
    new TakeRecorder(fakeStream(), (chunk) => sizes.push(chunk.size));
    FakeRecorder.last.chunk("abc");
    FakeRecorder.last.chunk("");
    expect(sizes).toEqual([3]);
  });

  it("ends even where the stop event never comes", async () => {
    vi.useFakeTimers();
    const recorder = new TakeRecorder(fakeStream(), () => undefined);
    void recorder.start();
    FakeRecorder.last.dispatchEvent(new Event("start"));
    FakeRecorder.last.sendsStop = false;
    const stopped = recorder.stop();
    await vi.advanceTimersByTimeAsync(8000);
    await expect(stopped).resolves.toBeUndefined();
  });

  it("waits for the last chunk of a recording that the browser has ended by itself", async () => {
    vi.useFakeTimers();
    const chunks: number[] = [];
    const recorder = new TakeRecorder(fakeStream(), (chunk) => chunks.push(chunk.size));
    void recorder.start();
    FakeRecorder.last.dispatchEvent(new Event("start"));
    FakeRecorder.last.state = "inactive";
    const ended = vi.fn();
    void recorder.stop().then(ended);
    await vi.advanceTimersByTimeAsync(5000);
    expect(ended).not.toHaveBeenCalled();
    FakeRecorder.last.chunk("last");
    FakeRecorder.last.dispatchEvent(new Event("stop"));
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toHaveBeenCalled();
    expect(chunks).toEqual([4]);
  });

  it("has nothing to wait for when it has stopped, or never began", async () => {
    const recorder = new TakeRecorder(fakeStream(), () => undefined);
    await expect(recorder.stop()).resolves.toBeUndefined();
    void recorder.start();
    FakeRecorder.last.dispatchEvent(new Event("start"));
    FakeRecorder.last.state = "inactive";
    FakeRecorder.last.dispatchEvent(new Event("stop"));
    await expect(recorder.stop()).resolves.toBeUndefined();
  });

  it("hands over what still comes while it waits for the stop event", async () => {
    vi.useFakeTimers();
    const chunks: number[] = [];
    const recorder = new TakeRecorder(fakeStream(), (chunk) => chunks.push(chunk.size));
    void recorder.start();
    FakeRecorder.last.dispatchEvent(new Event("start"));
    FakeRecorder.last.sendsStop = false;
    const stopped = recorder.stop();
    FakeRecorder.last.chunk("last");
    await vi.advanceTimersByTimeAsync(8000);
    await stopped;
    expect(chunks).toEqual([4]);
  });

  it("records mp4 where the browser has no webm", async () => {
    FakeRecorder.supported = ["video/mp4"];
    const started = new TakeRecorder(fakeStream(), () => undefined).start();
    FakeRecorder.last.dispatchEvent(new Event("start"));
    expect((await started).mime).toBe("video/mp4");
  });

  it("says so when recording never begins", async () => {
    vi.useFakeTimers();
    const started = new TakeRecorder(fakeStream(), () => undefined).start();
    started.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(8000);
    await expect(started).rejects.toBeInstanceOf(RecorderFailed);
  });

  it("refuses a browser that can record nothing", () => {
    FakeRecorder.supported = [];
    expect(() => new TakeRecorder(fakeStream(), () => undefined)).toThrow(NoRecorder);
  });

  it("names a failure of the recorder", () => {
    const failed = vi.fn();
    new TakeRecorder(fakeStream(), () => undefined).onError(failed);
    FakeRecorder.last.dispatchEvent(new Event("error"));
    expect(failed.mock.calls[0]![0]).toBeInstanceOf(RecorderFailed);
  });
});

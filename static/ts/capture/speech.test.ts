import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PAGE } from "./fixtures";
import { Screen, element } from "./screen";
import { ReadAloud, Speaker } from "./speech";

interface Voice {
  readonly lang: string;
  readonly localService: boolean;
  readonly default?: boolean;
}

class FakeUtterance extends EventTarget {
  voice: Voice | null = null;
  lang = "";
  rate = 1;
  constructor(readonly text: string) {
    super();
  }
}

class FakeSynthesis extends EventTarget {
  voices: Voice[] = [];
  spoken: FakeUtterance[] = [];
  getVoices = () => this.voices;
  speak = (utterance: FakeUtterance) => void this.spoken.push(utterance);
  cancel = vi.fn();
}

const HERE: Voice = { lang: "en-GB", localService: true };
const AWAY: Voice = { lang: "en-US", localService: false, default: true };

describe("reading aloud", () => {
  let synthesis: FakeSynthesis;

  beforeEach(() => {
    vi.useFakeTimers();
    synthesis = new FakeSynthesis();
    vi.stubGlobal("speechSynthesis", synthesis);
    vi.stubGlobal("SpeechSynthesisUtterance", FakeUtterance);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("takes no voice that sends the text away", async () => {
    synthesis.voices = [AWAY];
    expect(await Speaker.find("en")).toBeNull();
    synthesis.voices = [AWAY, HERE];
    void (await Speaker.find("en"))!.say("Sit still");
    expect(synthesis.spoken[0]).toMatchObject({ text: "Sit still", voice: HERE });
  });

  it.each([
    ["zh-hans", "zh-CN", true],
    ["zh-hans", "cmn_Hans_CN", true],
    ["zh-hans", "zh-HK", false],
    ["zh-hans", "en-GB", false],
    ["en", "zh-CN", false],
    ["en-gb", "en-US", true],
  ])("for a page in %s: a voice in %s is suitable: %s", async (page, lang, suits) => {
    synthesis.voices = [{ lang, localService: true }];
    expect((await Speaker.find(page)) !== null).toBe(suits);
  });

  it("waits for voices that the browser loads late", async () => {
    const found = Speaker.find("en");
    synthesis.voices = [HERE];
    synthesis.dispatchEvent(new Event("voiceschanged"));
    expect(await found).not.toBeNull();
  });

  it("does without a browser that cannot speak", async () => {
    vi.stubGlobal("speechSynthesis", undefined);
    expect(await Speaker.find("en")).toBeNull();
  });

  it("tells when the text has been spoken, also where the browser never does", async () => {
    synthesis.voices = [HERE];
    const speaker = (await Speaker.find("en"))!;
    const spoken = speaker.say("Sit still");
    synthesis.spoken[0]!.dispatchEvent(new Event("end"));
    await spoken;
    const silent = speaker.say("Sit still");
    await vi.advanceTimersByTimeAsync(6000);
    await silent;
  });

  it("offers the box only where there is a voice, and reads only when it is ticked", async () => {
    synthesis.voices = [HERE];
    document.documentElement.lang = "en-gb";
    document.body.innerHTML = PAGE;
    const aloud = new ReadAloud(new Screen());
    await vi.advanceTimersByTimeAsync(0);
    expect(element("read-aloud-choice").hidden).toBe(false);
    expect(aloud.speaker).toBeNull();
    element<HTMLInputElement>("read-aloud").checked = true;
    expect(aloud.speaker).toBeInstanceOf(Speaker);
  });

  it("hides the box where there is none", async () => {
    document.documentElement.lang = "zh-hans";
    synthesis.voices = [HERE];
    document.body.innerHTML = PAGE;
    element("read-aloud-choice").hidden = false;
    new ReadAloud(new Screen());
    await vi.advanceTimersByTimeAsync(0);
    expect(element("read-aloud-choice").hidden).toBe(true);
  });
});

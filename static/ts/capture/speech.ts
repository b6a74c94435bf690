// Reads instructions aloud with a voice of this device; other voices would send the text away.

import { readingSeconds } from "./reading";
import { element, type Screen } from "./screen";

// Some browsers load their voices late, and say so by an event; those without any never do.
const VOICES_PATIENCE_MS = 2000;
const RATE = 0.9;
// Times as long as slow reading.
const LONGEST = 1.5;

export class Speaker {
  private constructor(
    private readonly voice: SpeechSynthesisVoice,
    private readonly synthesis: SpeechSynthesis,
  ) {}

  /** null where this device has no voice of its own for `language`. */
  static async find(language: string): Promise<Speaker | null> {
    const synthesis = window.speechSynthesis as SpeechSynthesis | undefined;
    if (!synthesis) return null;
    const voice = suitable(await voices(synthesis), language);
    return voice ? new Speaker(voice, synthesis) : null;
  }

  /** Resolves when the text has been spoken, hushed or could not be spoken; some never tell. */
  say(text: string): Promise<void> {
    this.hush();
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = this.voice;
    utterance.lang = this.voice.lang;
    utterance.rate = RATE;
    return new Promise((resolve) => {
      utterance.addEventListener("end", () => resolve());
      utterance.addEventListener("error", () => resolve());
      setTimeout(resolve, readingSeconds(text) * LONGEST * 1000);
      this.synthesis.speak(utterance);
    });
  }

  hush(): void {
    this.synthesis.cancel();
  }
}

/** The box "Read the instructions aloud": there only where this device can do it by itself. */
export class ReadAloud {
  private readonly box = element<HTMLInputElement>("read-aloud");
  private found: Speaker | null = null;

  constructor(screen: Screen) {
    void Speaker.find(document.documentElement.lang).then((found) => {
      this.found = found;
      screen.hide("read-aloud-choice", found === null);
    });
  }

  /** null where nothing should be read aloud. */
  get speaker(): Speaker | null {
    return this.box.checked ? this.found : null;
  }
}

function suitable(
  all: readonly SpeechSynthesisVoice[],
  language: string,
): SpeechSynthesisVoice | undefined {
  const own = all.filter((voice) => voice.localService && speaks(voice.lang, language));
  return own.find((voice) => voice.default) ?? own[0];
}

/** "zh-Hans" is written for Mandarin: a voice from Hong Kong would speak Cantonese. */
function speaks(voice: string, language: string): boolean {
  const [spoken, ...regions] = voice.toLowerCase().replace(/_/g, "-").split("-");
  const wanted = language.toLowerCase().split("-")[0];
  if (wanted === "zh") {
    return (spoken === "zh" || spoken === "cmn") && !regions.includes("hk");
  }
  return spoken === wanted;
}

async function voices(synthesis: SpeechSynthesis): Promise<SpeechSynthesisVoice[]> {
  const known = synthesis.getVoices();
  if (known.length > 0) return known;
  await new Promise((resolve) => {
    synthesis.addEventListener("voiceschanged", resolve, { once: true });
    setTimeout(resolve, VOICES_PATIENCE_MS);
  });
  return synthesis.getVoices();
}

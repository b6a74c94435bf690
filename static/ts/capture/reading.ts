// How long somebody takes to read a text who reads slowly, from its words or Chinese characters.

const WORDS_PER_S = 1.7;
const CHARACTERS_PER_S = 2.7;
// Finding the place and looking up from the page.
const LOOK_S = 2;

const CHINESE = /\p{Script=Han}/gu;
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

/** Seconds for a text in any language; Chinese characters are counted one by one. */
export function readingSeconds(text: string): number {
  const characters = text.match(CHINESE)?.length ?? 0;
  const words = text.replace(CHINESE, " ").match(WORD)?.length ?? 0;
  return LOOK_S + words / WORDS_PER_S + characters / CHARACTERS_PER_S;
}

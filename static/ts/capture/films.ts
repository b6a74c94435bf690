// A list of films with what is told about each; rows stay the same elements while words change.
import type { Told } from "./words";

export class FilmRow {
  readonly root: HTMLElement;

  constructor(root: HTMLElement) {
    this.root = root;
  }

  /** A copy of the page's template, titled. */
  static from(template: HTMLTemplateElement, title: string): FilmRow {
    const root = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    const row = new FilmRow(root);
    row.part("title").textContent = title;
    return row;
  }

  tell(told: Told): void {
    this.write("words", told.words);
    this.root.classList.toggle("film--again", told.again);
    this.tellPercent(told.percent);
    this.tellAdvice(told.advice);
  }

  part<T extends HTMLElement>(name: string): T {
    const found = this.root.querySelector<T>(`[data-part="${name}"]`);
    if (!found) throw new Error(`a film's row lacks its part "${name}"`);
    return found;
  }

  private write(part: string, words: string): void {
    const place = this.part(part);
    if (place.textContent !== words) place.textContent = words;
  }

  private tellPercent(percent: number | null): void {
    const bar = this.part<HTMLProgressElement>("bar");
    bar.hidden = percent === null;
    bar.value = percent ?? 0;
  }

  private tellAdvice(advice: readonly string[]): void {
    const list = this.part("advice");
    if (list.textContent === advice.join("")) return;
    list.textContent = "";
    list.append(
      ...advice.map((sentence) => {
        const item = document.createElement("li");
        item.textContent = sentence;
        return item;
      }),
    );
  }
}

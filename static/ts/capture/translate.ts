// Words for the person in the language of the page. The English sentence is the key.

let catalogue: Readonly<Record<string, string>> | null = null;

function read(): Readonly<Record<string, string>> {
  const text = document.getElementById("catalogue")?.textContent;
  return text ? (JSON.parse(text) as Record<string, string>) : {};
}

/** `english` in the page's language; `{name}` in it stands for the value of that name. */
export function t(english: string, values: Readonly<Record<string, string | number>> = {}): string {
  catalogue ??= read();
  const words = catalogue[english] ?? english;
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

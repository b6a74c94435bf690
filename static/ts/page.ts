// Parts of a page that are replaced by what the server now makes of them.

/**
 * What stands in the main part of this address's page as it is now; null when it cannot be had.
 * The head is left out: its style has the nonce of another response, which the browser would
 * report as a violation of this page's policy. The server is told that the page asks by itself.
 */
export async function fresh(): Promise<Document | null> {
  try {
    const headers = { Accept: "text/html", "X-Requested-With": "fetch" };
    const response = await fetch(location.href, { headers });
    if (!response.ok || response.redirected) return null;
    const main = /<main[\s\S]*<\/main>/.exec(await response.text());
    return main && new DOMParser().parseFromString(main[0], "text/html");
  } catch {
    return null;
  }
}

/** Puts the fresh page's element of this id in place of the shown one; returns the new element. */
export function swap(id: string, page: Document): HTMLElement | null {
  const next = page.getElementById(id);
  if (next === null) return null;
  const adopted = document.importNode(next, true);
  document.getElementById(id)?.replaceWith(adopted);
  return adopted;
}

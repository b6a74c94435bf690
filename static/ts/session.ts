// The session's page: films with their curves, and the analysis as it goes on.

import { join } from "./film";
import { follow, type Snapshot } from "./live";
import { fresh, swap } from "./page";
import { active, changed, overall, words } from "./progress";

const panels = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>("#takes [data-recording]"),
];

function shown(): Map<string, string> {
  return new Map(panels().map((p) => [p.dataset.recording ?? "", p.dataset.state ?? ""]));
}

function line(title: string, text: string): HTMLLIElement {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const state = document.createElement("span");
  name.textContent = title;
  state.textContent = text;
  state.className = "soft";
  item.append(name, state);
  return item;
}

function showProgress(root: HTMLElement, snapshot: Snapshot): void {
  const busy = snapshot.takes.filter(active);
  const assessing = snapshot.session_job !== null && active(snapshot.session_job);
  root.hidden = busy.length === 0 && !assessing;
  if (root.hidden) {
    root.replaceChildren();
    return;
  }
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = overall(snapshot);
  bar.setAttribute("aria-label", "Analysis of this session");
  const list = document.createElement("ul");
  list.append(...busy.map((take) => line(take.title, words(take))));
  if (snapshot.session_job && assessing) list.append(line("Whole session", words(snapshot.session_job)));
  const note = document.createElement("p");
  note.className = "small soft";
  note.textContent = "You may leave this page; the work goes on.";
  const box = document.createElement("div");
  box.className = "card card--thin live progress";
  box.append(bar, list, note);
  root.replaceChildren(box);
}

/** Puts the server's panels in the place of those that show something older; leaves the others. */
function merge(takes: HTMLElement, page: Document): HTMLElement[] {
  const wanted = [...page.querySelectorAll<HTMLElement>("#takes > *")];
  const ids = new Set(wanted.map((panel) => panel.id));
  const drawn: HTMLElement[] = [];
  [...takes.children].filter((old) => !ids.has(old.id)).forEach((old) => old.remove());
  wanted.forEach((panel, i) => {
    const old = panel.id ? document.getElementById(panel.id) : null;
    if (old !== null && old.dataset.state === panel.dataset.state) return;
    const next = document.importNode(panel, true);
    if (old) old.replaceWith(next);
    else takes.insertBefore(next, takes.children[i] ?? null);
    drawn.push(next);
  });
  return drawn;
}

async function refresh(): Promise<void> {
  const page = await fresh();
  const takes = document.getElementById("takes");
  if (page === null || takes === null) return;
  swap("actions", page);
  swap("assessment", page);
  swap("story", page);
  await Promise.all(merge(takes, page).map(join));
}

/** Panels of films that are analysed (again) show something older from now on. */
function markActive(snapshot: Snapshot): void {
  for (const take of snapshot.takes.filter(active)) {
    const panel = document.getElementById(`take-${take.recording}`);
    if (panel !== null) panel.dataset.state = take.state;
  }
}

let refreshes = Promise.resolve();
let assessment: string | undefined;

function seen(root: HTMLElement, snapshot: Snapshot): void {
  showProgress(root, snapshot);
  markActive(snapshot);
  const state = snapshot.session_job?.state ?? "none";
  const news = changed(snapshot, shown()).length > 0;
  const assessed = state !== assessment && assessment !== undefined;
  assessment = state;
  if (news || assessed) refreshes = refreshes.then(refresh);
}

const live = document.getElementById("live");
if (live !== null && live.dataset.done !== "yes") {
  follow(live.dataset.socket ?? "", live.dataset.poll ?? "", (snapshot) => seen(live, snapshot));
}
void Promise.all(panels().map(join));

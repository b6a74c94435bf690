// The last resort: films by the device's own camera program, where this page cannot film.
import { deviceFacts } from "./camera";
import { Delivery } from "./delivery";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import type { TakeStore } from "./store";

// A film is kept and sent in pieces of this many bytes.
const PIECE = 4 * 1024 * 1024;
const PLAIN_MIME = "video/mp4"; // some devices do not name it: the clinic looks at the film itself

export interface Desk {
  readonly setup: Setup;
  readonly screen: Screen;
  readonly store: TakeStore | null;
  readonly changed: () => void;
}

/** Asks for a film of `task`: gives it on its way, or the action of the button that was pressed. */
export async function askForFilm(task: Task, desk: Desk): Promise<Delivery | string> {
  const { screen } = desk;
  const panel = `hand-${task.code}`;
  const input = element<HTMLInputElement>(`file-${task.code}`);
  input.value = "";
  input.onchange = () => {
    if (input.files?.length) screen.pressIn(panel, "chosen");
  };
  const action = await screen.ask(panel);
  const file = input.files?.[0];
  return action === "chosen" && file ? sent(task, file, desk) : action;
}

function sent(task: Task, file: File, { setup, store, changed }: Desk): Delivery {
  const mime = file.type || PLAIN_MIME;
  const delivery = new Delivery(task, setup, changed, store);
  delivery.begin(mime);
  for (let at = 0; at < file.size; at += PIECE) delivery.add(file.slice(at, at + PIECE));
  const facts = {
    by_hand: true,
    device: deviceFacts(null),
    mime,
    made: new Date(file.lastModified).toISOString(),
    helped: setup.helped,
  };
  void delivery.complete([], facts);
  return delivery;
}

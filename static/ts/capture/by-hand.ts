// The last resort: films by the device's own camera program, where this page cannot film.
import { deviceFacts } from "./camera";
import { Delivery } from "./delivery";
import { sha256 } from "./hash";
import { element, type Screen } from "./screen";
import type { Setup, Task } from "./setup";
import type { TakeStore } from "./store";
import { t } from "./translate";

// A film is kept and sent in pieces of this many bytes.
const PIECE = 4 * 1024 * 1024;
const MIB = 1024 * 1024;
const PLAIN_MIME = "video/mp4"; // some devices do not name it: the clinic looks at the film itself

export interface Desk {
  readonly setup: Setup;
  readonly screen: Screen;
  readonly store: TakeStore | null;
  readonly changed: () => void;
  /** The SHA-256 of the film that was chosen last for each task. */
  readonly chosen: Map<string, string>;
}

/** A film that cannot be sent; the message tells the person why. */
class FilmUnfit extends Error {}

/** Asks for a film of `task`: gives it on its way, or the action of the button that was pressed. */
export async function askForFilm(task: Task, desk: Desk): Promise<Delivery | string> {
  desk.screen.tell(`unfit-${task.code}`, "");
  for (;;) {
    const file = await chooseFile(task, desk.screen);
    if (typeof file === "string") return file;
    desk.screen.open("opening"); // reading a long film takes a while
    try {
      return sent(task, file, await checked(task, file, desk), desk);
    } catch (error) {
      if (!(error instanceof FilmUnfit)) throw error;
      desk.screen.tell(`unfit-${task.code}`, error.message);
    }
  }
}

async function chooseFile(task: Task, screen: Screen): Promise<File | string> {
  const panel = `hand-${task.code}`;
  const input = element<HTMLInputElement>(`file-${task.code}`);
  input.value = "";
  input.onchange = () => {
    if (input.files?.length) screen.pressIn(panel, "chosen");
  };
  const action = await screen.ask(panel);
  const file = input.files?.[0];
  return action === "chosen" && file ? file : action;
}

/** The film's SHA-256. Throws FilmUnfit before anything of it is kept or sent. */
async function checked(task: Task, file: File, { setup, chosen }: Desk): Promise<string> {
  if (file.size > setup.maxBytes) throw new FilmUnfit(tooLarge(file.size, setup.maxBytes));
  const digest = await sha256(file).catch((error: unknown) => {
    console.error(error);
    throw new FilmUnfit(t("Your device cannot read this film. Please film again."));
  });
  const other = setup.tasks.find(
    ({ code }) => code !== task.code && chosen.get(code) === digest,
  );
  if (other) {
    throw new FilmUnfit(
      t("You have sent this film already, for “{task}”. Please choose the film of this task.", {
        task: other.title,
      }),
    );
  }
  chosen.set(task.code, digest);
  return digest;
}

function tooLarge(bytes: number, most: number): string {
  return t(
    "This film is too large: {size} MB. At most {most} MB can be sent. Please film again for a shorter time, or choose a lower video quality in your camera's settings.",
    { size: Math.ceil(bytes / MIB), most: Math.floor(most / MIB) },
  );
}

function sent(task: Task, file: File, digest: string, { setup, store, changed }: Desk): Delivery {
  const mime = file.type || PLAIN_MIME;
  const delivery = new Delivery(task, setup, changed, store);
  const pieces: Blob[] = [];
  for (let at = 0; at < file.size; at += PIECE) pieces.push(file.slice(at, at + PIECE));
  delivery.beginWhole(mime, pieces, digest);
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

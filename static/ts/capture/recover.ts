// Films that an earlier visit to the page left on this device: sent now.
import { Delivery, removeTake } from "./delivery";
import type { Setup, Task } from "./setup";
import type { LeftTake, TakeStore } from "./store";
import { plannedCues } from "./timeline";

/**
 * The session's films that are still here, on their way when this resolves; never rejects.
 * A recording that was cut off is sent as part of a take. Only the window that holds the session
 * may call it: another window's recording would look cut off.
 */
export async function recover(
  setup: Setup,
  store: TakeStore | null,
  changed: () => void,
): Promise<Delivery[]> {
  if (!store) return [];
  try {
    await store.purgeOld();
    const left = await store.left(setup.session);
    return setup.tasks.flatMap((task) => {
      const ofTask = left.filter((take) => take.task === task.code);
      const wanted = theOneToSend(task, ofTask);
      for (const take of ofTask) {
        if (take !== wanted) void removeTake(store.copyOf(take), take.address, setup.csrf);
      }
      return wanted ? [sent(wanted, new Delivery(task, setup, changed, store))] : [];
    });
  } catch (error) {
    console.error(error);
    return [];
  }
}

/** The newest whole film, else the longest part of one, where the clinic has no film yet. */
function theOneToSend(task: Task, takes: readonly LeftTake[]): LeftTake | null {
  const films = takes.filter((take) => !take.unwanted && take.chunks.length > 0);
  const whole = films.filter(isWhole).pop();
  if (whole || task.received) return whole ?? null;
  return films.sort((a, b) => a.seconds - b.seconds).pop() ?? null;
}

function isWhole({ facts }: LeftTake): boolean {
  return facts !== null && !facts.partial;
}

function sent(left: LeftTake, delivery: Delivery): Delivery {
  delivery.resume(left);
  const { cues, capture } = left.facts ?? cutOff(left, delivery.task);
  if (isWhole(left)) void delivery.complete(cues, capture);
  else void delivery.breakOff(cues, capture);
  return delivery;
}

function cutOff({ mime, started, seconds }: LeftTake, task: Task) {
  return {
    cues: plannedCues(task).filter((cue) => cue.end <= seconds),
    capture: { interrupted: "page closed", mime, started, seconds },
  };
}

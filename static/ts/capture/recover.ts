// Films that an earlier visit to the page left on this device: sent now.
import { Delivery, removeTake } from "./delivery";
import type { Delivering, Task } from "./setup";
import type { LeftTake, TakeStore } from "./store";
import { plannedCues } from "./timeline";

/**
 * The session's films that are still here, on their way when this resolves; never rejects.
 * A recording that was cut off is sent as part of a take. Only the window that holds the session
 * may call it: another window's recording would look cut off.
 */
export async function recover(
  setup: Delivering,
  store: TakeStore | null,
  changed: () => void,
): Promise<Delivery[]> {
  if (!store) return [];
  try {
    const left = await store.left(setup.session);
    const films = setup.tasks.flatMap((task) => {
      const ofTask = left.filter((take) => take.task === task.code);
      const wanted = theOneToSend(task, ofTask);
      const others = ofTask.filter((take) => take !== wanted);
      for (const take of others) putAway(take, task.received, store, setup.csrf);
      if (!wanted) return [];
      const delivery = new Delivery(task, setup, changed, store);
      void sent(wanted, delivery).then(() => {
        const isWholeThere = delivery.state.kind === "received" && !delivery.isPartial;
        if (isWholeThere) for (const take of others) putAway(take, true, store, setup.csrf);
      });
      return [delivery];
    });
    return films;
  } catch (error) {
    console.error(error);
    return [];
  }
}

/** The newest whole film, else the longest part of one, where the clinic has no film yet. Those that
 * the clinic did not take before are tried where there are no others. */
function theOneToSend(task: Task, takes: readonly LeftTake[]): LeftTake | null {
  const there = takes.filter((take) => !take.unwanted && take.chunks.length > 0);
  const untried = there.filter((take) => !take.refused);
  const films = untried.length > 0 ? untried : there;
  const whole = films.filter(isWhole).pop();
  if (whole || task.received) return whole ?? null;
  return films.sort((a, b) => a.seconds - b.seconds).pop() ?? null;
}

function isWhole({ facts }: LeftTake): boolean {
  return facts !== null && !facts.partial;
}

/**
 * A take that is not sent. The server may have more of it than this device: its part goes only
 * when nobody wants it, or the clinic has a whole film. Until then a shorter part stays here.
 */
function putAway(take: LeftTake, isWholeThere: boolean, store: TakeStore, csrf: () => string): void {
  if (take.unwanted || isWholeThere) void removeTake(store.copyOf(take), take.address, csrf);
  else if (take.chunks.length === 0) store.copyOf(take).forget();
}

/** Resolves when the film is settled. */
async function sent(left: LeftTake, delivery: Delivery): Promise<void> {
  delivery.resume(left);
  const { cues, capture } = left.facts ?? cutOff(left, delivery.task);
  if (isWhole(left)) await delivery.complete(cues, capture);
  else await delivery.breakOff(cues, capture);
}

function cutOff({ mime, started, seconds }: LeftTake, task: Task) {
  return {
    cues: plannedCues(task).filter((cue) => cue.end <= seconds),
    capture: { interrupted: "page closed", mime, started, seconds },
  };
}

// One take from count-down to the last byte: recorder, cues, and everything that may break it off.
import type { AudioBeeper } from "./beep";
import { cameraSettings, deviceFacts, watchCamera } from "./camera";
import { Delivery } from "./delivery";
import { PageLeft, StoppedByHand } from "./errors";
import { FrameMeter, type FrameFacts } from "./framerate";
import { TakeRecorder, type Started } from "./recorder";
import { runTake, type TakeTimes } from "./run";
import type { Screen } from "./screen";
import type { Setup, Task } from "./setup";

const COUNT_HZ = 660;
const COUNT_FROM = 3;

/** Where takes are made: the open camera, its picture, and what speaks to the person. */
export interface Studio {
  readonly setup: Setup;
  readonly screen: Screen;
  readonly beeper: AudioBeeper;
  readonly stream: MediaStream;
  readonly video: HTMLVideoElement;
  readonly changed: () => void;
}

/** Films a task and hands the film on. Throws the CaptureError that broke it off. */
export async function recordTake(task: Task, studio: Studio): Promise<Delivery> {
  const stop = new AbortController();
  const over = new AbortController();
  const delivery = new Delivery(task, studio.setup, studio.changed);
  const recorder = new TakeRecorder(studio.stream, (chunk) => delivery.film.add(chunk));
  recorder.onError((error) => stop.abort(error));
  watch(studio, stop, over.signal);
  studio.screen.openStage(task.kind);
  try {
    await countDown(studio, stop.signal);
    await film(task, studio, recorder, delivery, stop.signal);
    return delivery;
  } catch (error) {
    delivery.cancel();
    await recorder.stop();
    throw error;
  } finally {
    over.abort();
    studio.screen.closeStage();
  }
}

async function film(
  task: Task,
  studio: Studio,
  recorder: TakeRecorder,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const meter = new FrameMeter(studio.video).start();
  const started = await recorder.start();
  delivery.begin(started.mime);
  const times = await runTake(task, started.zero, studio.screen, studio.beeper, signal);
  await recorder.stop();
  void delivery.complete(times.cues, captureFacts(studio, started, times, meter.stop()));
}

/** Everything that ends a take early, until `over`. */
function watch(studio: Studio, stop: AbortController, over: AbortSignal): void {
  const left = () => stop.abort(new PageLeft());
  const hidden = () => document.hidden && left();
  document.addEventListener("visibilitychange", hidden, { signal: over });
  window.addEventListener("pagehide", left, { signal: over });
  watchCamera(studio.stream, (error) => stop.abort(error), over);
  studio.screen.onStop = () => stop.abort(new StoppedByHand());
}

async function countDown({ screen, beeper }: Studio, signal: AbortSignal): Promise<void> {
  for (let count = COUNT_FROM; count > 0; count -= 1) {
    screen.showCount(count);
    beeper.at(performance.now(), COUNT_HZ);
    await second(signal);
  }
}

function second(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", fail);
      resolve();
    }, 1000);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

/** What is kept with the film about how it was captured. */
function captureFacts(
  { stream }: Studio,
  started: Started,
  times: TakeTimes,
  frames: FrameFacts,
): Record<string, unknown> {
  return {
    device: deviceFacts(stream),
    settings: cameraSettings(stream),
    mime: started.mime,
    zero: { from: "start event", delay_ms: Math.round(started.delay) },
    cues: times.stamps,
    seconds: times.seconds,
    frames,
  };
}

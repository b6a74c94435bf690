// One take from count-down to the last byte: recorder, cues, and everything that may break it off.
import { abort, listen, reasonOf } from "./abort";
import type { AudioBeeper } from "./beep";
import { cameraSettings, deviceFacts, watchCamera, watchFrames } from "./camera";
import { Delivery } from "./delivery";
import { PageLeft, StoppedByHand, namedError, type CaptureError } from "./errors";
import { FrameMeter, type FrameFacts } from "./framerate";
import type { Guide } from "./guide/guide";
import { watchLeaving, watchSleep } from "./leaving";
import { TakeRecorder, type Started } from "./recorder";
import { runTake, type TakeTimes } from "./run";
import type { Screen } from "./screen";
import type { Setup, Task } from "./setup";
import type { TakeStore } from "./store";
import type { Start } from "./waiting";

const COUNT_HZ = 660;
const COUNT_FROM = 3;

/** Where takes are made: the open camera, its picture, and what speaks to the person. */
export interface Studio {
  readonly setup: Setup;
  readonly screen: Screen;
  readonly beeper: AudioBeeper;
  readonly stream: MediaStream;
  readonly video: HTMLVideoElement;
  /** null while it is not known yet whether there is one. */
  readonly guide: Guide | null;
  readonly store: TakeStore | null;
  readonly changed: () => void;
  /** Aborted when this page may record no more; the reason is a CaptureError. */
  readonly closed: AbortSignal;
}

/** How a take ended. */
export interface Outcome {
  /** The film on its way, whole or in part; null where nothing is kept. */
  readonly delivery: Delivery | null;
  /** What broke it off; null: it is complete. */
  readonly broken: CaptureError | null;
}

/** Films a task and hands on what was recorded, also of a take that was interrupted. */
export async function recordTake(task: Task, start: Start, studio: Studio): Promise<Outcome> {
  const stop = new AbortController();
  const over = new AbortController();
  watch(studio, stop, over.signal);
  studio.screen.openStage(task.kind);
  try {
    await countDown(studio, stop.signal);
    return await new Take(task, start, studio, stop).film(over.signal);
  } catch (error) {
    studio.beeper.cancel();
    return { delivery: null, broken: namedError(error) };
  } finally {
    over.abort();
    studio.screen.closeStage();
  }
}

class Take {
  private readonly delivery: Delivery;
  private readonly recorder: TakeRecorder;
  private readonly meter: FrameMeter;
  private chunks = 0;

  constructor(
    private readonly task: Task,
    private readonly start: Start,
    private readonly studio: Studio,
    private readonly stop: AbortController,
  ) {
    this.recorder = new TakeRecorder(studio.stream, (chunk) => this.add(chunk));
    this.recorder.onError((error) => abort(stop, error));
    this.delivery = new Delivery(task, studio.setup, studio.changed, studio.store);
    this.meter = new FrameMeter(studio.video);
  }

  async film(over: AbortSignal): Promise<Outcome> {
    const { signal } = this.stop;
    const { screen, beeper } = this.studio;
    this.meter.start();
    try {
      const started = await unless(signal, this.recorder.start());
      this.delivery.begin(started.mime);
      const left = () => abort(this.stop, new PageLeft());
      const lookForSleep = watchSleep(left, () => this.chunks, over);
      const times = await runTake(this.task, started.zero, screen, beeper, signal);
      await lookForSleep();
      await this.recorder.stop();
      return this.handOn(started, times);
    } catch (error) {
      await this.recorder.stop();
      this.delivery.cancel();
      throw error;
    }
  }

  private add(chunk: Blob): void {
    this.chunks += 1;
    this.delivery.add(chunk);
  }

  private handOn(started: Started, times: TakeTimes): Outcome {
    const { delivery } = this;
    const broken = this.stop.signal.aborted ? namedError(reasonOf(this.stop.signal)) : null;
    const facts = captureFacts(this.studio, this.start, started, times, this.meter.stop(), broken);
    if (broken === null) {
      void delivery.complete(times.cues, facts);
    } else if (broken.interruption !== null) {
      void delivery.breakOff(times.cues, facts);
    } else {
      delivery.cancel();
      return { delivery: null, broken };
    }
    return { delivery, broken };
  }
}

/** Everything that ends a take early, until `over`. */
function watch(studio: Studio, stop: AbortController, over: AbortSignal): void {
  const { closed } = studio;
  listen(closed, "abort", () => abort(stop, reasonOf(closed)), over);
  watchCamera(studio.stream, (error) => abort(stop, error), over);
  watchFrames(studio.video, (error) => abort(stop, error), over);
  studio.screen.onStop = () => abort(stop, new StoppedByHand());
  watchLeaving(() => abort(stop, new PageLeft()), over);
}

async function countDown({ screen, beeper }: Studio, signal: AbortSignal): Promise<void> {
  await unless(signal, beeper.wake());
  for (let count = COUNT_FROM; count > 0; count -= 1) {
    screen.showCount(count);
    beeper.at(performance.now(), COUNT_HZ);
    await unless(signal, new Promise((resolve) => setTimeout(resolve, 1000)));
  }
}

/** What `promise` gives, unless `signal` is aborted first: then it rejects with the reason. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(reasonOf(signal));
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", fail));
  });
}

/** What is kept with the film about how it was captured. */
function captureFacts(
  { stream, guide, setup, beeper }: Studio,
  start: Start,
  started: Started,
  times: TakeTimes,
  frames: FrameFacts,
  broken: CaptureError | null,
): Record<string, unknown> {
  return {
    device: deviceFacts(stream),
    settings: cameraSettings(stream),
    mime: started.mime,
    zero: { from: "start event", delay_ms: Math.round(started.delay) },
    cues: times.stamps,
    sound: beeper.facts(),
    seconds: times.seconds,
    frames,
    start,
    guide: guide?.facts() ?? null,
    helped: setup.helped,
    interrupted: broken?.interruption ?? null,
  };
}

// What the recorder's tests share: tasks, and stand-ins for the browser's camera and recorder.
import type { Setup, Task } from "./setup";

export const SMILE: Task = {
  code: "smile",
  kind: "expression",
  title: "Smile",
  leadIn: 2,
  repeats: 2,
  now: 2,
  relax: 2,
  received: false,
};

export const REST: Task = { ...SMILE, code: "rest", kind: "rest", title: "Sit still", leadIn: 8, repeats: 0, now: 0, relax: 0 };

export const SETUP: Setup = {
  session: "5e55",
  uploads: "http://localhost/uploads/",
  submit: "/submit/",
  progress: "/progress/",
  socket: "/ws/",
  maxPatch: 1024,
  slowFps: 20,
  csrf: "token",
  tasks: [REST, SMILE],
};

/** The parts of the capture page that its program looks for. */
export const PAGE = `
  <p id="spoken"></p><p id="sending" hidden></p>
  <section data-panel="camera"><h1 tabindex="-1">Camera</h1><button data-act="open"></button></section>
  <section data-panel="preview" hidden><h1 tabindex="-1"></h1><p id="camera-facts"></p>
    <button id="camera-go" data-act="go" disabled></button></section>
  <video id="preview"></video>
  <section data-panel="problem" hidden><h1 id="problem-title" tabindex="-1"></h1>
    <p id="problem-words"></p><button data-act="retry"></button></section>
  <section data-panel="review" hidden><h1 tabindex="-1"></h1><ul id="films"></ul>
    <p id="finish-waits"></p><button id="finish" data-act="finish" disabled></button></section>
  <template id="film-row"><li><h2 data-part="title"></h2><p data-part="words"></p>
    <progress data-part="bar" max="100" hidden></progress><ul data-part="advice"></ul>
    <button data-part="again"></button><button data-part="watch"></button>
    <video data-part="video" hidden></video></li></template>
  <div id="stage" hidden><p id="stage-caption"></p><button id="stage-stop"></button></div>`;

/** A camera track that a test can end or mute. */
export class FakeTrack extends EventTarget {
  readyState = "live";
  label = "Front camera";
  stop = () => {
    this.readyState = "ended";
  };
  getSettings = () => ({ width: 640, height: 360, frameRate: 30 });
}

export function fakeStream(track = new FakeTrack()): MediaStream {
  return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
}

/** A MediaRecorder whose events the test fires. */
export class FakeRecorder extends EventTarget {
  static supported = ["video/webm;codecs=vp8"];
  static last: FakeRecorder;
  static isTypeSupported = (type: string) => FakeRecorder.supported.includes(type);
  state = "inactive";
  mimeType: string;
  sendsStop = true;

  constructor(
    readonly stream: MediaStream,
    options: { mimeType: string },
  ) {
    super();
    this.mimeType = options.mimeType;
    FakeRecorder.last = this;
  }

  start(): void {
    this.state = "recording";
  }

  stop(): void {
    this.state = "inactive";
    if (this.sendsStop) queueMicrotask(() => this.dispatchEvent(new Event("stop")));
  }

  chunk(text: string): void {
    this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: new Blob([text]) }));
  }
}

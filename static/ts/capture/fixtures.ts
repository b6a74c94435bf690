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
  maxBytes: 8 * 1024 * 1024,
  csrf: () => "token",
  tasks: [REST, SMILE],
  practice: false,
  helped: false,
  expires: null,
  retakes: { too_dark: { one: "One film was too dark.", many: "{n} films were too dark." } },
  guide: {
    assets: "/static/vision/",
    thresholds: {},
    live: { stable_s: 1.5, start_anyway_s: 15, start_by_itself_s: 30, check_wait_s: 20 },
  },
};

const panel = (name: string, content = "") =>
  `<section data-panel="${name}" hidden><h1 tabindex="-1">${name}</h1>${content}</section>`;
const button = (act: string, id = act) => `<button id="${id}" data-act="${act}"></button>`;
const START = `<p data-part="advice"></p>
  <button data-act="start" data-part="start" hidden></button><button data-act="pause"></button>`;

/** The parts of the record page that its program looks for. */
export const PAGE = `
  <p id="spoken"></p><p id="sending" hidden></p><p id="expiry" hidden></p>
  ${panel("opening")}
  ${panel("camera", `<label id="read-aloud-choice" hidden><input type="checkbox" id="read-aloud"></label>
    <input type="checkbox" id="by-myself">
    <button data-act="open"></button>`)}
  ${panel("setup", `<p data-read>Look here.</p><p id="sound-words"></p>${START}`)}
  <video id="preview"></video>
  ${panel("problem", '<h1 id="problem-title"></h1><p id="problem-words"></p><button data-act="retry"></button><button data-act="by-hand"></button>')}
  ${["rest", "smile"].map((code) => panel(`task-${code}`, `<p id="place-${code}"></p><p data-read>Do it.</p>${START}`)).join("")}
  ${["rest", "smile"].map((code) => panel(`hand-${code}`, `<p id="unfit-${code}" hidden></p><input type="file" id="file-${code}">
    <button data-act="later"></button><button data-act="skip"></button>`)).join("")}
  ${panel("stopped", `<h1 id="stopped-title"></h1><p id="stopped-words"></p><button data-act="again"></button>
    ${button("by-hand", "stopped-by-hand")}
    <button data-act="later"></button><button data-act="skip"></button>`)}
  ${panel("paused", `<p id="paused-words"></p><button data-act="continue"></button>
    <button data-act="later"></button>${button("skip", "paused-skip")}`)}
  ${panel("later", '<p id="later-words"></p><button data-act="continue"></button>')}
  ${panel("elsewhere", '<button data-act="here"></button>')}
  ${panel("wait", '<p id="wait-words"></p><progress id="wait-bar" max="100"></progress><button data-act="later"></button>')}
  ${panel("question", `<p id="question-title"></p><ul id="question-advice"></ul>${button("again", "question-yes")}
    ${button("finish", "question-finish")}${button("later", "question-later")}`)}
  ${panel("finish", `<p id="finish-words"></p><button data-act="finish"></button>${button("not-yet", "finish-not-yet")}`)}
  <section data-panel="question finish" hidden><details id="own-films"><ul id="films"></ul></details></section>
  ${panel("kept", '<p id="kept-words"></p><button data-act="reload"></button>')}
  ${panel("finishing")}
  <form id="finish-form" action="/finish/"></form>
  <template id="film-row"><li><h2 data-part="title"></h2><p data-part="words"></p>
    <progress data-part="bar" max="100" hidden></progress><ul data-part="advice"></ul>
    <button data-part="watch"></button><video data-part="video" hidden></video></li></template>
  <div id="stage" hidden><p id="stage-caption"></p><button id="stage-stop"></button></div>`;

/** A camera track that a test can end or mute. */
export class FakeTrack extends EventTarget {
  readyState = "live";
  muted = false;
  label = "Front camera";
  stop = () => {
    this.readyState = "ended";
  };
  getSettings = () => ({ width: 640, height: 360, frameRate: 30 });
}

export function fakeStream(track = new FakeTrack()): MediaStream {
  return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
}

/** A camera's picture whose frames the test shows. */
export function countFrames(video: HTMLVideoElement): { show: () => void } {
  let told: VideoFrameRequestCallback[] = [];
  let frames = 0;
  video.requestVideoFrameCallback = (callback) => told.push(callback);
  video.cancelVideoFrameCallback = () => undefined;
  return {
    show: () => {
      const now = told;
      told = [];
      frames += 1;
      const frame = { mediaTime: frames / 30, presentedFrames: frames } as VideoFrameCallbackMetadata;
      for (const callback of now) callback(performance.now(), frame);
    },
  };
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

// The camera: opening it, what it tells of itself, and noticing when it goes away.
import { listen } from "./abort";
import { CameraLost, InsecurePage, NoRecorder, cameraError } from "./errors";
import { canCountFrames } from "./framerate";

// Video only: no microphone is asked for.
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: {
    facingMode: "user",
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
  },
};
// Safari mutes a new track for a moment without meaning anything by it.
const FIRST_MUTES_MS = 2000;
const FROZEN_MS = 3000;
const LOOK_MS = 500;
// A device whose shorter side is shorter is a phone, with the camera at its upper end.
const PHONE_PX = 600;

export interface DeviceFacts {
  readonly camera: string;
  readonly browser: string;
  readonly platform: string;
  readonly screen: string;
  /** Such as "landscape-primary, 90"; "" where the browser does not tell. */
  readonly orientation: string;
}

/** Opens the front camera. Throws one of the named errors. */
export async function openCamera(): Promise<MediaStream> {
  if (!window.isSecureContext) throw new InsecurePage();
  if (!navigator.mediaDevices?.getUserMedia || !("MediaRecorder" in window)) throw new NoRecorder();
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (thrown) {
    throw cameraError(thrown);
  }
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

export function isLive(stream: MediaStream | null): stream is MediaStream {
  return stream?.getVideoTracks().some((track) => track.readyState === "live") ?? false;
}

/** Calls `lost` when the camera ends; also when it is silent later than in its first moments. */
export function watchCamera(
  stream: MediaStream,
  lost: (error: CameraLost) => void,
  signal: AbortSignal,
): void {
  const [track] = stream.getVideoTracks();
  watchUnplugged(stream, lost, signal);
  const first = setTimeout(() => {
    if (track?.muted) lost(new CameraLost());
    if (track) listen(track, "mute", () => lost(new CameraLost()), signal);
  }, FIRST_MUTES_MS);
  signal.addEventListener("abort", () => clearTimeout(first), { once: true });
}

/**
 * Calls `lost` when pictures have come and then none for 3 s. A page that was hidden or stood still
 * is given 3 s anew, and its picture is started again.
 */
export function watchFrames(
  video: HTMLVideoElement,
  lost: (error: CameraLost) => void,
  signal: AbortSignal,
): void {
  if (!canCountFrames(video)) return;
  let last = Infinity; // no picture yet
  let looked = performance.now();
  const next = () =>
    video.requestVideoFrameCallback(() => {
      last = performance.now();
      if (!signal.aborted) next();
    });
  const look = () => {
    const now = performance.now();
    const wasAway = document.hidden || now - looked > FROZEN_MS;
    looked = now;
    if (wasAway) last = Math.max(last, now);
    else if (now - last > FROZEN_MS) lost(new CameraLost());
  };
  const seen = () => {
    look();
    if (!document.hidden) void video.play().catch(() => undefined);
  };
  next();
  const timer = setInterval(look, LOOK_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  listen(document, "visibilitychange", seen, signal);
}

/** The edge of the screen at which the camera is, as far as that can be known: a phone's. */
export function cameraEdge(): "top" | "left" | "right" {
  if (Math.min(screen.width, screen.height) >= PHONE_PX) return "top";
  const angle = screen.orientation?.angle ?? 0;
  return angle === 90 ? "left" : angle === 270 ? "right" : "top";
}

/** Calls `lost` when the camera ends. Between films a silent one is let be: phones do that. */
export function watchUnplugged(
  stream: MediaStream,
  lost: (error: CameraLost) => void,
  signal: AbortSignal,
): void {
  const [track] = stream.getVideoTracks();
  if (track) listen(track, "ended", () => lost(new CameraLost()), signal);
}

/** null: the film is not made by this page. */
export function deviceFacts(stream: MediaStream | null): DeviceFacts {
  const { type, angle } = screen.orientation ?? {};
  return {
    camera: stream?.getVideoTracks()[0]?.label ?? "",
    browser: navigator.userAgent,
    platform: navigator.platform,
    screen: `${screen.width}x${screen.height}`,
    orientation: type === undefined ? "" : `${type}, ${angle}`,
  };
}

/** What the camera says it delivers; the real frame rate is measured apart. */
export function cameraSettings(stream: MediaStream): MediaTrackSettings {
  const settings = stream.getVideoTracks()[0]?.getSettings() ?? {};
  // They identify the browser, not the camera.
  const { deviceId: _deviceId, groupId: _groupId, ...told } = settings;
  return told;
}

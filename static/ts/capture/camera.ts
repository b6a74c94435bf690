// The camera: opening it, what it tells of itself, and noticing when it goes away.
import { CameraLost, InsecurePage, NoRecorder, cameraError } from "./errors";

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

export interface DeviceFacts {
  readonly camera: string;
  readonly browser: string;
  readonly platform: string;
  readonly screen: string;
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

/** Calls `lost` when the camera ends; also when it falls silent, later than its first moments. */
export function watchCamera(
  stream: MediaStream,
  lost: (error: CameraLost) => void,
  signal: AbortSignal,
): void {
  const since = performance.now();
  watchUnplugged(stream, lost, signal);
  stream.getVideoTracks()[0]?.addEventListener(
    "mute",
    () => {
      if (performance.now() - since > FIRST_MUTES_MS) lost(new CameraLost());
    },
    { signal },
  );
}

/** Calls `lost` when the camera ends. Between films a silent one is let be: phones do that. */
export function watchUnplugged(
  stream: MediaStream,
  lost: (error: CameraLost) => void,
  signal: AbortSignal,
): void {
  const [track] = stream.getVideoTracks();
  track?.addEventListener("ended", () => lost(new CameraLost()), { signal });
}

export function deviceFacts(stream: MediaStream): DeviceFacts {
  return {
    camera: stream.getVideoTracks()[0]?.label ?? "",
    browser: navigator.userAgent,
    platform: navigator.platform,
    screen: `${screen.width}x${screen.height}`,
  };
}

/** What the camera says it delivers; the real frame rate is measured apart. */
export function cameraSettings(stream: MediaStream): MediaTrackSettings {
  const settings = stream.getVideoTracks()[0]?.getSettings() ?? {};
  // They identify the browser, not the camera.
  const { deviceId: _deviceId, groupId: _groupId, ...told } = settings;
  return told;
}

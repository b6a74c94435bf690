// How long a clip is, where this browser can play its kind.

const PATIENCE_MS = 5000;

/** Null for what the browser cannot read, and for films that do not tell their length. */
export function secondsOf(file: Blob): Promise<number | null> {
  return new Promise((resolve) => {
    const video = document.createElement("video");
    const address = URL.createObjectURL(file);
    const answer = (seconds: number | null) => {
      clearTimeout(timer);
      video.removeAttribute("src");
      URL.revokeObjectURL(address);
      resolve(seconds);
    };
    const timer = setTimeout(() => answer(null), PATIENCE_MS);
    video.preload = "metadata";
    video.muted = true;
    video.onloadedmetadata = () => answer(Number.isFinite(video.duration) ? video.duration : null);
    video.onerror = () => answer(null);
    video.src = address;
  });
}

// Which kind of film this browser can make. Safari claims webm in some versions but breaks it.

const WEBM = ["video/webm;codecs=vp8", "video/webm;codecs=vp9", "video/webm"];
const MP4 = ["video/mp4;codecs=avc1.42E01F", "video/mp4;codecs=avc1", "video/mp4"];

export function isWebKit(userAgent: string): boolean {
  return /AppleWebKit/.test(userAgent) && !/Chrome\/|Chromium\/|Android/.test(userAgent);
}

/** The first type that the browser says it can record; null when there is none. */
export function chooseMime(
  isSupported: (type: string) => boolean,
  userAgent: string,
): string | null {
  const types = isWebKit(userAgent) ? [...MP4, ...WEBM] : [...WEBM, ...MP4];
  return types.find(isSupported) ?? null;
}

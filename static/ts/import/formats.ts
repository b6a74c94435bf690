// Which files may be films, told by their endings: browsers name no type for many of them.

const MIMES: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  qt: "video/quicktime",
  webm: "video/webm",
  mkv: "video/x-matroska",
  avi: "video/x-msvideo",
  mpg: "video/mpeg",
  mpeg: "video/mpeg",
  "3gp": "video/3gpp",
  mts: "application/octet-stream", // camcorders'; it has no type that all systems know
  m2ts: "application/octet-stream",
  gif: "image/gif",
};

/** The type of a film of this name; null for what is none. */
export function filmMime(file: File): string | null {
  const ending = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  return MIMES[ending] ?? null;
}

/** For a file input's `accept`: phones go by the type, computers by the ending. */
export const ACCEPT = ["video/*", ...Object.keys(MIMES).map((ending) => `.${ending}`)].join();

// Tells in good time that the link ends; what is being filmed then is still taken.
import { clockTime } from "./words";
import { t } from "./translate";

const WARN_MS = 10 * 60_000;
// setTimeout counts in 32 bits: what lies further ahead is looked at again.
const LONGEST_MS = 60 * 60_000;

/** Calls `warn` with the words once less than ten minutes remain; `expires` in ISO 8601. */
export function watchExpiry(expires: string | null, warn: (words: string) => void): void {
  if (expires === null) return;
  const left = new Date(expires).getTime() - Date.now() - WARN_MS;
  if (left <= 0) {
    warn(
      t("Your link ends at {time}. The films that you are making now are still taken.", {
        time: clockTime(expires),
      }),
    );
  } else {
    setTimeout(() => watchExpiry(expires, warn), Math.min(left, LONGEST_MS));
  }
}

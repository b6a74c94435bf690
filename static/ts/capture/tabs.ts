// One window at a time records a session: the holder of the session's lock.

// The window that has lost the session ends its take and puts it away within this time.
const GIVE_WAY_MS = 3000;

export class SessionHold {
  /** Resolves when another window has taken the session over. */
  readonly lost: Promise<void>;

  private constructor(lost: Promise<void>) {
    this.lost = lost;
  }

  /** The session for this window; null while another window has it. */
  static async claim(session: string): Promise<SessionHold | null> {
    return SessionHold.request(session, { ifAvailable: true });
  }

  /** Takes the session from the window that has it, once that has put its take away. */
  static async takeOver(session: string): Promise<SessionHold> {
    const hold = await SessionHold.request(session, { steal: true });
    await new Promise((resolve) => setTimeout(resolve, GIVE_WAY_MS));
    return hold!;
  }

  /** A browser without locks gives a hold that is never lost. */
  private static request(session: string, options: LockOptions): Promise<SessionHold | null> {
    return new Promise((resolve) => {
      const free = new SessionHold(new Promise(() => undefined));
      if (!navigator.locks) return resolve(free);
      const ended = navigator.locks.request(`mimia-${session}`, options, (lock) => {
        if (!lock) return resolve(null);
        resolve(new SessionHold(lost));
        return new Promise(() => undefined); // until the window closes
      });
      const lost: Promise<void> = ended.then(
        () => undefined,
        () => resolve(free),
      );
    });
  }
}

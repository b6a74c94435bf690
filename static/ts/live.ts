// Live progress of a session's analysis: a websocket, and polling for as long as there is none.

export interface Finding {
  code: string;
  severity: "blocks" | "advises";
  patient: string;
  staff: string;
}

export interface JobState {
  state: "none" | "waiting" | "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  percent: number;
  place: number | null;
  error: string;
  usable: boolean | null;
  findings: Finding[];
}

export interface TakeState extends JobState {
  recording: string;
  task: string;
  title: string;
  attempt: number;
}

export interface Snapshot {
  session: string;
  submitted: boolean;
  done: boolean;
  takes: TakeState[];
  session_job: JobState | null;
}

const POLL_MS = 2000;
const RETRY_MS = [1000, 2000, 5000, 10_000];

/** Follows the session until it is all done; `seen` gets each snapshot. Returns how to stop. */
export function follow(
  socketPath: string,
  pollPath: string,
  seen: (snapshot: Snapshot) => void,
): () => void {
  let failures = 0;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;

  const take = (snapshot: Snapshot): void => {
    seen(snapshot);
    if (snapshot.done) stop();
  };
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
  };
  const open = (): void => {
    socket = new WebSocket(new URL(socketPath, location.href.replace(/^http/, "ws")));
    socket.onmessage = (event) => {
      failures = 0;
      take(JSON.parse(String(event.data)) as Snapshot);
    };
    socket.onclose = () => {
      if (!stopped) void fall();
    };
  };
  // Without a socket the page asks; and tries the socket again after a while.
  const fall = async (): Promise<void> => {
    const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? POLL_MS;
    const until = Date.now() + wait;
    do {
      await poll();
      await new Promise((resolve) => (timer = setTimeout(resolve, Math.min(wait, POLL_MS))));
    } while (!stopped && Date.now() < until);
    if (!stopped) open();
  };
  const poll = async (): Promise<void> => {
    try {
      const response = await fetch(pollPath, { headers: { Accept: "application/json" } });
      if (response.ok && !stopped) take((await response.json()) as Snapshot);
    } catch {
      // No network: the next round asks again.
    }
  };
  open();
  return stop;
}

// How the analysis of a session stands: told by websocket, asked for by HTTP where there is none.

export interface Finding {
  readonly code: string;
  readonly severity: "blocks" | "advises";
  readonly patient: string;
}

export interface TakeProgress {
  readonly recording: string;
  readonly task: string;
  readonly title: string;
  readonly attempt: number;
  readonly state: "waiting" | "queued" | "running" | "done" | "failed" | "cancelled" | "none";
  readonly stage: string;
  readonly percent: number;
  readonly place: number | null;
  readonly usable: boolean | null;
  readonly findings: readonly Finding[];
}

export interface Snapshot {
  readonly session: string;
  readonly submitted: boolean;
  readonly done: boolean;
  readonly takes: readonly TakeProgress[];
}

export interface ProgressAddresses {
  readonly progress: string;
  readonly socket: string;
}

const POLL_MS = 3000;
const NOT_ALLOWED = 4404;

/** Calls `onSnapshot` now and after each change, until `stop`. */
export class Progress {
  private stopped = false;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly addresses: ProgressAddresses,
    private readonly onSnapshot: (snapshot: Snapshot) => void,
  ) {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private connect(): void {
    const address = new URL(this.addresses.socket, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.addEventListener("message", ({ data }) => {
      this.onSnapshot(JSON.parse(data as string) as Snapshot);
    });
    this.socket.addEventListener("close", ({ code }) => {
      if (!this.stopped && code !== NOT_ALLOWED) void this.poll();
    });
  }

  /** Asks once by HTTP, then tries the socket again. */
  private async poll(): Promise<void> {
    const response = await fetch(this.addresses.progress).catch(() => null);
    if (response?.ok) this.onSnapshot((await response.json()) as Snapshot);
    if (response?.status === 404) this.stop();
    if (!this.stopped) this.timer = setTimeout(() => this.connect(), POLL_MS);
  }
}

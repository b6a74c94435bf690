// What the page tells the import: the tasks, the addresses, and what the server would refuse.

export interface ImportTask {
  readonly code: string;
  readonly title: string;
  readonly kind: "rest" | "talk" | "expression";
}

export interface Setup {
  readonly tasks: readonly ImportTask[];
  readonly known: string;
  readonly sitting: string;
  readonly film: string;
  readonly finish: string;
  readonly uploads: string;
  readonly maxPatch: number;
  readonly maxBytes: number;
  readonly maxSeconds: number;
  readonly csrf: () => string;
}

// What a study needs of the server that it measures.

/** What a server reports of itself at one moment. Counts begin when it started. */
export interface ServerSample {
  readonly cpuMicros: number;
  readonly sentBytes: number;
  readonly rssBytes: number;
  /** How late its event loop was since the previous sample, in microseconds. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The speed of its process since the previous sample: see speed.ts. */
  readonly speed: number;
}

export interface StudiedServer {
  readonly url: string;
  readonly token?: string | undefined;
  /** Absent where the server is not the study's own. Its costs are then not known. */
  sample?(): Promise<ServerSample>;
}

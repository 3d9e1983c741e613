// What a study asks of the server that it measures.

/** What a server says of itself at one moment; counts since it started. */
export interface ServerSample {
  readonly cpuMicros: number;
  readonly sentBytes: number;
  readonly rssBytes: number;
  /** How late its event loop was since the sample before, in microseconds. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How fast its process was since the sample before: see speed.ts. */
  readonly speed: number;
}

export interface StudiedServer {
  readonly url: string;
  readonly token?: string | undefined;
  /** Absent where the server is somebody else's: what it costs there is not seen. */
  sample?(): Promise<ServerSample>;
}

// What a study asks of the server that it measures.

/** What a server says of itself at one moment; counts since it started. */
export interface ServerSample {
  readonly cpuMicros: number;
  readonly sentBytes: number;
  readonly rssBytes: number;
  /** How late its event loop was since the sample before, in microseconds. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface StudiedServer {
  readonly url: string;
  readonly token?: string | undefined;
  /** Absent where the server is somebody else's: what it costs there is not seen. */
  sample?(): Promise<ServerSample>;
  /** How fast its process is now. */
  speed?(): Promise<number>;
}

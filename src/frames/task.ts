// What is done in turns.

/** Something to do in a turn. It is queued at most once; `queued` is for Turns alone. */
export interface Task {
  queued: boolean;
  /** Does some of it, until about `Turns.untilMs`. True: it has made nothing yet that somebody waits for, and goes on. */
  run(): boolean;
}

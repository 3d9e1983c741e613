// States what must hold inside the program. Bad input from outside is not for here: it is parsed at the edge and gets
// a BlockfeedError.

/** Throws when `condition` is false: a defect of this program, never of its input. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`defect: ${claim} does not hold`);
}

/** Ends a switch over a union: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`defect: unreachable case ${String(value)}`);
}

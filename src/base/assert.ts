// Checks of what must be true inside the program. Input from outside is not checked here: it is parsed where it comes
// in, and bad input gets a BlockfeedError.

/** Throws when `condition` is false. That is a defect of this program, never of its input. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`defect: ${claim} does not hold`);
}

/** Stands at the end of a switch over a union, so that a forgotten case does not compile. */
export function unreachable(value: never): never {
  throw new Error(`defect: unreachable case ${String(value)}`);
}

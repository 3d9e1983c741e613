// The package has no types of its own. These are of the part that is used.
declare module 'fs-native-extensions' {
  /** False when another open file holds the lock. Throws what the operating system says. */
  export function tryLock(fd: number): boolean;
  export function unlock(fd: number): void;
}

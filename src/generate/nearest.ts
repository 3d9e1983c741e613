// What somebody who mistyped a word probably meant.

/** The word nearest to `stated` if it is at most two letters off, else undefined. */
export function nearest(stated: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const word of words) {
    const apart = Math.abs(word.length - stated.length) < least ? distance(stated, word) : least;
    if (apart < least) [best, least] = [word, apart];
  }
  return best;
}

/** Levenshtein's: how many letters must be put in, left out or changed. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let index = 1; index <= left.length; index++) {
    const next = [index];
    for (let at = 1; at <= right.length; at++) {
      const changed = (row[at - 1] as number) + (left[index - 1] === right[at - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[at] as number) + 1, (next[at - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}

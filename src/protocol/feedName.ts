// What a feed may be called. A name stands in URLs, in paths and in the header of each frame, so it never needs an escape.

/** The most characters of a name that somebody chose. */
export const maxChosenName = 64;
/** The most characters of any name: of a feed made on request it is its kind, `-`, and 12 digits of its epoch. */
export const maxFeedName = 77;

/** What every name matches. */
export const feedNamePattern: RegExp = /^[a-z0-9][a-z0-9._-]*$/;

/** What a name is, for people: the end of a sentence. */
export const feedNameRule = 'a name of 1 to 64 of a-z, 0-9, dot, dash and underscore';

/** Whether a server may offer a feed under this name. */
export function isChosenName(text: string): boolean {
  return text.length <= maxChosenName && feedNamePattern.test(text);
}

/** Whether a feed may have this name. */
export function isFeedName(text: string): boolean {
  return text.length <= maxFeedName && feedNamePattern.test(text);
}

// The current colours of the page, from its style sheet: light, dark, or for paper.

/** How many colours of series there are. Further series begin again with the first. */
const seriesColours = 8;

/** The value of one of the style sheet's colours. */
export function colourNamed(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The name of a series' colour, for `colourNamed` and for style sheets. */
export function colourOf(colour: number | 'quiet'): string {
  return colour === 'quiet' ? 'quiet' : `series-${colour % seriesColours}`;
}

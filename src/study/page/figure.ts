// A figure as plain data: all that the page needs to draw it, and what tests compare with the result it was made of.

/** How numbers along an axis are written and laid out. `percentile`: 1 / (1 - p), so that 90, 99 and 99.9 % are as far apart. */
export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log' | 'percentile' | 'time';
  /** `micros`: a duration. `instant`: a point in time, in microseconds since 1970. */
  readonly unit: 'micros' | 'instant' | 'count' | 'perSecond' | 'seconds' | 'percentile';
}

/** `points`: joined by a line. `dots`: not joined, since another line says how they lie. */
type Style = 'points' | 'dots' | 'line' | 'dashed' | 'dotted';

export interface Series {
  readonly label: string;
  /** Its place in the page's colours, or `quiet`: a guide, behind the others. */
  readonly colour: number | 'quiet';
  readonly style: Style;
  /** The label of the series it belongs to: shown and hidden with that one, and not in the legend itself. */
  readonly of?: string;
  /** A value for each x of its panel; null: none there. */
  readonly y: readonly (number | null)[];
  /** The range around each value: whiskers at points, a band along lines. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** A vertical line with a word on it, drawn in the colour of its series. */
export interface Mark {
  readonly x: number;
  readonly label: string;
  readonly colour: number | 'quiet';
}

export interface Panel {
  readonly title: string;
  /** Ascending. */
  readonly x: readonly number[];
  /** Which of `x` can be pointed at; undefined: all. */
  readonly measured?: readonly number[];
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
}

/** Panels that are seen together, with the same axes: what is chosen among when there are several. */
export interface Choice {
  readonly label: string;
  readonly panels: readonly Panel[];
}

export interface Figure {
  /** Fit for an element's id. */
  readonly id: string;
  readonly title: string;
  /** What is seen, in words. */
  readonly words: string;
  readonly x: Axis;
  readonly y: Axis;
  /** What the lines mean that are not in the legend by themselves. */
  readonly keys: readonly { readonly style: Style; readonly label: string }[];
  /** Never empty. */
  readonly choices: readonly Choice[];
}

// A figure as plain data: all that the page needs to draw it. Tests compare it with the result it was made from.

/**
 * How an axis places and writes its numbers. `percentile` places p at 1 / (1 - p), so that 90, 99 and 99.9 % are
 * equally far apart.
 */
export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log' | 'percentile' | 'time';
  /** `micros`: a duration. `instant`: a point in time, in microseconds since 1970. */
  readonly unit: 'micros' | 'instant' | 'count' | 'perSecond' | 'seconds' | 'percentile';
}

/** `points` are joined by a line. `dots` are not: another line, such as a fit, shows how they lie. */
type Style = 'points' | 'dots' | 'line' | 'dashed' | 'dotted';

export interface Series {
  readonly label: string;
  /** The index of one of the page's colours. `quiet` is a guide, drawn behind the others. */
  readonly colour: number | 'quiet';
  readonly style: Style;
  /** The label of the series it belongs to. It is shown and hidden with that one, and is not in the legend itself. */
  readonly of?: string;
  /** A value for each x of its panel; null where there is none. */
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
  /** The values of `x` that can be pointed at; undefined where all can. */
  readonly measured?: readonly number[];
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
}

/** Panels that are shown together, with the same axes. Where there are several choices, the reader takes one. */
export interface Choice {
  readonly label: string;
  readonly panels: readonly Panel[];
}

export interface Figure {
  /** Also the id of its element on the page. */
  readonly id: string;
  readonly title: string;
  /** Explains what is seen. */
  readonly words: string;
  readonly x: Axis;
  readonly y: Axis;
  /** The meaning of those lines that have no entry of their own in the legend. */
  readonly keys: readonly { readonly style: Style; readonly label: string }[];
  /** Never empty. */
  readonly choices: readonly Choice[];
}

// What a kind of generated data is: its parameters, and a pure function from offset and time to the data of a message.

/** One parameter of a kind, as it is stated in a specification: `array?shape=3x4&dist=normal`. */
export interface Parameter {
  /** What it means, one line, with unit. */
  readonly meaning: string;
  /** The value where none is stated, in canonical form. */
  readonly default: string;
  /** What may be stated, for people: `1 to 1,000`, `one of a, b`. */
  readonly range: string;
  /** It exists only where another parameter has one of these values: `lambda` where `dist` is `poisson`. */
  readonly when?: { readonly parameter: string; readonly is: readonly string[] };
  /**
   * The canonical form of a stated value, or undefined when it is out of range. Idempotent. May throw `bad-feed` where
   * more can be said than the range.
   */
  canonical(stated: string): string | undefined;
}

/** Makes the data of any message of one feed, in any order. */
export interface Generator {
  /** No line of this feed has more bytes, its newline included. A specification with more than 1,000,000 is refused. */
  readonly maxLineBytes: number;
  /** What the data of one message costs to make, in the microseconds of costs.ts. @default costs.data */
  readonly dataMicros?: number;
  /** The data of the message at `offset`, as JSON text in one line. A pure function of its arguments and the parameters. */
  data(offset: number, timeMicros: number): string;
  /**
   * The same text in pieces. Each costs `costs.piece`, or little more. A kind has this where its messages may be dear: then making a
   * message can stop, and go on later. Several messages may be under way at once.
   */
  pieces?(offset: number, timeMicros: number): Iterable<string>;
}

export interface Kind {
  readonly name: string;
  /** What its data is, one line. */
  readonly summary: string;
  /** Its own parameters; every kind has rate, seed and origin besides. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /**
   * Makes the generator. `values` holds every parameter of the kind that applies, in canonical form; `seed` is an integer
   * from 0 to 2^53-1. Throws `bad-feed` naming the parameter when values do not go together.
   */
  generator(values: Readonly<Record<string, string>>, seed: number): Generator;
}

/** The parameters' values, each in canonical form, by name. */
export type Values = Readonly<Record<string, string>>;

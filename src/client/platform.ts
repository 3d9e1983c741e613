// What the client needs of where it runs. `#platform` has these types; at run time the package's `imports` (and so
// every bundler) put platform.node.ts or platform.browser.ts in its place. Import this file for types only.
export interface Platform {
  readonly name: string;
}

export declare const platform: Platform;

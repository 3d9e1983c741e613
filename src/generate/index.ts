// blockfeed/generate: realistic data from a specification, reproducible to the byte.

export type { Clock, Timer } from '../base/clock.ts';
export type { Feed } from '../feed/feed.ts';
export type { FeedMaker, SpecifiedFeed } from '../feed/maker.ts';
export { BlockfeedError } from '../protocol/errors.ts';
export {
  describeCommonParameters,
  describeKinds,
  type KindDescription,
  type ParameterDescription,
} from './describe.ts';
export { generatedFeed, generatedFeeds } from './maker.ts';

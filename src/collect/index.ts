// blockfeed/collect: take feeds in blocks into folders, files, a stream, or a store of your own.

export type { BlockFacts, Sink, Store, StoredFeed, StoredPlace } from '../blocks/sink.ts';
export { consoleStore } from '../blocks/sinks/console.ts';
export { type FolderStoreOptions, folderStore } from '../blocks/sinks/folder.ts';
export type { TellingOptions } from '../blocks/sinks/telling.ts';
export { openTextStore } from '../blocks/sinks/text.ts';
export { BlockfeedError } from '../protocol/errors.ts';
export { type Collection, collect } from './collect.ts';
export type { CollectedFeed, CollectOptions, CollectStatus, StoredBlock, StoredGap } from './options.ts';

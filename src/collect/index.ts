// blockfeed/collect: take feeds in blocks into folders, files, a stream, or a store of your own.

export type { BlockFacts, Sink, Store, StoredFeed, StoredPosition } from '../blocks/sink.ts';
export { consoleStore } from '../blocks/sinks/console.ts';
export { type FolderStoreOptions, folderStore } from '../blocks/sinks/folder.ts';
export type { PrintingOptions } from '../blocks/sinks/printing.ts';
export { openTextStore } from '../blocks/sinks/text.ts';
export { BlockfeedError } from '../protocol/errors.ts';
export { type Collection, collect } from './collect.ts';
export type { CollectedFeed, CollectOptions, CollectStatus, StoredBlock, StoredGap } from './options.ts';

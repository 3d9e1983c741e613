// The limits of what is stored: name, unit, range, default, reason, and what happens at each. docs/limits.md prints this
// table (a test compares). Where from and to are the same the limit cannot be set.
import type { Limit } from '../protocol/limit.ts';

export type BlockLimitName =
  | 'rollBytes'
  | 'unsyncedBytes'
  | 'headMs'
  | 'dataGatherBytes'
  | 'journalGatherBytes'
  | 'journalLineBytes'
  | 'heldBytes'
  | 'readBytes'
  | 'lockNoteBytes'
  | 'problems';

export const blockLimits: Readonly<Record<BlockLimitName, Limit>> = {
  rollBytes: {
    unit: 'bytes',
    min: 1,
    max: 1_000_000_000_000,
    default: 67_108_864,
    reason: 'small enough to copy or compress as one, large enough that a day of data is no thousand files',
    atLimit: 'the next block begins a new data file; a block is never divided',
  },
  unsyncedBytes: {
    unit: 'bytes',
    min: 4_194_304,
    max: 4_194_304,
    default: 4_194_304,
    reason: 'a crash leaves no more behind the journal, so that a journal that lost lines is known by it',
    atLimit: 'a folder syncs by itself before the next block begins; more than that behind a journal is damage',
  },
  headMs: {
    unit: 'ms',
    min: 50,
    max: 50,
    default: 50,
    reason:
      'a journal that lost lines is known by its first line; to write that after every sync costs a tenth of the speed',
    atLimit: 'the next sync writes how far everything is durable into the first line, as a close does',
  },
  dataGatherBytes: {
    unit: 'bytes',
    min: 65_536,
    max: 65_536,
    default: 65_536,
    reason: 'many small appends are one write; more gains nothing',
    atLimit: 'what was gathered is written',
  },
  journalGatherBytes: {
    unit: 'bytes',
    min: 65_536,
    max: 65_536,
    default: 65_536,
    reason: 'about two hundred lines are one write',
    atLimit: 'what was gathered is written, the data before it',
  },
  journalLineBytes: {
    unit: 'bytes',
    min: 2_048,
    max: 2_048,
    default: 2_048,
    reason: 'four times the longest line there can be',
    atLimit: 'what is longer is no line of a journal',
  },
  heldBytes: {
    unit: 'bytes',
    min: 1_048_576,
    max: 1_048_576,
    default: 1_048_576,
    reason: "a block's line stands above its messages, so they wait for the block's end",
    atLimit: 'what is there is printed as a part of the block',
  },
  readBytes: {
    unit: 'bytes',
    min: 65_536,
    max: 1_048_576,
    default: 1_048_576,
    reason: 'files may be larger than memory; larger reads gain nothing',
    atLimit: 'a file is read in pieces of this size',
  },
  lockNoteBytes: {
    unit: 'bytes',
    min: 1_024,
    max: 1_024,
    default: 1_024,
    reason: 'a pid and the name of a machine fit four times',
    atLimit: 'the rest of a lock file is not read, and its holder is not named',
  },
  problems: {
    unit: 'count',
    min: 100,
    max: 100,
    default: 100,
    reason: 'nobody reads more, and what follows has as a rule the same cause',
    atLimit: 'verifying that folder ends',
  },
};

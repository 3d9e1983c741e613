// Stores blocks in one store and prints them in another.
import { abandon, settleAll } from '../files.ts';
import type { Sink, Store, StoredFeed } from '../sink.ts';

/** A store whose blocks are `kept` there, and printed by `printed` once each is whole. Only `kept` says how far it is. */
export function teeStore(kept: Store, printed: Store): Store {
  async function tee(sink: Sink, feed: StoredFeed): Promise<Sink> {
    try {
      return teeSink(sink, await printed.open(feed));
    } catch (error) {
      await abandon(() => sink.close());
      throw error;
    }
  }
  return {
    async reopen(requested, policy) {
      const reopened = await kept.reopen(requested, policy);
      if (reopened === undefined) return undefined;
      return { feed: reopened.feed, sink: await tee(reopened.sink, reopened.feed) };
    },
    async open(feed) {
      return await tee(await kept.open(feed), feed);
    },
    async close() {
      await settleAll([printed.close(), kept.close()]);
    },
  };
}

function teeSink(kept: Sink, printed: Sink): Sink {
  return {
    get position() {
      return kept.position;
    },
    async start(from) {
      await kept.start(from);
      await printed.start(from);
    },
    async append(lines) {
      await kept.append(lines);
      await printed.append(lines);
    },
    async seal(block) {
      const record = await kept.seal(block);
      await printed.seal(block);
      return record;
    },
    async gap(from, to) {
      const record = await kept.gap(from, to);
      await printed.gap(from, to);
      return record;
    },
    async sync() {
      await kept.sync();
      await printed.sync();
    },
    async close() {
      await settleAll([printed.close(), kept.close()]);
    },
  };
}

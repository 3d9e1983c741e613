// Stores blocks in one place and tells them in another.
import type { Sink, Store } from '../sink.ts';

/** A store whose blocks are `kept` there, and told by `told` once each is whole. Only `kept` says how far it is. */
export function bothStores(kept: Store, told: Store): Store {
  return {
    async reopen(asked, policy) {
      const reopened = await kept.reopen(asked, policy);
      if (reopened === undefined) return undefined;
      return { feed: reopened.feed, sink: bothSinks(reopened.sink, await told.open(reopened.feed)) };
    },
    async open(feed) {
      return bothSinks(await kept.open(feed), await told.open(feed));
    },
    async close() {
      await told.close();
      await kept.close();
    },
  };
}

function bothSinks(kept: Sink, told: Sink): Sink {
  return {
    get place() {
      return kept.place;
    },
    async start(from) {
      await kept.start(from);
      await told.start(from);
    },
    async append(lines) {
      await kept.append(lines);
      await told.append(lines);
    },
    async seal(block) {
      const record = await kept.seal(block);
      await told.seal(block);
      return record;
    },
    async gap(from, to) {
      const record = await kept.gap(from, to);
      await told.gap(from, to);
      return record;
    },
    async sync() {
      await kept.sync();
      await told.sync();
    },
    async close() {
      await told.close();
      await kept.close();
    },
  };
}

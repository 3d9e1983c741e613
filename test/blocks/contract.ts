// What every sink has to keep, whatever it stores in.
import { describe, expect, it } from 'vitest';
import type { Sink, Store } from '../../src/blocks/sink.ts';
import { apply, factsOf, joined, makeLine, plainLine, plainLines, storedFeed } from './story.ts';

export interface SinkUnderTest {
  readonly store: Store;
  /** The messages that can be found in what it stores in, as the offsets in the order in which they lie there. */
  stored(): Promise<number[]>;
  /** From now on nothing more can be stored. */
  breakIt(): Promise<void>;
}

const feed = storedFeed({ size: 5 });

export function sinkContract(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`the sink contract, ${name}`, () => {
    async function started(): Promise<SinkUnderTest & { readonly sink: Sink }> {
      const test = await make();
      const sink = await test.store.open(feed);
      await sink.start(60);
      return { ...test, sink };
    }

    it('nothing was stored before the first open', async () => {
      const { store } = await make();
      expect(await store.reopen('user', { size: 5 })).toBeUndefined();
      await store.close();
    });

    it('what was sealed and synced is there, in its order', async () => {
      const { store, sink, stored } = await started();
      await apply(sink, { does: 'block', lines: plainLines(60, 65), cut: 'size' });
      await apply(sink, { does: 'block', lines: plainLines(65, 70), cut: 'size' });
      await sink.sync();
      expect(await stored()).toEqual([60, 61, 62, 63, 64, 65, 66, 67, 68, 69]);
      await sink.close();
      await store.close();
    });

    it('the memory of an append may be used again as soon as it has resolved', async () => {
      const { store, sink, stored } = await started();
      const memory = joined(plainLines(60, 65));
      const facts = factsOf(plainLines(60, 65), 'size');
      await sink.append(memory);
      memory.fill(0);
      await sink.seal(facts);
      await sink.sync();
      expect(await stored()).toEqual([60, 61, 62, 63, 64]);
      await sink.close();
      await store.close();
    });

    it('a block that was not sealed is not part of what is stored when it is closed', async () => {
      const { store, sink, stored } = await started();
      await apply(sink, { does: 'block', lines: plainLines(60, 65), cut: 'size' });
      await sink.append(joined(plainLines(65, 68)));
      await sink.close();
      expect(await stored()).toEqual([60, 61, 62, 63, 64]);
      await store.close();
    });

    it('gaps and starts may lie between blocks', async () => {
      const { store, sink, stored } = await started();
      await apply(sink, { does: 'block', lines: plainLines(60, 63), cut: 'gap' });
      await sink.gap(63, 70);
      await apply(sink, { does: 'block', lines: plainLines(70, 75), cut: 'size' });
      await sink.start(90);
      await apply(sink, { does: 'block', lines: plainLines(90, 95), cut: 'size' });
      await sink.sync();
      expect(await stored()).toEqual([60, 61, 62, 70, 71, 72, 73, 74, 90, 91, 92, 93, 94]);
      await sink.close();
      await store.close();
    });

    it('closing twice is closing once', async () => {
      const { store, sink } = await started();
      await sink.close();
      await sink.close();
      await store.close();
    });

    it('when nothing can be stored any more every call rejects with storage, and what was synced stays', async () => {
      const { store, sink, stored, breakIt } = await started();
      await apply(sink, { does: 'block', lines: plainLines(60, 65), cut: 'size' });
      await sink.sync();
      await breakIt();
      const storage = expect.objectContaining({ code: 'storage', hint: expect.stringMatching(/./) });
      // More than a page of any disk still has room for.
      const lines = [65, 66, 67, 68, 69].map((offset) =>
        makeLine(offset, plainLine(offset).time, `"${'x'.repeat(20_000)}"`),
      );
      const block = async (): Promise<void> => {
        await apply(sink, { does: 'block', lines, cut: 'size' });
        await sink.sync();
      };
      await expect(block()).rejects.toEqual(storage);
      await expect(sink.sync()).rejects.toEqual(storage);
      await expect(sink.gap(65, 70)).rejects.toEqual(storage);
      await sink.close().catch(() => undefined);
      expect((await stored()).slice(0, 5)).toEqual([60, 61, 62, 63, 64]);
      await store.close().catch(() => undefined);
    });
  });
}

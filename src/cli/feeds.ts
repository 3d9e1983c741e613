// blockfeed feeds: lists the feeds that a server offers.
import { type Command, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { requestFeedList } from '../client/feedList.ts';
import { withoutCredentialsOfOne } from '../protocol/address.ts';
import { BlockfeedError } from '../protocol/errors.ts';
import type { FeedList } from '../server/index.ts';
import { webSocketUrl } from './flags.ts';
import { print, say, styled } from './output.ts';

export function addFeeds(program: Command): void {
  program
    .command('feeds')
    .summary('list the feeds that a server offers')
    .description('Lists the feeds that a server offers: name, tail and specification.')
    .argument('<url>', "the server's address, like ws://127.0.0.1:8080", webSocketUrl('the URL'))
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  blockfeed feeds ws://127.0.0.1:8080\n  blockfeed feeds ws://127.0.0.1:8080 --json',
    )
    .action(async (url: string, { json }: { readonly json?: boolean }) => {
      const list = await feedListOf(url);
      if (json === true) return print(JSON.stringify(list, undefined, 2));
      const width = Math.max(4, ...list.feeds.map(({ name }) => name.length));
      print(styled(process.stdout, 'bold', `${'feed'.padEnd(width)}  ${'tail'.padStart(16)}  specification`));
      for (const { name, tail, specification } of list.feeds)
        print(`${name.padEnd(width)}  ${String(tail ?? 'all there').padStart(16)}  ${specification ?? 'published'}`);
      if (list.onRequest === undefined) return say('No feeds are made on request.');
      const { kinds, feeds, rate } = list.onRequest;
      say(
        `Made on request: ${kinds.join(', ')} with parameters, like user?rate=10; at most ${feeds} at once, ${rate} messages/s.`,
      );
    });
}

async function feedListOf(url: string): Promise<FeedList> {
  const { body } = await requestFeedList(url, systemClock.nowMicros);
  if (isFeedList(body)) return body;
  throw new BlockfeedError('bad-server', `${withoutCredentialsOfOne(url)} does not answer as a blockfeed server does`, {
    hint: 'Check the address.',
  });
}

function isFeedList(value: unknown): value is FeedList {
  if (typeof value !== 'object' || value === null || !('feeds' in value) || !Array.isArray(value.feeds)) return false;
  return value.feeds.every((feed) => typeof feed === 'object' && feed !== null && typeof feed.name === 'string');
}

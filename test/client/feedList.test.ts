// The list of a server's feeds, asked for by HTTP, from servers that answer as they like.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { requestFeedList } from '../../src/client/feedList.ts';

async function answering(answer: (response: ServerResponse) => void): Promise<string> {
  const http = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

test('comes in pieces, cut inside a character', async () => {
  const bytes = Buffer.from('{"feeds":["ä"]}');
  const address = await answering((response) => {
    response.write(bytes.subarray(0, 12));
    setImmediate(() => response.end(bytes.subarray(12)));
  });
  const { body, answeredMicros } = await requestFeedList(address, () => 7);
  expect(body).toEqual({ feeds: ['ä'] });
  expect(answeredMicros).toBe(7);
});

test('an answer without end is not read to its end: bad-server', async () => {
  const piece = Buffer.alloc(1_048_576, ' ');
  let sent = 0;
  const address = await answering((response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(piece)) sent++;
      response.once('drain', more);
    };
    more();
  });
  await expect(requestFeedList(address, () => 0)).rejects.toMatchObject({
    code: 'bad-server',
    message: expect.stringContaining('does not end'),
  });
  expect(sent).toBeLessThan(1_000);
});

// A server that may open few files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { Lines } from '../end-to-end/processes.ts';
import { PlainPeer } from '../support/plainPeer.ts';
import { program } from './command.ts';

test('with too few open files for its connections a server says so, and answers who is too many with 503', async () => {
  const call = `ulimit -n 150; exec '${process.execPath}' '${program}' serve --port 0 --no-kinds --feed x=counter`;
  const server = spawn('/bin/bash', ['-c', call], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  const stderr = new Lines(server.stderr);
  const url = (await new Lines(server.stdout).including('listening ')).slice('listening '.length);
  expect(await stderr.including('ulimit')).toContain(
    'at most 86 connections are taken, not 10000: the system lets this process open 150 files (ulimit -n)',
  );
  const peers: PlainPeer[] = [];
  onTestFinished(() => {
    for (const peer of peers) peer.close();
  });
  while (peers.length < 86) peers.push(await PlainPeer.open(`${url}/feeds/x?size=1000000`));
  for (let count = 0; count < 10; count++) expect((await PlainPeer.refused(`${url}/feeds/x`)).status).toBe(503);
  expect(peers.filter(({ closeCode }) => closeCode !== undefined)).toEqual([]);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});

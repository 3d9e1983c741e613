// A process that stores blocks of 50 in the folder it is given until it is killed, and says how far they are synced; with
// `hold` it only holds the folder's lock until its input ends. It runs the compiled sources, as `npm test` has made them.
import { folderStore } from '../../dist/blocks/sinks/folder.js';

const [root = '', mode = 'write'] = process.argv.slice(2);
const size = 50;

try {
  const epoch = '00112233445566778899aabbccddeeff';
  const stored = {
    requested: 'user',
    feed: 'user',
    epoch,
    specification: 'user?rate=1',
    anchorEvery: 4_096,
    policy: { size },
  };
  const sink = await folderStore(root, { rollBytes: 20_000 }).open(stored);
  if (sink.position === undefined) await sink.start(0);
  let next = sink.position?.next ?? 0;
  process.stdout.write(`at ${next}\n`);
  if (mode === 'hold') {
    process.stdin.resume();
    await new Promise((resolve) => process.stdin.once('end', resolve));
  }
  while (mode === 'write') {
    for (let block = 0; block < 5; block++) {
      await store(sink, next);
      next += size;
    }
    await sink.sync();
    process.stdout.write(`synced ${next}\n`);
  }
  await sink.close();
} catch (error) {
  const { code, message } = /** @type {{ code: string, message: string }} */ (error);
  process.stdout.write(`refused ${code}: ${message}\n`);
}

/**
 * The same lines as story.ts has.
 * @param {import('../../dist/blocks/sink.js').Sink} sink
 * @param {number} from
 */
async function store(sink, from) {
  const time = (/** @type {number} */ offset) => 1_767_225_600_000_000 + offset * 1_000_000;
  let bytes = 0;
  for (let at = from; at < from + size; at += 10) {
    let text = '';
    for (let offset = at; offset < at + 10; offset++)
      text += `{"offset":${offset},"time":${time(offset)},"data":{"n":${offset}}}\n`;
    bytes += text.length;
    await sink.append(Buffer.from(text));
  }
  const [firstTime, lastTime] = [time(from), time(from + size - 1)];
  const received = { firstReceived: lastTime, lastReceived: lastTime };
  await sink.seal({ from, to: from + size, cut: 'size', bytes, firstTime, lastTime, ...received, delivery: 'block' });
}

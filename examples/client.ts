import { connect } from 'blockfeed';

const client = await connect(process.argv[2] ?? 'ws://127.0.0.1:8080'); // and again, for ever, when it breaks
const users = client.subscribe('user', { size: 5, consumer: 'example' });
for await (const block of users) {
  console.log(`[${block.from},${block.to}) ${block.cut}, ${block.spanMicros / 1e6} s`);
  for (const { offset, data } of block.messages) console.log(offset, data);
  await block.ack(); // once it is safe with you: the server goes on from here when `example` comes back
}

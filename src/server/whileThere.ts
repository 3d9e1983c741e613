// Whether who asked for an upgrade is still there while the answer is prepared. Nobody reads its socket yet, and of a socket that nobody
// reads the end is not seen.
import type { Socket } from 'node:net';

/** Acts with a signal that is aborted when the peer leaves. What the peer says meanwhile stays in the socket. */
export async function whileThere<Result>(
  socket: Socket,
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const left = new AbortController();
  const leave = () => {
    socket.destroy();
    left.abort();
  };
  const look = () => {
    if (socket.readableLength === 0) socket.read();
  };
  socket.once('end', leave).once('close', leave).on('readable', look);
  // It may have left before, when nobody listened.
  if (socket.readableEnded || socket.destroyed) leave();
  try {
    return await act(left.signal);
  } finally {
    socket.off('end', leave).off('close', leave).off('readable', look);
  }
}

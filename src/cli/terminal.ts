// A terminal to write to that never holds the process up. Node writes to a terminal and waits until it has taken the text:
// one that is not read (Ctrl-S, text marked in a console) would stop the event loop, and everybody who is served by it.
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { errorName } from '../blocks/files.ts';

/** Which of the process's inputs and outputs were terminals when it began. */
const terminalFds = [0, 1, 2].filter((fd) => isatty(fd));

/** How long a terminal that takes nothing is left alone, in ms. */
const retryMs = 20;

/**
 * Writes at once what the terminal takes, in order; the rest waits here. A terminal that was closed takes text and shows it
 * to nobody: that is no failure, since its signal (SIGHUP) comes as well, and says what to do.
 */
class Terminal extends Writable {
  readonly #fd: number;
  #retry: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error) => void): void {
    let written = 0;
    const write = (): void => {
      try {
        while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      } catch (error) {
        const name = errorName(error);
        if (name === 'EIO') return done();
        if (name !== 'EAGAIN') return done(error as Error);
        this.#retry = setTimeout(write, retryMs);
        return;
      }
      done();
    };
    write();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#retry);
    closeSync(this.#fd);
    done(error);
  }
}

/**
 * What to write to for each of the process's two outputs: for a terminal one that does not wait, the same for both where it is
 * one terminal, so that their order is kept; else the stream that Node has.
 */
export function openOutputs(): { readonly stdout: Writable; readonly stderr: Writable } {
  const { stdout, stderr } = process;
  const ofTalk = stderr.isTTY === true ? openTerminal(2) : undefined;
  if (stdout.isTTY !== true) return { stdout, stderr: ofTalk ?? stderr };
  const isOne = ofTalk !== undefined && fstatSync(1).rdev === fstatSync(2).rdev;
  return { stdout: (isOne ? ofTalk : openTerminal(1)) ?? stdout, stderr: ofTalk ?? stderr };
}

/**
 * The terminal is opened anew: whether writing waits is a property of what was opened, and other programs share ours.
 * Undefined where the system does not let us (a terminal of another user, Windows): Node's own stream is what is left then.
 */
function openTerminal(fd: 1 | 2): Terminal | undefined {
  const path = process.platform === 'linux' ? `/proc/self/fd/${fd}` : '/dev/tty';
  try {
    return new Terminal(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY));
  } catch {
    return undefined;
  }
}

/**
 * To be called when the process ends. Node sets the terminals that it began with back to how they were, and aborts where
 * one of them was closed meanwhile. It leaves alone what has become another file.
 */
export function forgetClosedTerminals(): void {
  if (process.platform === 'win32') return;
  for (const fd of terminalFds) {
    if (isatty(fd)) continue;
    closeSync(fd);
    // The system gives the lowest number that is free: the one that was just closed.
    openSync('/dev/null', 'r+');
  }
}

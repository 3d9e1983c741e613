// Sees to it that the system has what the tests start beside Node: a browser, and Python with its usual WebSocket
// library. On Debian as root what is missing is installed, saying so; elsewhere the line that installs it is the error.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @type {{ debianPackage: string, what: string, isThere: () => boolean }[]} */
const parts = [
  {
    debianPackage: 'chromium',
    what: '/usr/bin/chromium, for the tests in a real browser',
    isThere: () => existsSync('/usr/bin/chromium'),
  },
  {
    debianPackage: 'python3-websockets',
    what: '/usr/bin/python3 with `websockets`, for the tests of clients in Python',
    isThere: () => spawnSync('/usr/bin/python3', ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0,
  },
];

const missing = parts.filter((part) => !part.isThere());
if (missing.length > 0) {
  const names = missing.map((part) => part.debianPackage);
  const installLine = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
  for (const part of missing) console.error(`The tests need ${part.what} (Debian package ${part.debianPackage}).`);

  const isRootOnDebian =
    process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
  if (!isRootOnDebian) fail(`Install what is missing, then run the tests again. On Debian, as root:\n  ${installLine}`);

  console.error(`Installing it, as root on Debian:\n  ${installLine}`);
  const ended = spawnSync('/bin/sh', ['-c', installLine], {
    // Standard output is kept for the tests' report.
    stdio: ['ignore', process.stderr, 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (ended.status !== 0) fail(`That failed. See to it by hand, then run the tests again:\n  ${installLine}`);

  const stillMissing = missing.filter((part) => !part.isThere());
  if (stillMissing.length > 0) {
    fail(`Installed, but still not found: ${stillMissing.map((part) => part.what).join('; ')}.`);
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

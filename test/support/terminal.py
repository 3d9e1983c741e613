# /usr/bin/python3 terminal.py KIND FDS COMMAND…: runs the command with a terminal (KIND tty), a terminal that is full (full-tty)
# or a pipe that is full (full-pipe) as its outputs FDS (2, or 1,2). Nobody reads it until this program's stdin ends; from then on
# what comes out of it goes to stderr, whose first line is the command's pid. The exit code is the command's.
# With KIND own-tty the terminal is the command's own, as in a window, and the window is closed when this program's stdin ends.
import fcntl, os, pty, subprocess, sys, termios, threading, time

kind, fds = sys.argv[1], sys.argv[2].split(',')
reader, writer = os.pipe() if kind == 'full-pipe' else pty.openpty()


def fill():
    os.set_blocking(writer, False)
    refused = 0
    # A terminal that is full takes some more when the system has moved what it holds.
    while refused < 5:
        try:
            os.write(writer, b'-\n')
            refused = 0
        except BlockingIOError:
            refused += 1
            time.sleep(0.02)
    os.set_blocking(writer, True)


if kind.startswith('full-'):
    fill()
child = subprocess.Popen(
    sys.argv[3:],
    stdin=subprocess.DEVNULL,
    stdout=writer if '1' in fds else None,
    stderr=writer if '2' in fds else None,
    start_new_session=kind == 'own-tty',
    preexec_fn=(lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0)) if kind == 'own-tty' else None,
)
os.close(writer)
os.write(2, f'{child.pid}\n'.encode())
is_read = threading.Event()


def read():
    sys.stdin.buffer.read()
    if kind == 'own-tty':
        return os.close(reader)
    is_read.set()
    try:
        while text := os.read(reader, 65536):
            os.write(2, text)
    except OSError:
        pass  # EIO: nobody has the terminal any more


reading = threading.Thread(target=read, daemon=True)
reading.start()
code = child.wait()
if is_read.is_set():
    reading.join()
os._exit(code if code >= 0 else 128 - code)

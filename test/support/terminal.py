# /usr/bin/python3 terminal.py FDS COMMAND…: runs the command with a terminal as its outputs FDS (2, or 1,2) that nobody reads
# until this program's stdin ends; from then on what the terminal shows goes to stderr, whose first line is the command's pid.
# The exit code is the command's.
import os, pty, subprocess, sys, threading

fds = sys.argv[1].split(',')
terminal, shown = pty.openpty()
child = subprocess.Popen(
    sys.argv[2:],
    stdin=subprocess.DEVNULL,
    stdout=shown if '1' in fds else None,
    stderr=shown if '2' in fds else None,
)
os.close(shown)
os.write(2, f'{child.pid}\n'.encode())


is_read = threading.Event()


def read():
    sys.stdin.buffer.read()
    is_read.set()
    try:
        while text := os.read(terminal, 65536):
            os.write(2, text)
    except OSError:
        pass  # EIO: nobody has the terminal any more


reading = threading.Thread(target=read, daemon=True)
reading.start()
code = child.wait()
if is_read.is_set():
    reading.join()
os._exit(code if code >= 0 else 128 - code)

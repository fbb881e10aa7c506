# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a page's commands are typed: a shell of the host, and a terminal in
which a guest runs."""

import os
import pty
import re
import select
import signal
import subprocess
import time

# The kernel may speak at any time, behind a prompt, too.
SPOKEN = r"(?:\[ *[0-9.]+\] .*\n)*$"
GUEST = re.compile(r"root@kernelcraft:[^\n#]*# " + SPOKEN)
MONITOR = re.compile(r"\(qemu\) " + SPOKEN)
TAIL = 2000
TO_MONITOR = b"\x01c"  # Ctrl-A c, there and back
# That a clock has settled and a NIC is up is said a while after each boot, into
# whatever is typed then.
SETTLED = re.compile(r"\[ *[0-9.]+\] (?:tsc|clocksource|8021q): [^\n]*\n")
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78=>]|\][^\x07]*\x07)")
HOST = r"""
exec 2>&1
while IFS= read -r -d '' kc_command; do
	eval "$kc_command" </dev/null
	printf '\0%s\0' "$?"
done
"""


def plain(text):
    """Without what moves a cursor, and what the kernel says once a boot is over."""
    return SETTLED.sub("", ESCAPES.sub("", text).replace("\r", ""))


class ShellError(Exception):
    """A shell that ended, or did not answer in time."""


def kill_group(process):
    """Ends what was started as a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def read_some(fd, limit, what):
    """What comes next; empty at the end."""
    left = limit - time.monotonic()
    if left <= 0 or not select.select([fd], [], [], left)[0]:
        raise ShellError(f"{what} has not ended in time")
    try:
        return os.read(fd, 65536)
    except OSError:  # a terminal whose other side is gone
        return b""


class Host:
    """One bash for a page: variables and the current folder stay."""

    def __init__(self, folder, env):
        self.process = subprocess.Popen(
            ["bash", "-c", HOST], cwd=folder, env=env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, start_new_session=True)

    def run(self, command, seconds):
        """Returns the output and the status."""
        limit = time.monotonic() + seconds
        self.process.stdin.write(command.encode() + b"\0")
        self.process.stdin.flush()
        said = b""
        while said.count(b"\0") < 2:
            more = read_some(self.process.stdout.fileno(), limit, "the command")
            if not more:
                raise ShellError("the command ended the shell")
            said += more
        output, status, _ = said.split(b"\0", 2)
        return output.decode("utf-8", "replace"), int(status)

    def close(self):
        kill_group(self.process)


class Terminal:
    """A terminal in which a command runs a guest whose prompt appears."""

    def __init__(self, command, folder, env, seconds):
        self.monitor = False
        self.said = ""
        master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "-c", "stty cols 200 rows 50; exec " + command], cwd=folder,
            env={**env, "TERM": "vt100"}, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=self._own)
        os.close(slave)
        self.master = master
        self.greeting = self._until_prompt(seconds)

    @staticmethod
    def _own():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _until_prompt(self, seconds, typed=""):
        """What is said behind the echo of what was typed, until a prompt or the end."""
        limit = time.monotonic() + seconds
        prompt = MONITOR if self.monitor else GUEST
        # The guest's shell breaks a long line where its terminal ends.
        echo = re.compile(r"\s*".join(map(re.escape, "".join(typed.split()))))
        while True:
            # QEMU drops what its terminal does not take: look at the end alone first.
            text = plain(self.said[-TAIL:])
            if prompt.search(text):
                text = plain(self.said)
                echoed = echo.search(text)
                ready = echoed and prompt.search(text, echoed.end())
                if ready:
                    self.said = ""
                    return text[echoed.end():ready.start()]
            more = read_some(self.master, limit, "what was typed in the guest")
            if not more:
                self.process.wait(20)
                return plain(self.said)
            self.said += more.decode("utf-8", "replace")

    def switch(self, monitor, seconds=20):
        """To QEMU's monitor, or back."""
        if monitor == self.monitor:
            return
        os.write(self.master, TO_MONITOR)
        self.monitor = monitor
        if not monitor:
            os.write(self.master, b"\r")
        self._until_prompt(seconds)

    def run(self, command, seconds):
        """Types a command; returns what is said before the next prompt. What is
        said on the way down after poweroff is nobody's output."""
        self._type(command.encode() + b"\r")
        if command == "poweroff":
            self._until_end(seconds)
            return ""
        return self._until_prompt(seconds, command).lstrip(" ").removeprefix("\n")

    def _type(self, keys):
        """At a person's pace: QEMU keeps 32 keys for who does not read yet."""
        for at in range(0, len(keys), 8):
            os.write(self.master, keys[at:at + 8])
            time.sleep(0.03)

    def _until_end(self, seconds):
        limit = time.monotonic() + seconds
        while read_some(self.master, limit, "the guest"):
            pass
        self.process.wait(20)

    @property
    def ended(self):
        return self.process.poll() is not None

    def close(self):
        kill_group(self.process)
        os.close(self.master)

"""A simulated fleet: one SSH server process on many loopback addresses that answers vmbench's scripts from memory.

It speaks real SSH (paramiko's server side) so that the controller does all of its real work, but runs nothing: 200
real machines do not fit on one. Started as `python simulated.py FOLDER COUNT`, it prints its port and serves until
standard input ends.
"""

from __future__ import annotations

import hashlib
import io
import re
import selectors
import socket
import sys
import tarfile
import threading
from pathlib import Path

import paramiko

_MARK = re.compile(rb"printf '\\n@@%s %s\\n' ([0-9a-f]+) ([a-z]+)\n")
_END = re.compile(rb"printf '\\n@@%s exit %s\\n' ([0-9a-f]+) \$\?\n")
_SURVEY = b"home=/h\nbase=/h/.bench\ncpus=2\nuid=0\nmanager=apt\nfree_kib=99999999\nload=0\nclock=0\nboot_id=b\njobs=\n"


def address(index: int) -> str:
    """The loopback address of target `index`."""
    return f"127.7.{index // 250}.{index % 250 + 1}"


def _archive() -> tuple[bytes, bytes]:
    """A finished job of 100 KB: (tar archive, sha256sum lines)."""
    files = {
        "started.json": b'{"pid":1,"realtime":"2026-01-01T00:00:00Z","uptime_s":1.0,"boot_id":"b"}',
        "done.json": b'{"exit_code":0,"step":1,"timeout":false,"stopped":false,"realtime":"x","boot_id":"b"}',
        "stdout": b"rate 42\n",
        "out/blob": b"x" * 100_000,
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    lines = (f"{hashlib.sha256(content).hexdigest()}  ./{name}\n" for name, content in files.items())
    return stream.getvalue(), "".join(lines).encode()


class _Server(paramiko.ServerInterface):
    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_serve_shell, args=(channel,), daemon=True).start()
        return True


_TAR, _HASHES = _archive()


def _answer(script: bytes) -> bytes:
    """What a target would print for one script of vmbench."""
    said = {
        b"survey": _SURVEY,
        b"tools": b"",
        b"facts": b"@@ files\n/etc/os-release:ID=debian\n",
        b"hashes": _HASHES,
        b"archive": _TAR,
    }
    output = b""
    for nonce, name in _MARK.findall(script):
        state = b"fresh\nrunning\n" if b"setsid" in script else b"done\n"
        output += b"\n@@" + nonce + b" " + name + b"\n" + said.get(name, state)
    return output


def _serve_shell(channel: paramiko.Channel) -> None:
    text = b""
    while data := channel.recv(1 << 16):
        text += data
        while end := _END.search(text):
            channel.sendall(_answer(text[: end.start()]) + b"\n@@" + end[1] + b" exit 0\n")
            text = text[end.end() :]


def _serve(connection: socket.socket, key: paramiko.PKey) -> None:
    transport = paramiko.Transport(connection)
    transport.add_server_key(key)
    try:
        transport.start_server(server=_Server())
    except (paramiko.SSHException, EOFError, OSError):
        transport.close()


def _listen(count: int) -> list[socket.socket]:
    """One listening socket per loopback address, all at the port that the first one was given."""
    first = socket.create_server((address(0), 0), backlog=8)
    port = first.getsockname()[1]
    return [first, *(socket.create_server((address(index), port), backlog=8) for index in range(1, count))]


def _accept(listeners: list[socket.socket], key: paramiko.PKey) -> None:
    with selectors.DefaultSelector() as waiting:
        for listener in listeners:
            waiting.register(listener, selectors.EVENT_READ)
        while True:
            for ready, _ in waiting.select():
                connection, _peer = ready.fileobj.accept()
                threading.Thread(target=_serve, args=(connection, key), daemon=True).start()


def main() -> None:
    """Listen on all loopback addresses of the fleet at one port."""
    folder = Path(sys.argv[1])
    key = paramiko.Ed25519Key.from_private_key_file(str(folder / "host_key"))
    count = int(sys.argv[2])
    listeners = _listen(count)
    port = listeners[0].getsockname()[1]

    threading.Thread(target=_accept, args=(listeners, key), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()

"""Users of their own for tests, who live only as long as these, and an sshd of root's that lets them in."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Target

KEYS = ".keys"
"""The file in the user's home that says whose key is let in."""
_TOOLS = ("useradd", "userdel", "setpriv", "sshd")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, _TOOLS)), reason=f"needs root, and {', '.join(_TOOLS)}"
)


@contextmanager
def new_user(shell: str = "/bin/sh") -> Iterator[pwd.struct_passwd]:
    """A user without a password and without groups, whose home is an empty folder of its own below /tmp."""
    name = f"vmbench-{secrets.token_hex(4)}"
    home = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        made = subprocess.run(
            # `*` is a password that nothing matches; with `!` sshd would call the account locked.
            ["useradd", "--no-create-home", "--home-dir", home, "--shell", shell, "--password", "*", name],
            capture_output=True,
            check=False,
        )
        if made.returncode:
            pytest.skip(f"no user can be made here: {made.stderr.decode('utf-8', 'replace').strip()}")
        found = pwd.getpwnam(name)
        os.chown(home, found.pw_uid, found.pw_gid)
        yield found
    finally:
        _remove(name)
        shutil.rmtree(home, ignore_errors=True)


def _remove(name: str) -> None:
    """Waits for the sessions of sshd, which leave by themselves when the controller has hung up."""
    try:
        uid = pwd.getpwnam(name).pw_uid
    except KeyError:
        return
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _processes(uid):
        time.sleep(0.1)
    for process in _processes(uid):
        process.kill()
    subprocess.run(["userdel", "--force", name], capture_output=True, check=False)


def _processes(uid: int) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["uids"]) if one.info["uids"] and one.info["uids"].real == uid]


def let_in(box: Sandbox, user: pwd.struct_passwd, options: Iterable[str] = ()) -> Sshd:
    """A daemon of root's that takes the key of the sandbox for this user as well, whose start-up files are read."""
    keys = Path(user.pw_dir) / KEYS
    shutil.copyfile(box.folder / "authorized_keys", keys)
    keys.chmod(0o644)
    return box.start(
        options=(*options, "SetEnv VMBENCH_TEST=1", f"Match User {user.pw_name}", f"AuthorizedKeysFile {keys}")
    )


def target_of(box: Sandbox, daemon: Sshd, user: pwd.struct_passwd, base: str = "~/.bench") -> Target:
    """The account of a user as a target."""
    return Target(
        "t0",
        "127.0.0.1",
        "127.0.0.1",
        user=user.pw_name,
        port=daemon.port,
        identity_file=str(box.identity),
        known_hosts=str(box.known_hosts),
        base=base,
        ssh_config=os.devnull,
    )

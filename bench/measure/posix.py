"""The dialect of a POSIX target: every shell text that vmbench sends, and how its answers are read.

A reply is cut into sections by marker lines `@@<nonce> <name>`; what login scripts print before the first marker is
ignored. Values enter a script only through `quote`. Another operating system is another file like this one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from bench.errors import TransportError
from bench.measure.ticker import around
from bench.measure.transport import Reply
from bench.measure.unpack import MAX_FILES
from bench.model import JobSpec, Step

quote = shlex.quote
KILL_AFTER_S = 10
"""From TERM to KILL when a step ran into its timeout."""
FACTS_BEFORE = "facts-before.txt"
MAX_FILE = 128 << 20
"""No single file of a job that is larger is brought home."""
MAX_ARCHIVE = 192 << 20
"""Nor more than this of all of them; less than what one reply may be (see `bench.measure.ssh`)."""
_LONGEST_OWNER = 200
MAX_SECTION = 8 << 20
"""Bytes that any other part of a reply may have; the longest real ones (installing, facts) have some hundred kB."""
ARCHIVE = "archive"
"""The section that may be larger."""
_MOST_SECTIONS = 1000
_LONGEST_NAME = 100
_MAX_RECORD = 1 << 16
_RESERVED = 1023  # bytes of done.json, see job_tail.sh
_BLOCK = 512  # bytes in which `ulimit -f` counts


@cache
def resource(name: str) -> str:
    """One of the scripts that lie beside this file."""
    return files("bench.measure").joinpath(name).read_text("utf-8")


def marked(nonce: str, sections: Iterable[tuple[str, str]]) -> str:
    """One script that runs each (name, text) in turn and marks where its output starts."""
    lines = ["LC_ALL=C; export LC_ALL; umask 077"]
    for name, text in sections:
        lines += [f"printf '\\n@@%s %s\\n' {quote(nonce)} {quote(name)}", text]
    return "\n".join(lines) + "\n"


def sections(reply: Reply, nonce: str, where: str) -> dict[str, bytes]:
    """The output by section; TransportError when the script did not get to run, or when a section cannot be true."""
    output = memoryview(reply.stdout)  # nothing is copied but once what a section says
    mark = rf"\n@@{nonce} ([^\n]{{0,{_LONGEST_NAME}}})".encode()
    marks = list(islice(re.finditer(mark, output), _MOST_SECTIONS))
    if not marks:
        tail = (reply.stderr or reply.stdout).decode("utf-8", "replace").strip()[-300:]
        raise TransportError(
            f"did not run the script (exit code {reply.exit_code}: {tail or 'no output'})",
            where=where,
            remedy="The account needs a POSIX `sh`",
        )
    found: dict[str, bytes] = {}
    for begin, end in zip(marks, [*(one.start() for one in marks[1:]), len(output)], strict=True):
        name, content = begin[1].decode("ascii", "replace"), output[begin.end() + 1 : end]
        if name != ARCHIVE and len(content) > MAX_SECTION:
            raise TransportError(f"sent {len(content) >> 20} MiB where some lines were asked for", where=where)
        found[name] = bytes(content)
    return found


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job is: absent, staged, running, done, or dead (with the reason), busy (another job runs), or refused.

    fresh: this very call started it, so nothing of an earlier controller is in it.
    """

    word: str
    detail: str = ""
    fresh: bool = False

    @property
    def ran_s(self) -> float:
        """For a running job, the seconds since it was started; 0 when unknown."""
        return float(self.detail) if self.word == "running" and self.detail.isdecimal() else 0.0

    @property
    def holder(self) -> str:
        """For a busy target, in words which job has it, whose that is, and for how long."""
        job, _, rest = self.detail.partition(" ")
        seconds, _, owner = rest.partition(" ")
        if not seconds.isdecimal():
            return self.detail
        return f"job {job} of {owner[:_LONGEST_OWNER] or 'another run'}, which has run for {seconds} s"


def job_script(job_id: str, folder: str, spec: JobSpec, device: str = "") -> str:
    """`job.sh`: claims its folder by mkdir, runs the steps one after the other, writes `done.json` by rename.

    Whoever starts it twice gets one run: the second finds the claim and leaves. What a step leaves behind is ended
    before `done.json` is written (see members.sh for what is found). No file of a step grows beyond the largest that a
    step of the job may write: the kernel sees to that in every write anyway, so it costs nothing.
    """
    steps = "\n".join(_step(number, step) for number, step in enumerate(spec.steps, 1))
    largest = max((step.largest_file_bytes for step in spec.steps), default=0)
    return f"""#!/bin/sh
{_names(job_id, folder)}; cap={math.ceil(largest / _BLOCK)}; device={quote(device)}
{resource("members.sh")}
{resource("device_number.sh") if device else ""}
{resource("job_head.sh")}
{around(steps) if spec.ticker else steps}
{resource("job_tail.sh")}"""


def _step(number: int, step: Step) -> str:
    command = ["env", *(f"{key}={value}" for key, value in step.env)] if step.env else []
    limit = max(1, math.ceil(step.timeout_s))  # whole seconds: every timeout(1) reads those, and 0 would mean never
    command += ["timeout", "-k", str(KILL_AFTER_S), str(limit), *step.argv]
    stdout = quote(step.stdout)
    return (
        f'if [ "$code" -eq 0 ] && [ ! -e claim/stop ]; then step={number}; limit={limit}; before=$(seconds)\n'
        f'plain {stdout} stderr; (ulimit -f "$cap"; exec {shlex.join(command)}) '
        f"</dev/null >>{stdout} 2>>stderr; code=$?; after=$(seconds); fi"
    )


def guard_device(device: str) -> str:
    """Print `number MAJOR:MINOR` and `free`, or why a block device must not be written to in `refused REASON` lines."""
    return f"device={quote(device)}\n{resource('device_number.sh')}\n{resource('guard_device.sh')}"


def launch(
    job_id: str, folder: str, spec: JobSpec, data_folder: str, probe: str, device: str = "", owner: str = ""
) -> str:
    """Probe the facts, stage and start a job unless it was claimed already; prints its state. Harmless when repeated.

    device: the block device that the job overwrites; it is guarded in the same breath, before anything starts.
    owner: one line for whoever finds the target taken.
    The facts are kept in the job folder, so that a controller that attaches later still gets those from before.
    """
    contents = [("job.sh", job_script(job_id, folder, spec, device).encode()), *spec.files]
    staging = "\n".join(_stage(path, content) for path, content in contents)
    return f"""{_names(job_id, folder)}; data={quote(data_folder)}
{resource("state.sh")}
stage() {{
printf '%{_RESERVED - 1}s\\n' '' >"$job/done.new" && printf '%s\\n' {quote(owner)} >"$job/owner" || return 1
{staging}
}}
probe() {{
{probe}
}}
guard() {{
{guard_device(device) if device else "echo number none; echo free"}
}}
start() {{
{resource("start.sh")}
}}
{resource("launch.sh")}"""


def show(path: str) -> str:
    """Print a file."""
    return f"cat {quote(path)} 2>/dev/null"


def when_done(folder: str, text: str) -> str:
    """Run `text` only when the job has ended."""
    return f"if [ -f {quote(folder)}/done.json ]; then\n{text}\nfi"


def status(job_id: str, folder: str) -> str:
    """Print the state of a job."""
    return f"{_names(job_id, folder)}\n{resource('state.sh')}\nstate"


def await_port(port: int, seconds: int, folder: str) -> str:
    """Wait until something listens on a TCP port; prints `listening`, `silent`, or `ended` (the job did so first)."""
    return f"job={quote(folder)}; port={port:04X}; tries={seconds * 10}\n{resource('await_port.sh')}"


def list_files(folder: str) -> str:
    """Print SHA-256 and path of every file of a job as sha256sum does; `large`, `other`, `flood` lines for the rest."""
    return f"{_brought_home()}\ncd {quote(folder)} 2>/dev/null && list"


def archive(folder: str) -> str:
    """Write the job's files to standard output as a tar archive; must be the last section.

    Names come from find as arguments (no option of GNU tar is needed, and no name is a pattern). What is too much is
    cut off, and so found to be damaged or missing.
    """
    return f"{_brought_home()}\ncd {quote(folder)} && files -exec tar cf - {{}} + | head -c {MAX_ARCHIVE}"


def _brought_home() -> str:
    return f"most={MAX_FILE >> 10}; many={MAX_FILES}\n{resource('brought_home.sh')}"


def remove(*folders: str) -> str:
    """Delete folders, also what a tool closed against its own user."""
    if not folders:
        return ":"  # without a name, find would look at the folder that the shell is in
    names = shlex.join(folders)
    # A folder that was closed is not descended into before the next round.
    closed = f"$(find {names} -type d ! -perm -700 -exec chmod 700 {{}} \\; -print 2>/dev/null)"
    return f'rm -rf -- {names} 2>/dev/null || {{ while [ -n "{closed}" ]; do :; done; rm -rf -- {names}; }}'


def stop(job_id: str, folder: str) -> str:
    """End the running step of a job (TERM, then KILL) and skip the rest; the job itself then writes `done.json`.

    Of a job whose own shell is gone, what is left is killed.
    """
    parts = (resource(f"{name}.sh") for name in ("state", "members", "sweep", "stop"))
    return "\n".join((_names(job_id, folder), *parts, "state"))


def sweep(job_id: str, folder: str) -> str:
    """Kill what is left of a job whose own shell is gone."""
    return "\n".join((_names(job_id, folder), resource("members.sh"), resource("sweep.sh"), "sweep"))


def _names(job_id: str, folder: str) -> str:
    # The mark (see members.sh): a number of one length that no other job has, and no limit of anything.
    mark = (1 << 60) + int(hashlib.sha256(job_id.encode()).hexdigest()[:15], 16)
    return f"id={quote(job_id)}; job={quote(folder)}; mark={mark}"


def _stage(path: str, content: bytes) -> str:
    """Lines that write one file by rename; its folder is made first.

    Every line says what follows its failure: `set -e` means nothing inside a condition.
    """
    text = base64.encodebytes(content).decode()
    name = f'"$job"/{quote(path)}'
    parent = f'mkdir -p "$job"/{quote(path.rpartition("/")[0])} || return 1\n' if "/" in path else ""
    return f"{parent}base64 -d >{name}.new <<'@@END' && mv -f {name}.new {name} || return 1\n{text}@@END"


_STATES = frozenset({"absent", "staged", "running", "done", "dead", "busy", "refused"})


def read_state(text: bytes, where: str) -> JobState:
    """The last state line of a section."""
    lines = text.decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        word, _, detail = line.strip().partition(" ")
        if word in _STATES:
            return JobState(word, detail, fresh="fresh" in lines)
    raise TransportError(f"gave no job state ({text[:200]!r})", where=where)


def read_json(content: bytes) -> Mapping[str, object]:
    """The object in `started.json`, `done.json` or a `tool.json`; empty when it is torn, or too large to be one."""
    if len(content) > _MAX_RECORD:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


_HASH_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_LEFT_LINE = re.compile(r"large (\d+) (.+)|other (.+)|flood (\d+)")


def read_hashes(text: bytes) -> dict[str, str]:
    """Path → SHA-256 from sha256sum's lines; names that it had to escape are left out."""
    found: dict[str, str] = {}
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        if match := _HASH_LINE.fullmatch(line):
            found[match[2].removeprefix("./")] = match[1]
    return found


def read_left(text: bytes) -> list[str]:
    """What was left behind, in words: files that are too large, and what is neither file nor folder."""
    found: list[str] = []
    for line in text.decode("utf-8", "replace").splitlines():
        if match := _LEFT_LINE.fullmatch(line):
            if match[4]:
                found.append(f"a flood of {match[4]} files")
                continue
            name = (match[2] or match[3]).removeprefix("./")[:80]
            found.append(f"{name!r} is too large ({match[1]} bytes)" if match[1] else f"{name!r} is no regular file")
    return found

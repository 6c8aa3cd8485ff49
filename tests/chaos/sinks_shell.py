"""Does every string arrive at a program, in its environment and as a path as it was written, and nothing else happen?

Whatever `bench.measure.posix` writes is run by the real shells of this machine. Many strings go through one shell, so
that thousands take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.measure import posix
from bench.measure.provision import survey
from bench.measure.transport import FakeTransport
from bench.measure.unpack import unpack
from bench.model import JobSpec, Step, Target
from tests.chaos.strings import CANARY, encodable
from tests.measure.shells import Place, Shell

AT_ONCE = 20
"""Strings that one step gets: together far below what one command line may hold."""
_LONGEST = 120_000
"""Bytes of one argument; Linux takes 128 KiB."""


def arguments(shell: Shell, strings: Sequence[str], folder: Path) -> list[str]:
    """What went wrong when `strings` are arguments and environment of a job's steps; `folder` is empty, and its own."""
    canary = folder / "canary"
    usable = [armed(one, canary) for one in strings if encodable(one)]
    usable = [one for one in usable if len(one.encode()) < _LONGEST]
    groups = [usable[at : at + AT_ONCE] for at in range(0, len(usable), AT_ONCE)]
    steps = []
    for number, group in enumerate(groups):
        env = tuple((f"V{at}", one) for at, one in enumerate(group))
        names = " ".join(f'"$V{at}"' for at in range(len(group)))
        steps.append(_step(("printf", r"%s\0", *group), f"argv{number}"))
        steps.append(_step(("sh", "-c", rf"printf '%s\0' {names}"), f"env{number}", env))
    place = Place(shell, folder / "base" / "jobs" / "job-1", "job-1")
    place.launch(JobSpec(tuple(steps), results=()))
    done = place.done()
    wrong = [f"{shell.name}: the job ended with {done}"] if done.get("exit_code") != 0 else []
    for number, group in enumerate(groups):
        for kind in ("argv", "env"):
            came = _arrived(place.folder / f"{kind}{number}")
            wrong += [
                f"{shell.name}: {one!r} arrived as {other!r} ({kind})"
                for one, other in zip(group, came, strict=False)
                if one != other
            ]
            if len(came) != len(group):
                wrong.append(f"{shell.name}: {len(came)} of {len(group)} strings arrived ({kind})")
    return wrong + _ran(shell, canary)


def paths(shell: Shell, strings: Iterable[str], folder: Path) -> list[str]:
    """What went wrong when `strings` name job folders, and files in them."""
    canary = folder / "canary"
    keep = folder / "keep"
    keep.mkdir()
    named = {name: folder / "jobs" / name for one in strings if is_component(name := armed(one, canary, "x"))}
    for name, place in named.items():
        place.mkdir(parents=True)
        (place / name).write_bytes(name.encode())
    sections = []
    for number, place in enumerate(named.values()):
        sections += [
            (f"hashes{number}", posix.list_files(str(place))),
            (f"state{number}", posix.status("j", str(place))),
        ]
        sections.append((f"archive{number}", f"({posix.archive(str(place))})"))
        if number % 10 == 0:  # a dozen processes each
            sections.append((f"guard{number}", posix.guard_device(str(place))))
    found = posix.sections(shell.run(posix.marked("nonce", sections)), "nonce", shell.name)
    wrong: list[str] = []
    for number, name in enumerate(named):
        hashes = posix.read_hashes(found[f"hashes{number}"])
        archive = found[f"archive{number}"]
        taken = unpack(archive, hashes, []).files
        if taken not in ({name: name.encode()}, {}):
            wrong.append(f"{shell.name}: {name!r} was brought home as {list(taken)!r}")
        if number % 10 == 0 and not found[f"guard{number}"].strip().splitlines()[-1].startswith(b"refused"):
            wrong.append(f"{shell.name}: a device called {name!r} is not refused")
    shell.run(posix.marked("nonce", [("gone", posix.remove(*map(str, named.values())))]) if named else ":")
    wrong += [f"{shell.name}: {place.name!r} was not removed" for place in folder.glob("jobs/*")]
    if not keep.is_dir():
        wrong.append(f"{shell.name}: more was removed")
    return wrong + _ran(shell, canary)


def bases(shell: Shell, strings: Iterable[str], folder: Path) -> list[str]:
    """What went wrong when `strings` are vmbench's folder on a target, as an inventory may name it."""
    canary = folder / "canary"
    wrong = []
    for number, one in enumerate(strings):
        name = armed(one, canary, "x")
        if not is_component(name) or not name.isprintable():
            continue
        base = str(folder / str(number) / name)
        target = Target("t", "h", "h", base=base)
        connection = FakeTransport(lambda _, script: shell.run(script)).connect(target)
        if (found := survey(connection, target).base) != base:
            wrong.append(f"{shell.name}: the base {base!r} became {found!r}")
    return wrong + _ran(shell, canary)


def armed(text: str, canary: Path, instead: str = "") -> str:
    """`text` with the path of the canary in its place; `instead` where no slash may stand."""
    return text.replace(CANARY, instead or str(canary))


def is_component(name: str) -> bool:
    """Whether a file can be called so."""
    return encodable(name) and "/" not in name and name not in ("", ".", "..") and len(name.encode()) <= 255


def _step(argv: tuple[str, ...], stdout: str, env: tuple[tuple[str, str], ...] = ()) -> Step:
    return Step(argv, timeout_s=20, expected_s=0.01, env=env, stdout=stdout)


def _arrived(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\0")[:-1] if path.exists() else []


def _ran(shell: Shell, canary: Path) -> list[str]:
    """Whether something was run that only should have been passed on."""
    places = [canary, Path(CANARY), Path.home() / CANARY]
    return [f"{shell.name}: something was run that made {place}" for place in places if place.exists()]

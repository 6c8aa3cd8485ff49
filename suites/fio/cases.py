"""What the fio suite can run: cases by pattern, block size and queue, and the profiles that select them."""

from __future__ import annotations

from bench.model import Case, Params, Profile, pairs


def _case(row: str, title: str, rw: str, bs: str, queue: tuple[int, int]) -> Case:
    """A case of the table below; `queue` is (queue depth per job, jobs)."""
    depth, jobs = queue
    params: Params = pairs({"rw": rw, "bs": bs, "iodepth": depth, "numjobs": jobs})
    return Case(f"{row}-q{depth}t{jobs}", f"{title}, queue depth {depth} × {jobs}", params)


CASES = (
    _case("rand-read-4k", "Random read 4 KiB", "randread", "4k", (32, 1)),
    _case("rand-write-4k", "Random write 4 KiB", "randwrite", "4k", (32, 1)),
    _case("rand-mix-4k", "Random 70 % read 30 % write 4 KiB", "randrw", "4k", (32, 1)),
    _case("rand-read-4k", "Random read 4 KiB", "randread", "4k", (1, 1)),
    _case("rand-write-4k", "Random write 4 KiB", "randwrite", "4k", (1, 1)),
    _case("seq-read-1m", "Sequential read 1 MiB", "read", "1m", (8, 1)),
    _case("seq-write-1m", "Sequential write 1 MiB", "write", "1m", (8, 1)),
    _case("seq-read-1m", "Sequential read 1 MiB", "read", "1m", (1, 1)),
    _case("seq-write-1m", "Sequential write 1 MiB", "write", "1m", (1, 1)),
    _case("rand-read-4k", "Random read 4 KiB", "randread", "4k", (256, 4)),
    _case("rand-write-4k", "Random write 4 KiB", "randwrite", "4k", (256, 4)),
    _case("rand-read-64k", "Random read 64 KiB", "randread", "64k", (256, 4)),
    _case("rand-write-64k", "Random write 64 KiB", "randwrite", "64k", (256, 4)),
)

_QD1 = ("rand-read-4k-q1t1", "rand-write-4k-q1t1")
_QD32 = ("rand-read-4k-q32t1", "rand-write-4k-q32t1")
_SEQ_Q8 = ("seq-read-1m-q8t1", "seq-write-1m-q8t1")

PROFILES = (
    Profile(
        "smoke",
        "Seconds per case on a small file: shows that everything works, not how fast the disk is",
        (*_QD32, "seq-read-1m-q8t1"),
        pairs({"runtime_s": 3, "ramp_s": 1, "size_mib": 64}),
    ),
    Profile(
        "standard",
        "IOPS at queue depth 32, throughput at 1 MiB, latency at queue depth 1",
        (*_QD32, *_SEQ_Q8, *_QD1),
    ),
    Profile(
        "azure",
        "Microsoft's procedure for premium disks: queue depth 256 × 4 jobs, 4 KiB for IOPS, 64 KiB for throughput",
        ("rand-read-4k-q256t4", "rand-write-4k-q256t4", "rand-read-64k-q256t4", "rand-write-64k-q256t4"),
        pairs({"size_mib": 30 * 1024}),
    ),
    Profile(
        "cdm",
        "The rows of CrystalDiskMark 8: five runs of 5 s on 1 GiB; all are kept, where CrystalDiskMark shows the best",
        (*_SEQ_Q8, "seq-read-1m-q1t1", "seq-write-1m-q1t1", *_QD32, *_QD1),
        pairs({"runtime_s": 5, "ramp_s": 0, "size_mib": 1024, "runs": 5, "interval_s": 5}),
    ),
    Profile("latency", "4 KiB at queue depth 1: what one request takes", _QD1, pairs({"runtime_s": 60})),
    Profile(
        "steady",
        "Runs until IOPS stay within 10 % of their mean for 30 s (at most 10 min), on a region that was written once",
        _QD32,
        pairs({"runtime_s": 600, "steadystate": "iops:10%", "precondition": True}),
    ),
)

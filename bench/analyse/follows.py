"""Which facts are the host's doing, though the guest's kernel tells them? By whether the guest is the one that it was.

A host brings its CPU with it: model, caches, microcode, NUMA, and what the guest's kernel concludes from them: its
mitigations (`vulnerability.*`), the clock source, the driver of frequencies. The same conclusions move when somebody
changes the guest. Kernel, packages, command line and boot id tell the two apart:

- One of kernel, packages, command line changed: the guest's doing. Another kernel concludes otherwise.
- They are the same, and the boot id changed: the host's doing. A kernel asks the CPU when it boots, and was told
  something else: another CPU, or the microcode and CPUID bits of a patched host.
- They are the same, and the boot id is too: the guest's doing, at run time; a running kernel does not ask again. Only
  the clock source may be given up by a running kernel, when it is moved.

What is not known proves nothing: without the kernel's version, a conclusion that changed is nobody's, thus undeclared.
The driver of frequencies and SMT may also be set by whatever starts at boot, so they are the host's only where the
machine has another host.
"""

from __future__ import annotations

from bench.analyse.facts import BETWEEN_VALUES
from bench.model import Facts

_GUEST = (("guest-os", "kernel"), ("guest-os", "kernel_build"), ("guest-os", "packages"), ("guest-config", "cmdline"))
_BOOT = ("identity", "boot_id")
_CLOCK = ("guest-config", "clocksource")
_CONCLUDED = (("size", "cpu_isa"), ("guest-os", "microcode"), _CLOCK)
_DRIVERS = (("guest-config", "governor"), ("guest-config", "cpuidle"))
_VULNERABILITY = "vulnerability."
_HARDWARE = ("cpu_", "numa", "smt")
BUILD = (("host", "build"), ("host", "os_major"), ("host", "os_minor"), ("host", "build_at_boot"))
"""The build of the host; the live sources first: what the kernel printed at boot goes stale after a live migration."""


def of_a_new_host(layer: str, name: str, before: Facts, after: Facts) -> bool:
    """Whether a fact that changed on a target comes with its new host."""
    if layer == "host" or (layer, name) == ("guest-os", "microcode"):
        return True
    if layer == "size" and name.startswith(_HARDWARE):
        return True
    if layer == "network":  # which VF it has; whether it has one is a setting
        values = (before.get(layer, name), after.get(layer, name))
        return name.endswith((".vf", ".vf_vendor")) and "none" not in values
    if (layer, name) == _CLOCK:
        return same_guest(before, after)
    if (layer, name) in _DRIVERS:
        return same_guest(before, after) and booted(before, after)
    return of_the_same_host(layer, name, before, after)


def of_another_kind(layer: str, name: str) -> bool:
    """Whether a fact that came with a new host makes that another kind of host: of another CPU, or another build."""
    return (layer, name) in BUILD or (layer == "size" and name.startswith("cpu_") and (layer, name) not in _CONCLUDED)


def of_the_same_host(layer: str, name: str, before: Facts, after: Facts) -> bool:
    """Whether a fact that changed is what a kernel that nobody changed concludes from its host when it boots."""
    concluded = (layer, name) in _CONCLUDED or (layer == "guest-config" and name.startswith(_VULNERABILITY))
    return concluded and same_guest(before, after) and booted(before, after)


def of_another_size(layer: str, name: str, before: Facts, after: Facts) -> bool:
    """Whether a fact that changed comes with another number of CPUs: the queues of a network card, one for each."""
    vcpu = (before.get("size", "vcpu"), after.get("size", "vcpu"))
    return layer == "network" and name.endswith("_queues") and None not in vcpu and vcpu[0] != vcpu[1]


def same_guest(before: Facts, after: Facts) -> bool:
    """Whether kernel, packages and command line are the same, as far as they are known, and the kernel is."""
    pairs = [(before.get(*field), after.get(*field)) for field in _GUEST]
    if None in pairs[0] or any(one is not None and BETWEEN_VALUES in one for pair in pairs for one in pair):
        return False
    return all(one == other for one, other in pairs if one is not None and other is not None)


def booted(before: Facts, after: Facts) -> bool:
    """Whether the machine was booted between two phases: no boot of the one is one of the other."""
    one, other = before.get(*_BOOT), after.get(*_BOOT)
    if one is None or other is None:
        return False
    return not set(one.split(BETWEEN_VALUES)) & set(other.split(BETWEEN_VALUES))

"""What do Google Cloud's metadata server and Compute API say of maintenance? The cloud in one file.

Inside: `maintenance-event` is NONE, MIGRATE_ON_HOST_MAINTENANCE or TERMINATE_ON_HOST_MAINTENANCE, from 60 s before it
begins until it is over, and only where the key was asked for before. `virtual-clock/drift-token` is what Google's guest
agent goes by to set the clock after a live migration: another token confirms one, also where nobody is told the host
(`physical_host` is told to instances with a placement policy only). Outside: `resource_status.upcoming_maintenance`,
`physical_host`.

`?wait_for_change=true` is not used: it would hold a round trip and a process open on every machine all the time, also
beside what is measured there, to learn 60 s before instead of 35 s before. As the value stays for 60 s or longer, who
looks every `NOTICE_S` seconds misses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bench.cloud.clocks import read_moment
from bench.cloud.protocol import Answer, Machine, Request, missing_extra
from bench.cloud.replies import body_of, text_of, unspoken
from bench.cloud.states import Host, Notice, Progress, Reading
from bench.errors import CloudError, ConfigError
from bench.model import Pairs, pairs

if TYPE_CHECKING:
    from google.cloud.compute_v1 import InstancesClient
    from google.cloud.compute_v1.types import Instance

_HEADERS = ("Metadata-Flavor: Google",)
_PATH = "/computeMetadata/v1/instance/"
_FACTS = {"vm_id": "id", "name": "name", "size": "machine-type", "zone": "zone"}
NOTICE_S = 25.0
"""Half of the 60 s, less what a look takes."""
_TIMEOUT_S = 60.0
"""Of one page; the client's own is 600."""
_KINDS = {"MIGRATE_ON_HOST_MAINTENANCE": "migrate", "TERMINATE_ON_HOST_MAINTENANCE": "terminate"}


class Gcp:
    """The cloud."""

    name = "gcp"
    address = "http://metadata.google.internal"
    signs: Pairs = (("product_name", "Google*"), ("bios_vendor", "Google*"))

    def requests(self, *, enable_events: bool) -> tuple[Request, ...]:
        """The event, and what the instance is called; no listing, which would bring secrets of its attributes."""
        del enable_events
        paths = {"event": "maintenance-event", "clock": "virtual-clock/drift-token", **_FACTS}
        return tuple(Request(name, _PATH + path, _HEADERS) for name, path in paths.items())

    def read(self, answers: Mapping[str, Answer]) -> Reading:
        """The answers read; paths such as projects/1/zones/europe-west1-b give their last part."""
        facts = {name: value.rpartition("/")[2] for name in _FACTS if (value := body_of(answers, name))}
        if "zone" in facts:
            facts["region"] = facts["zone"].rpartition("-")[0]
        machine = pairs({"cloud": "gcp"} | {name: value for name, value in facts.items() if value})
        host = Host(clock=body_of(answers, "clock"))
        word = body_of(answers, "event").upper()
        if word == "NONE":
            return Reading((), host, machine, notice_s=NOTICE_S)
        if word not in _KINDS:
            failed = unspoken(answers, "event")
            why = f"{word[:60]!r} is not known here" if word else failed.problem
            return Reading(None, host, machine, f"maintenance-event: {why}", "", failed.retry_after_s, NOTICE_S)
        begun = Notice("maintenance-event", _KINDS[word], Progress.STARTED)
        return Reading((begun,), host, machine, notice_s=NOTICE_S)

    def control_plane(self, scope: Sequence[str] = ()) -> GcpControl:
        """With the application default credentials. scope: projects; none: the one of the credentials."""
        try:
            import google.auth
            from google.auth.exceptions import GoogleAuthError
            from google.cloud.compute_v1 import InstancesClient
        except ImportError as error:
            raise missing_extra("gcp", error) from error
        try:
            credentials, project = google.auth.default()
        except GoogleAuthError as error:
            raise CloudError(str(error).splitlines()[0], where="Google Cloud") from error
        names = tuple(scope) or ((project,) if project else ())
        if not names:
            raise ConfigError("no project is configured", remedy="Name it: --scope my-project")
        return GcpControl(InstancesClient(credentials=credentials), names)


class GcpControl:
    """The Compute API. projects: whose instances."""

    def __init__(self, client: InstancesClient, projects: tuple[str, ...]) -> None:
        self._client = client
        self._projects = projects

    def machines(self) -> Iterator[Machine]:
        """All instances of all zones."""
        for project in self._projects:
            for zone, instance in self._instances(project):
                yield machine_of(project, zone, instance)

    def maintenance(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """The upcoming maintenance of all instances, by one listing per project."""
        for project in self._projects:
            found = {one.cloud_id: Reading(problem="is not listed") for one in machines
                     if one.cloud_id.startswith(f"{project}/")}  # fmt: skip
            if not found:
                continue
            try:
                for zone, instance in self._instances(project):
                    number = machine_of(project, zone, instance).cloud_id
                    if number in found:
                        found[number] = upcoming_of(instance)
            except CloudError as error:
                found = dict.fromkeys(found, Reading(problem=error.what))
            yield from ((number, "gcp upcoming maintenance", reading) for number, reading in found.items())

    def _instances(self, project: str) -> Iterator[tuple[str, Instance]]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            for place, part in self._client.aggregated_list(project=project, timeout=_TIMEOUT_S):
                yield from ((place.rpartition("/")[2], instance) for instance in part.instances)
        except (GoogleAPIError, GoogleAuthError, OSError, ValueError) as error:  # `requests` raises OSErrors of its own
            said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise CloudError(said, where=f"Google Cloud project {project}") from error


def machine_of(project: str, zone: str, instance: Instance) -> Machine:
    """An instance as a machine; its id is project/zone/name."""
    nic = instance.network_interfaces[0] if instance.network_interfaces else None
    outside = nic.access_configs[0].nat_i_p if nic and nic.access_configs else ""
    windows = any("WINDOWS" in feature.type_ for disk in instance.disks for feature in disk.guest_os_features)
    return Machine(
        "gcp",
        f"{project}/{zone}/{instance.name}",
        instance.name,
        address=nic.network_i_p if nic else "",
        public_address=outside,
        region=zone.rpartition("-")[0],
        zone=zone,
        size=instance.machine_type.rpartition("/")[2],
        tags=pairs(dict(instance.labels)),
        running=instance.status == "RUNNING" if instance.status else None,
        vm_id=str(instance.id) if instance.id else "",
        windows=windows,
    )


def upcoming_of(instance: Instance) -> Reading:
    """`resource_status` as a reading."""
    status = instance.resource_status
    host = Host(name=text_of(status.physical_host))
    if "upcoming_maintenance" not in status:
        return Reading((), host)
    coming = status.upcoming_maintenance
    begin = text_of(coming.window_start_time)
    said = [", ".join(coming.maintenance_reasons), "you may start it yourself" if coming.can_reschedule else ""]
    notice = Notice(
        f"maintenance {begin}".strip(),
        text_of(coming.type_).lower() or "maintenance",
        Progress.STARTED if coming.maintenance_status == "ONGOING" else Progress.SCHEDULED,
        read_moment(begin),
        read_moment(coming.window_end_time),
        description=", ".join(filter(None, said)),
    )
    return Reading((notice,), host)

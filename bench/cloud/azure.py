"""What does Azure's control plane say of all VMs of all subscriptions? The cloud, with `azure_metadata` for inside.

Control plane: Resource Graph (see `azure_queries`), the instance view (`maintenance_redeploy_status`, absent unless
planned), Resource Health (history) and Service Health (announcements).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.cloud import azure_metadata
from bench.cloud.azure_queries import ANNOTATIONS, UPDATES, VMS, annotations_of, machine_of, update_of
from bench.cloud.azure_sessions import Clients, failures, parts_of, refused
from bench.cloud.clocks import read_moment, shown
from bench.cloud.parallel import each
from bench.cloud.protocol import Answer, Machine, Request
from bench.cloud.replies import list_of, mapping_of, text_of
from bench.cloud.states import Notice, Progress, Reading
from bench.errors import CloudError
from bench.model import Pairs

if TYPE_CHECKING:
    from azure.mgmt.compute.models import VirtualMachineInstanceView
    from azure.mgmt.resourcehealth.models import AvailabilityStatus, Event

_THREADS = 8


class Azure:
    """The cloud."""

    name = "azure"
    address = azure_metadata.ADDRESS
    signs: Pairs = azure_metadata.SIGNS

    def requests(self, *, enable_events: bool) -> tuple[Request, ...]:
        """See `azure_metadata`."""
        return azure_metadata.requests(enable_events=enable_events)

    def read(self, answers: Mapping[str, Answer]) -> Reading:
        """See `azure_metadata`."""
        return azure_metadata.read(answers)

    def control_plane(self, scope: Sequence[str] = ()) -> AzureControl:
        """With the credentials of the Azure CLI, the environment or a managed identity."""
        return AzureControl(Clients.default(), tuple(scope))


class AzureControl:
    """Azure's control plane. scope: subscriptions; () for all that the credentials can see."""

    def __init__(self, clients: Clients, scope: tuple[str, ...] = ()) -> None:
        self._clients = clients
        self._scope = scope

    def machines(self) -> Iterator[Machine]:
        """All VMs, by one query of Resource Graph."""
        for row in self._rows(VMS):
            machine = machine_of(row)
            if machine is not None:
                yield machine

    def maintenance(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """Planned updates and announcements of all machines, then each one's instance view and health."""
        yield from self._updates(machines)
        yield from self._history(machines)
        yield from self._announced(machines)
        for readings in each(self._each, machines, _THREADS):
            yield from readings

    def _rows(self, query: str) -> Iterator[Mapping[str, Any]]:
        from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

        token: str | None = None
        while True:
            asked = QueryRequest(
                query=query,
                subscriptions=list(self._scope) or None,
                options=QueryRequestOptions(skip_token=token, top=1000, result_format="objectArray"),
            )
            try:
                found = self._clients.graph().resources(asked)
                rows, token, cut = list_of(found.data), found.skip_token, str(found.result_truncated).lower() == "true"
            except failures() as error:
                raise CloudError(refused(error).problem, where="Azure Resource Graph") from error
            yield from (mapping_of(row) for row in rows)
            if cut and not token:
                raise CloudError("gave only a part of its rows", where="Azure Resource Graph")
            if not token:
                return

    def _updates(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        found: dict[str, list[Notice]] = {machine.cloud_id: [] for machine in machines}
        try:
            for row in self._rows(UPDATES):
                notice, resource = update_of(row), text_of(row.get("resourceId")).lower()
                if notice is not None and resource in found:
                    found[resource].append(notice)
        except CloudError as error:
            yield from ((one, "azure maintenance", Reading(problem=error.what)) for one in found)
            return
        yield from ((one, "azure maintenance", Reading(tuple(notices))) for one, notices in found.items())

    def _history(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """What Resource Health annotates: when the platform did planned work on a VM."""
        source = "azure health annotations"
        rows: dict[str, list[Mapping[str, Any]]] = {machine.cloud_id: [] for machine in machines}
        try:
            for row in self._rows(ANNOTATIONS):
                rows.get(text_of(row.get("resourceId")).lower(), []).append(row)
        except CloudError as error:
            yield from ((one, source, Reading(problem=error.what)) for one in rows)
            return
        yield from ((one, source, Reading(annotations_of(mine))) for one, mine in rows.items())

    def _announced(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """Planned maintenance of Service Health, for the machines that it says are impacted."""
        found: dict[str, list[Notice]] = {machine.cloud_id: [] for machine in machines}
        for subscription in sorted({parts_of(machine.cloud_id)[0] for machine in machines}):
            own = [one for one in found if parts_of(one)[0] == subscription]
            client = self._clients.health(subscription)
            try:
                for event in client.events.list_by_subscription_id():
                    notice = announcement_of(event)
                    if notice is None:
                        continue
                    for impacted in client.impacted_resources.list_by_subscription_id_and_event_id(notice.notice_id):
                        resource = (impacted.properties and impacted.properties.target_resource_id) or ""
                        if resource.lower() in found:
                            found[resource.lower()].append(notice)
            except failures() as error:
                yield from ((one, "azure service health", refused(error)) for one in own)
            else:
                yield from ((one, "azure service health", Reading(tuple(found[one]))) for one in own)

    def _each(self, machine: Machine) -> list[tuple[str, str, Reading]]:
        subscription, group, name = parts_of(machine.cloud_id)
        readings: list[tuple[str, str, Reading]] = []
        try:
            view = self._clients.compute(subscription).virtual_machines.instance_view(group, name)
            readings.append((machine.cloud_id, "azure instance view", instance_view_of(view)))
        except failures() as error:
            readings.append((machine.cloud_id, "azure instance view", refused(error)))
        try:
            statuses = self._clients.health(subscription).availability_statuses.list(machine.cloud_id)
            readings.append((machine.cloud_id, "azure resource health", health_of(statuses)))
        except failures() as error:
            readings.append((machine.cloud_id, "azure resource health", refused(error)))
        return readings


def instance_view_of(view: VirtualMachineInstanceView) -> Reading:
    """`maintenance_redeploy_status`: absent unless maintenance is planned, and then it says how the last try ended."""
    status = view.maintenance_redeploy_status
    if status is None:
        return Reading(())
    begin, end = read_moment(status.maintenance_window_start_time), read_moment(status.maintenance_window_end_time)
    done = status.last_operation_result_code == "MaintenanceCompleted"
    said = [status.last_operation_message or ""]
    if status.is_customer_initiated_maintenance_allowed:
        until = shown(read_moment(status.pre_maintenance_window_end_time))
        said.append(f"`bench azure perform-maintenance` starts it{f', until {until}' if until else ''}")
    notice = Notice(
        f"redeploy {begin}",
        "redeploy",
        Progress.COMPLETED if done else Progress.SCHEDULED,
        not_before=begin,
        not_after=end,
        description=", ".join(filter(None, map(text_of, said))),
    )
    return Reading((notice,))


def health_of(statuses: Iterable[AvailabilityStatus]) -> Reading:
    """The history of Resource Health: what was planned, from when the VM went away until it was available again."""
    rows = []
    for one in statuses:
        begin = read_moment(one.properties.occured_time) if one.properties else None
        if one.properties is not None and begin is not None:
            rows.append((begin, one.properties))
    found: list[Notice] = []
    for begin, row in sorted(rows, key=lambda pair: pair[0]):
        back = row.availability_state == "Available"
        if back and found and found[-1].progress is Progress.STARTED:
            last = found.pop()
            found.append(
                Notice(last.notice_id, last.kind, Progress.COMPLETED, last.not_before, begin, None, last.description)
            )
        elif not back and "planned" in {text_of(row.category).lower(), text_of(row.reason_type).lower(),
                                        text_of(row.health_event_category).lower()}:  # fmt: skip
            said = text_of(row.title) or text_of(row.summary)
            found.append(Notice(f"health {begin:.0f}", "planned", Progress.STARTED, begin, description=said))
    return Reading(tuple(found))


def announcement_of(event: Event) -> Notice | None:
    """A planned maintenance of Service Health that is still active; None for everything else."""
    row = event.properties
    if row is None or row.event_type != "PlannedMaintenance" or row.status != "Active" or not event.name:
        return None
    return Notice(
        event.name,
        "planned maintenance",
        Progress.SCHEDULED,
        not_before=read_moment(row.impact_start_time),
        not_after=read_moment(row.impact_mitigation_time),
        description=text_of(row.title),
    )

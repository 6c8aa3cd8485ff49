"""What does Azure's metadata service say inside a VM? The VM itself, and its scheduled events.

`Events[]` has EventId, EventType (Freeze, Reboot, Redeploy, Preempt, Terminate), EventStatus (Scheduled, Started),
NotBefore (RFC 1123 or ISO), Resources (VM names; other VMs of the set too), DurationInSeconds (0 none, −1 unknown).
There is no "completed": an event disappears.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.cloud.clocks import read_moment
from bench.cloud.protocol import Answer, Request
from bench.cloud.replies import json_of, list_of, mapping_of, number_of, retry_after, text_of, unspoken
from bench.cloud.states import Host, Notice, Progress, Reading
from bench.model import Pairs, pairs

ADDRESS = "http://169.254.169.254"
SIGNS = (("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"),)
NOT_ASKED = "scheduled events are not asked for: --scheduled-events does, and enables them for the VM"
BY_USER = "user"
"""How the kind begins of what somebody asked for: a restart from the portal is no maintenance of the host."""
FIRST_CALL_S = 130
"""The first call for scheduled events enables the feature and may take two minutes."""

_HEADERS = ("Metadata: true",)
_INSTANCE = Request("instance", "/metadata/instance?api-version=2021-02-01", _HEADERS)
_EVENTS = Request("events", "/metadata/scheduledevents?api-version=2020-07-01", _HEADERS, timeout_s=FIRST_CALL_S)
_PROGRESS = {"scheduled": Progress.SCHEDULED, "started": Progress.STARTED}


def requests(*, enable_events: bool) -> tuple[Request, ...]:
    """The instance, and with `enable_events` its scheduled events."""
    return (_INSTANCE, _EVENTS) if enable_events else (_INSTANCE,)


def read(answers: Mapping[str, Answer]) -> Reading:
    """The answers read; events that name only other VMs are left out."""
    instance = answers.get("instance", Answer(None, {}, b"", "half an answer"))
    compute = mapping_of(mapping_of(json_of(instance)).get("compute"))
    machine = _machine(compute)
    host = Host(name=text_of(mapping_of(compute.get("host")).get("id")))
    trouble = "" if compute else instance.problem or "no JSON"
    if "events" not in answers:
        return Reading(
            None, host, machine, trouble and f"instance: {trouble}", NOT_ASKED, retry_after(instance.headers)
        )
    document = mapping_of(json_of(answers["events"]))
    if answers["events"].status != 200 or "Events" not in document:
        failed = unspoken(answers, "events")
        why = "the answer has no `Events`" if document and not answers["events"].problem else failed.problem
        return Reading(None, host, machine, f"scheduled events: {why}", "", failed.retry_after_s)
    name = dict(machine).get("name", "").casefold()
    found = [notice for event in list_of(document["Events"]) if (notice := _notice(mapping_of(event), name))]
    return Reading(tuple(found), host, machine, trouble and f"instance: {trouble}")


def _machine(compute: Mapping[str, Any]) -> Pairs:
    """A value that is missing is "" there, and absent here."""
    names = {"name": "name", "vm_id": "vmId", "size": "vmSize", "region": "location", "zone": "zone"}
    found = {key: text_of(compute.get(name)) for key, name in names.items()}
    found["cloud_id"] = text_of(compute.get("resourceId")).lower()
    return pairs({"cloud": "azure"} | {key: value for key, value in found.items() if value}) if compute else ()


def _notice(event: Mapping[str, Any], name: str) -> Notice | None:
    resources = [text_of(one).casefold() for one in list_of(event.get("Resources"))]
    number, progress = text_of(event.get("EventId")), _PROGRESS.get(text_of(event.get("EventStatus")).lower())
    if not number or progress is None or (name and resources and name not in resources):
        return None
    kind = text_of(event.get("EventType")).lower() or "maintenance"
    return Notice(
        number,
        f"{BY_USER} {kind}" if text_of(event.get("EventSource")).lower() == BY_USER else kind,
        progress,
        not_before=read_moment(event.get("NotBefore")),
        duration_s=number_of(event.get("DurationInSeconds")),
        description=text_of(event.get("Description")),
    )

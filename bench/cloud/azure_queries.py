"""What is asked of the Resource Graph, which knows all subscriptions, and how are its rows read? Three queries.

Every query projects `id`: without it the Graph gives no token for the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.cloud.azure_sessions import parts_of
from bench.cloud.clocks import read_moment
from bench.cloud.protocol import Machine
from bench.cloud.replies import list_of, mapping_of, number_of, text_of
from bench.cloud.states import Notice, Progress
from bench.cloud.transitions import SAME_S
from bench.model import pairs

VMS = """resources
| where type =~ 'microsoft.compute/virtualmachines'
| mv-expand nic = iff(isnull(properties.networkProfile.networkInterfaces), dynamic([null]),
    properties.networkProfile.networkInterfaces)
| where array_length(properties.networkProfile.networkInterfaces) < 2 or isnull(nic)
    or tobool(nic.properties.primary)
| project id, name, location, zones, tags, nic = tolower(tostring(nic.id)), vmId = tostring(properties.vmId),
    size = tostring(properties.hardwareProfile.vmSize), os = tostring(properties.storageProfile.osDisk.osType),
    power = tostring(properties.extended.instanceView.powerState.code)
| join kind=leftouter (resources
    | where type =~ 'microsoft.network/networkinterfaces'
    | mv-expand ip = properties.ipConfigurations
    | where tobool(ip.properties.primary) or array_length(properties.ipConfigurations) < 2
    | project nic = tolower(id), address = tostring(ip.properties.privateIPAddress),
        public = tolower(tostring(ip.properties.publicIPAddress.id))) on nic
| join kind=leftouter (resources
    | where type =~ 'microsoft.network/publicipaddresses'
    | project public = tolower(id), publicAddress = tostring(properties.ipAddress)) on public
| project id, name, location, zones, tags, vmId, size, os, power, address, publicAddress
| order by id asc"""
UPDATES = """maintenanceresources
| where type =~ 'microsoft.maintenance/updates'
| mv-expand update = properties.value
| project id, resourceId = tostring(update.resourceId), status = tostring(update.status),
    impact = tostring(update.impactType), seconds = toint(update.impactDurationInSec),
    notBefore = tostring(update.notBefore), number = name
| where isnotempty(resourceId)
| order by resourceId asc, number asc"""
ANNOTATIONS = """healthresources
| where type =~ 'microsoft.resourcehealth/resourceannotations'
| where properties.category =~ 'Planned' and properties.context =~ 'Platform Initiated'
| project id, resourceId = tostring(properties.targetResourceId), occurred = tostring(properties.occurredTime),
    annotation = tostring(properties.annotationName), summary = tostring(properties.summary)
| where isnotempty(resourceId)
| order by resourceId asc, occurred asc"""
_UPDATE_PROGRESS = {
    "pending": Progress.SCHEDULED, "retrynow": Progress.SCHEDULED, "retrylater": Progress.SCHEDULED,
    "inprogress": Progress.STARTED, "completed": Progress.COMPLETED, "cancelled": Progress.CANCELED,
}  # fmt: skip


def machine_of(row: Mapping[str, Any]) -> Machine | None:
    """A row of the query for VMs; None when it names none."""
    number, power = text_of(row.get("id")).lower(), text_of(row.get("power"))
    if len(parts_of(number)) != 3:
        return None
    tags = mapping_of(row.get("tags"))
    return Machine(
        "azure",
        number,
        text_of(row.get("name")) or parts_of(number)[2],
        address=text_of(row.get("address")),
        public_address=text_of(row.get("publicAddress")),
        region=text_of(row.get("location")),
        zone=", ".join(filter(None, map(text_of, list_of(row.get("zones"))))),
        size=text_of(row.get("size")),
        tags=pairs({str(key): text_of(value) for key, value in tags.items()}),
        running=power.lower().endswith("/running") if power else None,
        vm_id=text_of(row.get("vmId")).lower(),
        windows=text_of(row.get("os")).lower() == "windows",
    )


def update_of(row: Mapping[str, Any]) -> Notice | None:
    """A row of the query for updates; None when it says nothing that is known."""
    progress = _UPDATE_PROGRESS.get(text_of(row.get("status")).lower())
    if progress is None:
        return None
    begins = text_of(row.get("notBefore"))
    return Notice(
        f"{text_of(row.get('number'))} {begins}".strip() or "update",
        text_of(row.get("impact")).lower() or "update",
        progress,
        not_before=read_moment(begins),
        duration_s=number_of(row.get("seconds")),
    )


def annotations_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Notice, ...]:
    """Rows of the query for annotations of one VM, as maintenance that is over. Those of one hour are of one."""
    dated = [(moment, row) for row in rows if (moment := read_moment(row.get("occurred"))) is not None]
    found: list[Notice] = []
    for moment, row in sorted(dated, key=lambda pair: pair[0]):
        name = text_of(row.get("annotation"))
        begin, last = moment, found[-1] if found else None
        if last is not None and last.not_before is not None and moment - last.not_before < SAME_S:
            begin = last.not_before
            found.pop()
        said = text_of(row.get("summary")) or name
        found.append(Notice(f"annotation {begin:.0f}", "planned", Progress.COMPLETED, begin, moment, description=said))
    return tuple(found)

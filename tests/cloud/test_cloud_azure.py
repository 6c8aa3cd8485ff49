"""Azure's control plane, with the real SDK clients over a replaying transport."""

from __future__ import annotations

from typing import Any

import pytest
from replay import Asked, Replay, Told, azure_clients

from bench.cloud.azure import AzureControl
from bench.cloud.azure_queries import ANNOTATIONS, UPDATES
from bench.cloud.protocol import Machine
from bench.cloud.states import Notice, Progress, Reading
from bench.errors import CloudError

SUB = "/subscriptions/11111111-0000-0000-0000-000000000001"
VM = f"{SUB}/resourceGroups/Prod/providers/Microsoft.Compute/virtualMachines/web-1"
ID = VM.lower()
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
MACHINE = Machine("azure", ID, "web-1", region="japaneast")


def vm_row(name: str = "web-1", **fields: Any) -> dict[str, Any]:
    return {
        "id": VM.replace("web-1", name),
        "name": name,
        "location": "japaneast",
        "zones": ["1"],
        "tags": {"role": "web"},
        "vmId": "AAAA-1",
        "size": "Standard_B2ms",
        "os": "Linux",
        "power": "PowerState/running",
        "address": "10.0.0.4",
        "publicAddress": "203.0.113.7",
    } | fields


def page(*rows: Any, more: str | None = None) -> Told:
    data: dict[str, Any] = {
        "totalRecords": len(rows),
        "count": len(rows),
        "resultTruncated": "false",
        "data": list(rows),
        "facets": [],
    }
    return Told(data | ({"$skipToken": more} if more else {}))


@pytest.fixture
def replay() -> Replay:
    """A subscription in which nothing is planned."""
    made = Replay()
    made.on("POST", GRAPH, page())
    made.on("GET", f"{SUB}/providers/Microsoft.ResourceHealth/events", Told({"value": []}))
    made.on("GET", f"{VM}/instanceView", Told({"statuses": [{"code": "PowerState/running"}]}))
    made.on("GET", f"{VM}/providers/Microsoft.ResourceHealth/availabilityStatuses", Told({"value": []}))
    return made


def readings(replay: Replay, **settings: Any) -> dict[str, Reading]:
    found = list(AzureControl(azure_clients(replay, **settings)).maintenance([MACHINE]))
    assert {number for number, _, _ in found} == {ID}
    return {source: reading for _, source, reading in found}


def test_vms_of_all_subscriptions_page_by_page(replay: Replay) -> None:
    replay.on("POST", GRAPH, page(vm_row(), more="next"), page(vm_row("web-2", zones=None, tags=None, power="")))
    first, second = AzureControl(azure_clients(replay)).machines()
    assert first == Machine(
        "azure",
        ID,
        "web-1",
        "10.0.0.4",
        "203.0.113.7",
        "japaneast",
        "1",
        "Standard_B2ms",
        (("role", "web"),),
        True,
        "aaaa-1",
    )
    assert (second.name, second.zone, second.tags, second.running) == ("web-2", "", (), None)
    asked = [one.body for one in replay.asked]
    assert "subscriptions" not in asked[0]
    assert asked[1]["options"]["$skipToken"] == "next"
    assert "virtualmachines" in asked[0]["query"]


def test_scope_limits_the_query_and_odd_rows_are_passed_over(replay: Replay) -> None:
    replay.on("POST", GRAPH, page(vm_row(), {"id": "nonsense"}, {}, "text", {**vm_row(), "name": 7}))
    found = list(AzureControl(azure_clients(replay), ("s-1",)).machines())
    assert [one.name for one in found] == ["web-1", "web-1"], "a name that is none is taken from the id"
    assert replay.asked[0].body["subscriptions"] == ["s-1"]


def test_nothing_planned_is_none_planned_by_every_source(replay: Replay) -> None:
    assert readings(replay) == {
        "azure maintenance": Reading(()),
        "azure health annotations": Reading(()),
        "azure service health": Reading(()),
        "azure instance view": Reading(()),
        "azure resource health": Reading(()),
    }


def test_an_instance_view_says_window_self_service_and_end(replay: Replay) -> None:
    status: dict[str, Any] = {
        "isCustomerInitiatedMaintenanceAllowed": True,
        "preMaintenanceWindowStartTime": "2026-01-10T00:00:00+00:00",
        "preMaintenanceWindowEndTime": "2026-01-15T00:00:00+00:00",
        "maintenanceWindowStartTime": "2026-01-19T18:00:00+00:00",
        "maintenanceWindowEndTime": "2026-01-20T18:00:00+00:00",
        "lastOperationResultCode": "None",
    }
    replay.on("GET", f"{VM}/instanceView", Told({"maintenanceRedeployStatus": status}))
    (planned,) = readings(replay)["azure instance view"].notices or ()
    assert (planned.progress, planned.not_before, planned.not_after) == (Progress.SCHEDULED, 1768845600.0, 1768932000.0)
    assert planned.description == "`bench azure perform-maintenance` starts it, until 2026-01-15 00:00Z"
    over = status | {"lastOperationResultCode": "MaintenanceCompleted", "isCustomerInitiatedMaintenanceAllowed": False}
    replay.on("GET", f"{VM}/instanceView", Told({"maintenanceRedeployStatus": over}))
    (done,) = readings(replay)["azure instance view"].notices or ()
    assert (done.progress, done.notice_id) == (Progress.COMPLETED, planned.notice_id)
    replay.on(
        "GET", f"{VM}/instanceView", Told({"maintenanceRedeployStatus": {"lastOperationResultCode": "RetryLater"}})
    )
    (bare,) = readings(replay)["azure instance view"].notices or ()
    assert (bare.progress, bare.not_before) == (Progress.SCHEDULED, None)


def test_planned_updates_of_the_graph(replay: Replay) -> None:
    rows = [
        {
            "resourceId": VM,
            "status": "Pending",
            "impact": "Freeze",
            "seconds": 9,
            "notBefore": "2026-01-19T18:00:00Z",
            "number": "u1",
        },
        {
            "resourceId": VM,
            "status": "InProgress",
            "impact": "Redeploy",
            "seconds": None,
            "notBefore": "",
            "number": "u2",
        },
        {"resourceId": VM, "status": "NoUpdatesPending", "number": "u3"},
        {"resourceId": VM.replace("web-1", "other"), "status": "Pending", "number": "u4"},
        {},
    ]
    replay.on("POST", GRAPH, page(*rows))
    assert readings(replay)["azure maintenance"].notices == (
        Notice("u1 2026-01-19T18:00:00Z", "freeze", Progress.SCHEDULED, 1768845600.0, None, 9.0),
        Notice("u2", "redeploy", Progress.STARTED),
    )


def annotated(when: str, summary: str = "", resource: str = VM) -> dict[str, str]:
    return {"id": "/a", "resourceId": resource, "occurred": when, "annotation": "Moved", "summary": summary}


def test_planned_work_that_resource_health_annotates_is_maintenance_that_is_over(replay: Replay) -> None:
    rows = [
        annotated("2026-01-20T00:10:00Z", "It is back."),
        annotated("2026-01-05T00:00:00Z"),
        annotated("2026-01-20T00:00:00.5Z", "It is moved."),
        annotated("never"),
        annotated("2026-01-20T00:00:00Z", resource=VM.replace("web-1", "other")),
        {},
    ]

    def graph(asked: Asked) -> Told:
        return page(*rows) if asked.body["query"].startswith("healthresources") else page()

    replay.on("POST", GRAPH, graph)
    found = readings(replay)
    assert found["azure maintenance"] == Reading(())
    assert found["azure health annotations"].notices == (
        Notice("annotation 1767571200", "planned", Progress.COMPLETED, 1767571200.0, 1767571200.0, None, "Moved"),
        Notice("annotation 1768867200", "planned", Progress.COMPLETED, 1768867200.5, 1768867800.0, None, "It is back."),
    )


def test_rows_that_the_graph_keeps_back_are_a_trouble_and_no_silence(replay: Replay) -> None:
    told = page(vm_row())
    replay.on("POST", GRAPH, Told(told.data | {"resultTruncated": "true"}))
    with pytest.raises(CloudError, match="only a part of its rows"):
        list(AzureControl(azure_clients(replay)).machines())
    queries = [one.body["query"] for one in replay.asked]
    assert all("project id," in query for query in (*queries, UPDATES, ANNOTATIONS)), "else there is no next page"


def status(when: str, state: str | None, **fields: str) -> dict[str, Any]:
    shown = {"availabilityState": state} if state else {}
    return {"id": f"{VM}/x", "name": "x", "properties": {"occuredTime": when, "title": "t"} | shown | fields}


def test_health_history_tells_from_when_to_when_a_vm_was_away(replay: Replay) -> None:
    rows = [
        status("2026-01-20T00:05:00Z", "Available"),
        status("2026-01-20T00:00:00Z", "Unavailable", reasonType="Planned", title="Host maintenance"),
        status("2026-01-05T00:00:00Z", "Unavailable", reasonType="Unplanned"),
        status("2026-01-05T00:01:00Z", "Available"),
        {"id": "x"},
        status("2026-02-01T00:00:00Z", None, healthEventCategory="Planned"),
    ]
    replay.on("GET", f"{VM}/providers/Microsoft.ResourceHealth/availabilityStatuses", Told({"value": rows}))
    assert readings(replay)["azure resource health"].notices == (
        Notice(
            "health 1768867200", "planned", Progress.COMPLETED, 1768867200.0, 1768867500.0, None, "Host maintenance"
        ),
        Notice("health 1769904000", "planned", Progress.STARTED, 1769904000.0, description="t"),
    )


def test_service_health_announces_to_the_machines_it_names(replay: Replay) -> None:
    def event(name: str, **fields: str) -> dict[str, Any]:
        standard = {
            "eventType": "PlannedMaintenance",
            "status": "Active",
            "title": "VM maintenance",
            "impactStartTime": "2026-01-19T18:00:00Z",
            "impactMitigationTime": "2026-01-20T18:00:00Z",
        }
        return {"id": f"{SUB}/x/{name}", "name": name, "properties": standard | fields}

    events = [
        event("AB1-2C3"),
        event("RES-1", status="Resolved"),
        event("ISS-1", eventType="ServiceIssue"),
        {"id": "x"},
    ]
    replay.on("GET", f"{SUB}/providers/Microsoft.ResourceHealth/events", Told({"value": events}))
    impacted = [{"properties": {"targetResourceId": VM}}, {"properties": {"targetResourceId": "/other"}}, {}]
    replay.on("GET", ".*/events/AB1-2C3/impactedResources", Told({"value": impacted}))
    (notice,) = readings(replay)["azure service health"].notices or ()
    assert (notice.notice_id, notice.not_before, notice.description) == ("AB1-2C3", 1768845600.0, "VM maintenance")


def test_a_429_is_tried_again_as_asked(replay: Replay) -> None:
    replay.on("GET", f"{VM}/instanceView", Told({}, 429, {"retry-after-ms": "1"}), Told({"statuses": []}))
    assert readings(replay)["azure instance view"] == Reading(())


def test_a_429_that_stays_is_a_trouble_of_this_source_only(replay: Replay) -> None:
    told = Told({"error": {"code": "TooManyRequests", "message": "slow down"}}, 429, {"Retry-After": "0"})
    replay.on("GET", f"{VM}/instanceView", told)
    found = readings(replay, retry_backoff_factor=0)
    assert found["azure instance view"].notices is None
    assert "429" in found["azure instance view"].problem
    assert found["azure resource health"] == Reading(())


@pytest.mark.parametrize(
    "answer", [Told({"error": {"code": "AuthorizationFailed", "message": "no"}}, 403), Told(None, 200)]
)
def test_what_cannot_be_read_is_a_trouble(answer: Told, replay: Replay) -> None:
    replay.on("POST", GRAPH, answer)
    replay.on("GET", f"{SUB}/providers/Microsoft.ResourceHealth/events", answer)
    found = readings(replay)
    assert found["azure maintenance"].problem
    assert found["azure service health"].problem
    assert found["azure instance view"] == Reading(())
    if answer.status == 403:
        with pytest.raises(CloudError, match="Resource Graph: HTTP 403"):
            list(AzureControl(azure_clients(replay)).machines())


def test_a_connection_that_breaks_is_a_trouble(replay: Replay) -> None:
    import requests

    def broken(asked: Asked) -> Told:
        raise requests.ConnectionError("reset by peer")

    replay.on("GET", f"{VM}/instanceView", broken)
    assert "reset by peer" in readings(replay, retry_total=0)["azure instance view"].problem

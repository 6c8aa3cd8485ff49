"""The Compute API, with the real REST client over a replaying session."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud.compute_v1 import InstancesClient
from google.cloud.compute_v1.services.instances.transports import InstancesRestTransport
from replay import Asked, Replay, Told

from bench.cloud.gcp import GcpControl
from bench.cloud.protocol import Machine
from bench.cloud.states import Host, Notice, Progress, Reading
from bench.errors import CloudError

LISTING = "/compute/v1/projects/p-1/aggregated/instances"


def control(replay: Replay) -> GcpControl:
    transport = InstancesRestTransport(credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]  # google-auth has untyped parts
    transport._session.mount("https://", replay)  # there is no public way to give it a session
    return GcpControl(InstancesClient(transport=transport), ("p-1",))


def instance(name: str = "web-1", **fields: Any) -> dict[str, Any]:
    return {
        "id": "4520031799277581759",
        "name": name,
        "machineType": "https://www.googleapis.com/compute/v1/projects/p-1/zones/europe-west1-b/machineTypes/e2-medium",
        "networkInterfaces": [{"networkIP": "10.1.0.2", "accessConfigs": [{"natIP": "203.0.113.9"}]}],
        "labels": {"role": "web"},
        "status": "RUNNING",
    } | fields


def page(*instances: dict[str, Any], **fields: Any) -> Told:
    empty = {"zones/us-central1-a": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
    return Told({"items": {"zones/europe-west1-b": {"instances": list(instances)}, **empty}, **fields})


@pytest.fixture
def replay() -> Replay:
    return Replay()


def machine(name: str = "web-1") -> Machine:
    return Machine("gcp", f"p-1/europe-west1-b/{name}", name)


def test_instances_of_all_zones_page_by_page(replay: Replay) -> None:
    bare = {"id": "2", "name": "bare", "disks": [{"guestOsFeatures": [{"type": "WINDOWS"}]}]}
    replay.on("GET", LISTING, page(instance(), nextPageToken="n"), page(bare))  # a page
    one, two = control(replay).machines()
    assert one == Machine(
        "gcp", "p-1/europe-west1-b/web-1", "web-1", "10.1.0.2", "203.0.113.9", "europe-west1", "europe-west1-b",
        "e2-medium", (("role", "web"),), True, "4520031799277581759",
    )  # fmt: skip
    assert (two.address, two.size, two.running, two.windows) == ("", "", None, True)
    assert replay.asked[1].query["pageToken"] == ["n"]


def test_upcoming_maintenance_and_physical_host(replay: Replay) -> None:
    coming = {
        "type": "SCHEDULED", "maintenanceStatus": "PENDING", "canReschedule": True,
        "windowStartTime": "2026-01-19T18:00:00Z", "windowEndTime": "2026-01-19T22:00:00Z",
        "maintenanceReasons": ["PLANNED_UPDATE"],
    }  # fmt: skip
    ongoing = {"maintenanceStatus": "ONGOING"}
    status = {"physicalHost": "/b1/s2/h3"}
    replay.on("GET", LISTING, page(
        instance(resourceStatus=status | {"upcomingMaintenance": coming}),
        instance("web-2", resourceStatus={"upcomingMaintenance": ongoing}),
        instance("web-3", resourceStatus=status),
        instance("web-4"),
    ))  # fmt: skip
    names = ("web-1", "web-2", "web-3", "web-4", "gone")
    found = {
        number.rpartition("/")[2]: one for number, _, one in control(replay).maintenance([machine(n) for n in names])
    }
    assert found == {
        "web-1": Reading(
            (
                Notice(
                    "maintenance 2026-01-19T18:00:00Z", "scheduled", Progress.SCHEDULED, 1768845600.0, 1768860000.0,
                    None, "PLANNED_UPDATE, you may start it yourself",
                ),
            ),
            Host("/b1/s2/h3"),
        ),
        "web-2": Reading((Notice("maintenance", "maintenance", Progress.STARTED),)),
        "web-3": Reading((), Host("/b1/s2/h3")),
        "web-4": Reading(()),
        "gone": Reading(problem="is not listed"),
    }  # fmt: skip


def test_a_503_is_tried_again_and_a_refusal_is_a_trouble(replay: Replay) -> None:
    refusal = Told({"error": {"code": 403, "message": "Required permission"}}, 403)
    replay.on("GET", LISTING, refusal)
    ((_, source, reading),) = control(replay).maintenance([machine()])
    assert (source, reading.notices) == ("gcp upcoming maintenance", None)
    assert "Required permission" in reading.problem
    with pytest.raises(CloudError, match=r"project p-1: .*Required permission"):
        list(control(replay).machines())


@pytest.mark.parametrize("error", [requests.ConnectionError("refused"), requests.ReadTimeout("too slow")])
def test_what_cannot_be_reached_is_a_trouble(error: Exception, replay: Replay) -> None:
    def fail(asked: Asked) -> Told:
        raise error

    replay.on("GET", LISTING, fail)
    ((_, _, reading),) = control(replay).maintenance([machine()])
    assert reading.problem == str(error)
    with pytest.raises(CloudError, match=f"project p-1: {error}"):
        list(control(replay).machines())


def test_unknown_fields_and_wrong_types_do_not_end_the_watch(replay: Replay) -> None:
    replay.on("GET", LISTING, page(instance(novelty={"a": 1}, resourceStatus={"upcomingMaintenance": {"later": 1}})))
    ((_, _, reading),) = control(replay).maintenance([machine()])
    assert reading.problem == ""
    replay.on("GET", LISTING, Told(["not", "an", "object"]))
    ((_, _, reading),) = control(replay).maintenance([machine()])
    assert reading.problem

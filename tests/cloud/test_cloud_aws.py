"""EC2's control plane, with the real client and botocore's stubber, which checks what is asked and what is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from bench.cloud.aws import AwsControl
from bench.cloud.protocol import Machine
from bench.cloud.states import Notice, Progress, Reading
from bench.errors import CloudError

REGION = "eu-west-1"
WINDOW = {"NotBefore": datetime(2026, 1, 21, 9, 0, tzinfo=UTC), "NotAfter": datetime(2026, 1, 21, 10, 0, tzinfo=UTC)}
AT, UNTIL = WINDOW["NotBefore"].timestamp(), WINDOW["NotAfter"].timestamp()


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "ec2",
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106  # nobody's
        config=Config(retries={"max_attempts": 0}, proxies={}),
    )


def machine(number: str) -> Machine:
    return Machine("aws", number, number, region=REGION)


def instance(number: str, **fields: Any) -> dict[str, Any]:
    return {
        "InstanceId": number,
        "InstanceType": "t3.large",
        "PrivateIpAddress": "10.0.0.9",
        "Placement": {"AvailabilityZone": "eu-west-1a"},
        "State": {"Name": "running", "Code": 16},
        "Tags": [{"Key": "Name", "Value": "api"}, {"Key": "role", "Value": "api server"}],
    } | fields


def test_instances_page_by_page_without_those_that_are_gone(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response(
            "describe_instances", {"Reservations": [{"Instances": [instance("i-1")]}], "NextToken": "n"}, {}
        )
        second = [
            instance("i-2", Tags=[], State={"Name": "stopped"}, Platform="windows"),
            instance("i-3", State={"Name": "terminated"}),
        ]
        stub.add_response("describe_instances", {"Reservations": [{"Instances": second}, {}]}, {"NextToken": "n"})
        one, two = AwsControl({REGION: client}).machines()
    assert one == Machine(
        "aws", "i-1", "api", "10.0.0.9", "", REGION, "eu-west-1a", "t3.large", (("role", "api server"),), True, "i-1"
    )
    assert (two.name, two.running, two.windows) == ("i-2", False, True)


def test_events_are_scheduled_completed_or_canceled(client: Any) -> None:
    def event(number: str, said: str) -> dict[str, Any]:
        return {"InstanceEventId": number, "Code": "system-reboot", "Description": said, **WINDOW}

    statuses = [
        {
            "InstanceId": "i-1",
            "Events": [
                event("e1", "planned"),
                event("e2", "[Completed] planned"),
                event("e3", "[Canceled] planned"),
                {"Code": "x"},
            ],
        },
        {"InstanceId": "i-2"},
        {"InstanceId": "i-9", "Events": [event("e9", "somebody else's")]},
    ]
    with Stubber(client) as stub:
        stub.add_response("describe_instance_status", {"InstanceStatuses": statuses}, {"IncludeAllInstances": True})
        found = list(AwsControl({REGION: client}).maintenance([machine("i-1"), machine("i-2"), machine("i-3")]))
    events = tuple(
        Notice(number, "system-reboot", progress, AT, UNTIL, description=said)
        for number, progress, said in (
            ("e1", Progress.SCHEDULED, "planned"),
            ("e2", Progress.COMPLETED, "[Completed] planned"),
            ("e3", Progress.CANCELED, "[Canceled] planned"),
        )
    )
    assert found == [
        ("i-1", "aws instance status", Reading(events)),
        ("i-2", "aws instance status", Reading(())),
        ("i-3", "aws instance status", Reading(())),
    ]


def test_a_refusal_is_a_trouble_of_every_machine_there(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("describe_instance_status", "RequestLimitExceeded", "slow down", 503)
        stub.add_client_error("describe_instances", "UnauthorizedOperation", "no", 403)
        ((number, _, reading),) = AwsControl({REGION: client}).maintenance([machine("i-1")])
        assert (number, reading.notices) == ("i-1", None)
        assert "RequestLimitExceeded" in reading.problem
        with pytest.raises(CloudError, match=r"EC2 in eu-west-1: .*UnauthorizedOperation"):
            list(AwsControl({REGION: client}).machines())


def test_a_region_without_targets_is_not_asked(client: Any) -> None:
    with Stubber(client):
        assert list(AwsControl({REGION: client}).maintenance([Machine("aws", "i-1", "i-1", region="us-east-1")])) == []

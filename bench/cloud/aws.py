"""What do AWS's instance metadata service (IMDSv2) and EC2 say of maintenance? The cloud in one file.

Inside: `events/maintenance/scheduled` and `/history`, with NotBefore, NotAfter, Code, Description, EventId and State
(active, completed, canceled). Outside: `describe_instance_status`, where completed events stay a week with
"[Completed]" before their description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.cloud.clocks import read_moment
from bench.cloud.protocol import Answer, Machine, Request, missing_extra
from bench.cloud.replies import body_of, json_of, list_of, mapping_of, text_of, unspoken
from bench.cloud.states import Host, Notice, Progress, Reading
from bench.errors import CloudError, ConfigError
from bench.model import Pairs, pairs

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import InstanceStatusEventTypeDef, InstanceStatusTypeDef, InstanceTypeDef

_TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105  # the name of a header
_DATA = "/latest/meta-data/"
_PROGRESS = {
    "active": Progress.SCHEDULED, "completed": Progress.COMPLETED, "canceled": Progress.CANCELED,
    "cancelled": Progress.CANCELED,
}  # fmt: skip
_FACTS = {
    "vm_id": "instance-id", "size": "instance-type", "zone": "placement/availability-zone-id",
    "region": "placement/region", "host": "placement/host-id",
}  # fmt: skip


class Aws:
    """The cloud."""

    name = "aws"
    address = "http://169.254.169.254"
    signs: Pairs = (("sys_vendor", "Amazon EC2*"), ("bios_version", "*amazon*"))

    def requests(self, *, enable_events: bool) -> tuple[Request, ...]:
        """A token, then events, their history, and where the instance is. Nothing here has a side effect."""
        del enable_events
        token = Request("token", "/latest/api/token", (f"{_TOKEN}-ttl-seconds: 60",), method="PUT", gives_token=True)
        paths = {
            "scheduled": "events/maintenance/scheduled", "history": "events/maintenance/history", **_FACTS,
        }  # fmt: skip
        return (token, *(Request(name, _DATA + path, token=_TOKEN) for name, path in paths.items()))

    def read(self, answers: Mapping[str, Answer]) -> Reading:
        """The answers read. No such path (404) is no such event."""
        facts = {name: value for name in _FACTS if (value := body_of(answers, name))}
        host = Host(name=facts.pop("host", ""))
        machine = pairs({"cloud": "aws"} | facts | ({"cloud_id": facts["vm_id"]} if "vm_id" in facts else {}))
        rows: list[Any] = []
        for name in ("history", "scheduled"):
            answer = answers.get(name)
            if answer is not None and answer.status == 404:
                continue
            found = json_of(answer) if answer is not None and answer.status == 200 else None
            if not isinstance(found, list):
                failed = unspoken(answers, name)
                token = answers.get("token")
                why = f"token: {token.problem}" if token is not None and token.status != 200 else failed.problem
                return Reading(None, host, machine, f"maintenance events: {why}", "", failed.retry_after_s)
            rows += found
        notices = {one.notice_id: one for row in rows if (one := _notice(mapping_of(row)))}
        return Reading(tuple(notices.values()), host, machine)

    def control_plane(self, scope: Sequence[str] = ()) -> AwsControl:
        """With the credentials of the environment or ~/.aws. scope: regions; none: the configured one."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError as error:
            raise missing_extra("aws", error) from error
        settings = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=20, read_timeout=60)
        try:
            names = tuple(scope) or (boto3.session.Session().region_name or "",)
            if not names[0]:
                raise ConfigError("no AWS region is configured", remedy="Name it: --scope eu-west-1")
            return AwsControl({name: boto3.client("ec2", region_name=name, config=settings) for name in names})
        except BotoCoreError as error:
            raise CloudError(str(error), where="AWS") from error


class AwsControl:
    """EC2's control plane. clients: by region."""

    def __init__(self, clients: Mapping[str, EC2Client]) -> None:
        self._clients = clients

    def machines(self) -> Iterator[Machine]:
        """All instances that are not terminated, region by region."""
        from botocore.exceptions import BotoCoreError, ClientError

        for region, client in self._clients.items():
            try:
                for page in client.get_paginator("describe_instances").paginate():
                    for reservation in page.get("Reservations", []):
                        for instance in reservation.get("Instances", []):
                            machine = machine_of(instance, region)
                            if machine is not None:
                                yield machine
            except (ClientError, BotoCoreError) as error:
                raise CloudError(str(error), where=f"EC2 in {region}") from error

    def maintenance(self, machines: Sequence[Machine]) -> Iterator[tuple[str, str, Reading]]:
        """The events of all instances; one that EC2 does not list has none."""
        from botocore.exceptions import BotoCoreError, ClientError

        for region, client in self._clients.items():
            found = {machine.cloud_id: Reading(()) for machine in machines if machine.region == region}
            if not found:
                continue
            try:
                for page in client.get_paginator("describe_instance_status").paginate(IncludeAllInstances=True):
                    for status in page.get("InstanceStatuses", []):
                        if status.get("InstanceId", "") in found:
                            found[status["InstanceId"]] = status_of(status)
            except (ClientError, BotoCoreError) as error:
                found = dict.fromkeys(found, Reading(problem=str(error)[:200]))
            yield from ((number, "aws instance status", reading) for number, reading in found.items())


def _notice(event: Mapping[str, Any]) -> Notice | None:
    number, progress = text_of(event.get("EventId")), _PROGRESS.get(text_of(event.get("State")).lower())
    if not number or progress is None:
        return None
    return Notice(
        number,
        text_of(event.get("Code")) or "maintenance",
        progress,
        read_moment(event.get("NotBefore")),
        read_moment(event.get("NotAfter")),
        description=text_of(event.get("Description")),
    )


def machine_of(instance: InstanceTypeDef, region: str) -> Machine | None:
    """An instance; None when it is terminated or has no id."""
    tags = {tag.get("Key", ""): tag.get("Value", "") for tag in list_of(instance.get("Tags"))}
    state = instance.get("State", {}).get("Name")
    number = instance.get("InstanceId", "")
    if not number or state in ("terminated", "shutting-down"):
        return None
    return Machine(
        "aws",
        number,
        tags.get("Name", "") or number,
        address=instance.get("PrivateIpAddress", ""),
        public_address=instance.get("PublicIpAddress", ""),
        region=region,
        zone=instance.get("Placement", {}).get("AvailabilityZone", ""),
        size=instance.get("InstanceType", ""),
        tags=pairs({key: value for key, value in tags.items() if key != "Name"}),
        running=None if state is None else state == "running",
        vm_id=number,
        windows=instance.get("Platform", "").lower() == "windows",
    )


def status_of(status: InstanceStatusTypeDef) -> Reading:
    """The events of an instance."""
    return Reading(tuple(one for event in status.get("Events", []) if (one := _event(event))))


def _event(event: InstanceStatusEventTypeDef) -> Notice | None:
    number, said = event.get("InstanceEventId", ""), event.get("Description", "")
    if not number:
        return None
    progress = Progress.SCHEDULED
    for word, other in (("[completed]", Progress.COMPLETED), ("[cancel", Progress.CANCELED)):
        if said.lower().startswith(word):
            progress = other
    return Notice(
        number,
        event.get("Code", "") or "maintenance",
        progress,
        read_moment(event.get("NotBefore")),
        read_moment(event.get("NotAfter")),
        description=text_of(said),
    )

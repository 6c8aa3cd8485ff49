"""What can be done to an Azure VM from here? Actions that say what they will do, and wait for Azure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bench.cloud.azure_sessions import Clients, failed, failures, parts_of
from bench.cloud.protocol import Machine
from bench.errors import CloudError


class Action(StrEnum):
    """What `bench azure` does."""

    REDEPLOY = "redeploy"
    PERFORM_MAINTENANCE = "perform-maintenance"
    ACCELERATED_NETWORKING_ON = "accelerated-networking on"
    ACCELERATED_NETWORKING_OFF = "accelerated-networking off"


EFFECTS = {
    Action.REDEPLOY: "stops the VM, moves it to another host and starts it; its temporary disk is lost",
    Action.PERFORM_MAINTENANCE: "starts the planned maintenance now: the VM is moved to a host that has had it and "
    "restarts; its temporary disk is lost",
    Action.ACCELERATED_NETWORKING_ON: "deallocates the VM, turns accelerated networking on at all its network "
    "interfaces and starts it; it may come to another host, its temporary disk and a dynamic public address are lost",
    Action.ACCELERATED_NETWORKING_OFF: "deallocates the VM, turns accelerated networking off at all its network "
    "interfaces and starts it; it may come to another host, its temporary disk and a dynamic public address are lost",
}
BURSTABLE = "is a burstable size: this resets its CPU credits, so its before and after cannot be compared"


@dataclass(frozen=True, slots=True)
class Actor:
    """Does actions with Azure's SDK; every call waits until Azure says that it is done. CloudError when it is not."""

    clients: Clients

    def do(self, action: Action, machine: Machine) -> str:
        """Do it; what was done, in words ("" for nothing more to say)."""
        does: dict[Action, Callable[[Machine], str]] = {
            Action.REDEPLOY: self._redeploy,
            Action.PERFORM_MAINTENANCE: self._perform_maintenance,
            Action.ACCELERATED_NETWORKING_ON: lambda one: self._accelerate(one, on=True),
            Action.ACCELERATED_NETWORKING_OFF: lambda one: self._accelerate(one, on=False),
        }
        try:
            return does[action](machine)
        except failures() as error:
            raise failed(error, machine.name) from error

    def _redeploy(self, machine: Machine) -> str:
        subscription, group, name = parts_of(machine.cloud_id)
        self.clients.compute(subscription).virtual_machines.begin_redeploy(group, name).result()
        return ""

    def _perform_maintenance(self, machine: Machine) -> str:
        """Only while the platform allows it: else Azure would answer with a conflict that says less."""
        subscription, group, name = parts_of(machine.cloud_id)
        machines = self.clients.compute(subscription).virtual_machines
        status = machines.instance_view(group, name).maintenance_redeploy_status
        if status is None or not status.is_customer_initiated_maintenance_allowed:
            why = "none is planned" if status is None else "Azure does not allow it now"
            raise CloudError(f"its maintenance cannot be started: {why}", where=machine.name)
        machines.begin_perform_maintenance(group, name).result()
        return ""

    def _accelerate(self, machine: Machine, *, on: bool) -> str:
        """All interfaces in one stop; the VM is started again also when an interface refuses."""
        subscription, group, name = parts_of(machine.cloud_id)
        machines = self.clients.compute(subscription).virtual_machines
        interfaces = self.clients.network(subscription).network_interfaces
        profile = machines.get(group, name).network_profile
        places = [parts_of(one.id or "") for one in (profile.network_interfaces if profile else None) or ()]
        found = [(place, interfaces.get(place[1], place[2])) for place in places if place]
        changing = [(place, nic) for place, nic in found if bool(nic.enable_accelerated_networking) is not on]
        if not changing:
            return f"was {'on' if on else 'off'} already"
        machines.begin_deallocate(group, name).result()
        try:
            for place, nic in changing:
                nic.enable_accelerated_networking = on
                interfaces.begin_create_or_update(place[1], place[2], nic).result()
        finally:
            machines.begin_start(group, name).result()
        return f"{len(changing)} of {len(found)} network interfaces"

"""How Azure's clients are made: one credential, one transport, a client per service and subscription."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bench.cloud.protocol import missing_extra
from bench.cloud.replies import retry_after
from bench.cloud.states import Reading
from bench.errors import CloudError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.mgmt.compute import ComputeManagementClient
    from azure.mgmt.network import NetworkManagementClient
    from azure.mgmt.resourcegraph import ResourceGraphClient
    from azure.mgmt.resourcehealth import ResourceHealthMgmtClient

T = TypeVar("T")
_TIMEOUTS = {"connection_timeout": 20, "read_timeout": 60}
"""Seconds; the SDK's own are 300, and each call is tried four times."""


class Clients:
    """The clients that were needed so far; safe to use from several threads.

    settings: for every client, such as `transport`.
    """

    def __init__(self, credential: TokenCredential, **settings: Any) -> None:
        self._credential = credential
        self._settings = settings
        self._made: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @classmethod
    def default(cls) -> Clients:
        """With the credentials of the environment, the Azure CLI or a managed identity; ConfigError without the SDK."""
        try:
            import azure.mgmt.compute
            import azure.mgmt.network
            import azure.mgmt.resourcegraph
            import azure.mgmt.resourcehealth  # noqa: F401  # asked for, so that what is missing is said at once
            from azure.identity import DefaultAzureCredential
        except ImportError as error:
            raise missing_extra("azure", error) from error
        return cls(DefaultAzureCredential(), **_TIMEOUTS)

    def graph(self) -> ResourceGraphClient:
        """Resource Graph, which knows no subscription."""

        def make() -> ResourceGraphClient:
            from azure.mgmt.resourcegraph import ResourceGraphClient

            return ResourceGraphClient(self._credential, **self._settings)

        return self._once("graph", "", make)

    def compute(self, subscription: str) -> ComputeManagementClient:
        """Compute of a subscription."""

        def make() -> ComputeManagementClient:
            from azure.mgmt.compute import ComputeManagementClient

            return ComputeManagementClient(self._credential, subscription, **self._settings)

        return self._once("compute", subscription, make)

    def network(self, subscription: str) -> NetworkManagementClient:
        """Network of a subscription."""

        def make() -> NetworkManagementClient:
            from azure.mgmt.network import NetworkManagementClient

            return NetworkManagementClient(self._credential, subscription, **self._settings)

        return self._once("network", subscription, make)

    def health(self, subscription: str) -> ResourceHealthMgmtClient:
        """Resource and Service Health of a subscription."""

        def make() -> ResourceHealthMgmtClient:
            from azure.mgmt.resourcehealth import ResourceHealthMgmtClient

            return ResourceHealthMgmtClient(self._credential, subscription, **self._settings)

        return self._once("health", subscription, make)

    def _once(self, service: str, subscription: str, make: Callable[[], T]) -> T:
        with self._lock:
            if (service, subscription) not in self._made:
                self._made[service, subscription] = make()
            return cast(T, self._made[service, subscription])


def parts_of(resource: str) -> tuple[str, ...]:
    """(subscription, resource group, name) of a VM's or NIC's resource id; () for what is none."""
    words = resource.strip("/").split("/")
    if len(words) != 8 or [words[0].lower(), words[2].lower()] != ["subscriptions", "resourcegroups"]:
        return ()
    return (words[1], words[3], words[7]) if all(words) else ()


def failures() -> tuple[type[Exception], ...]:
    """What a call of the SDK may raise: its own errors, and those of its models on an answer that does not fit them."""
    from azure.core.exceptions import AzureError

    return AzureError, ValueError, TypeError, AttributeError, KeyError


def refused(error: Exception) -> Reading:
    """What such an error means for one source: a problem, and when to ask again."""
    response = getattr(error, "response", None)
    headers = {str(key).lower(): str(value) for key, value in (getattr(response, "headers", None) or {}).items()}
    status = getattr(error, "status_code", None)
    said = str(getattr(error, "message", "") or error).splitlines()
    first = said[0][:200] if said else type(error).__name__
    if isinstance(error, TypeError | AttributeError | KeyError):
        first = f"an answer that does not fit ({first})"
    return Reading(problem=f"HTTP {status}: {first}" if status else first, retry_after_s=retry_after(headers))


def failed(error: Exception, where: str) -> CloudError:
    """The same as an exception, for what was asked to be done."""
    return CloudError(refused(error).problem, where=where)

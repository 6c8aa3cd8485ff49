"""Which clouds are there? The one table; a new cloud is a file and a line here."""

from __future__ import annotations

from bench.cloud.aws import Aws
from bench.cloud.azure import Azure
from bench.cloud.gcp import Gcp
from bench.cloud.protocol import Cloud

CLOUDS: dict[str, Cloud] = {cloud.name: cloud for cloud in (Azure(), Aws(), Gcp())}

"""A metadata server of this test alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from metadata_server import MetadataServer, metadata_server


@pytest.fixture
def service() -> Iterator[MetadataServer]:
    with metadata_server() as made:
        yield made

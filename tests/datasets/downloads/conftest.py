"""What tests of downloads share."""

import threading
from collections.abc import Iterator

import pytest
from serving import PACK, Server

from pipeline.datasets.downloads import download as downloading


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAIT", 0.0)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(params=PACK)
def suffix(request: pytest.FixtureRequest) -> str:
    """Each kind of archive."""
    return request.param

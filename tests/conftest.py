"""Every test starts from the same machine: nothing set, an empty cache, no network but this machine's own."""

import socket

import pytest


@pytest.fixture(autouse=True)
def hermetic(tmp_path, monkeypatch):
    for variable in ("COURSE_DATA", "COURSE_PROFILE", "COURSE_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    look_up = socket.getaddrinfo

    def local_only(host, *args, **kwargs):
        assert host in (None, "", "127.0.0.1", "::1", "localhost"), f"a test asks the network for {host}"
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local_only)

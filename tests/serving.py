"""A web server on this machine for downloads, and archives for it to serve."""

import hashlib
import io
import stat
import tarfile
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 12_000  # nearly 3 MiB


class Handler(BaseHTTPRequestHandler):
    """Serves one file as the test says."""

    server: "Server"

    def do_GET(self) -> None:
        server, start = self.server, 0
        server.asked.append(dict(self.headers))
        if server.answers:
            self.send_error(server.answers.pop(0))
            return
        content = server.content
        known = self.headers.get("If-Range") in (None, server.tag, server.date)
        if server.ranges and "Range" in self.headers and (known or server.careless):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start >= len(content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if server.sized:
            self.send_header("Content-Length", str(len(content) - start))
        for name, value in (("ETag", server.tag), ("Last-Modified", server.date)):
            if value and (server.repeats or not start):
                self.send_header(name, value)
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else len(content)
        self.wfile.write(content[start : start + cut])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """The handler's files, and the requests that it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.tag, self.date = CONTENT, '"one"', ""
        self.ranges, self.careless, self.sized, self.repeats = True, False, True, True
        self.cuts: list[int] = []  # after so many bytes the connection ends, answer by answer
        self.answers: list[int] = []  # errors, answer by answer
        self.asked: list[dict[str, str]] = []

    def handle_error(self, *_: object) -> None:
        """Says nothing of clients that hang up."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/set.zip"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(members: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, inner in members.items():
            archive.writestr(name, inner)
        for name in links:
            member = zipfile.ZipInfo(name)
            member.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(member, "/etc/passwd")
    return content.getvalue()


def tarred(members: dict[str, bytes], packed: str = "gz", **special: object) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=f"w:{packed}") as archive:
        for name, inner in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(inner)
            archive.addfile(member, io.BytesIO(inner))
        if special:
            member = tarfile.TarInfo("x/special")
            for key, value in special.items():
                setattr(member, key, value)
            archive.addfile(member)
    return content.getvalue()


PACK = {".zip": zipped, ".tar.gz": tarred, ".tar.bz2": partial(tarred, packed="bz2")}

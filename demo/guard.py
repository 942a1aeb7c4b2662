"""The guard in front of the demo: whom it answers, and what browsers may do with the answers."""

import re
from collections import deque
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from time import monotonic
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from pipeline.errors import UserError

NAME = r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?"
HOST = re.compile(rf"({NAME}|\[[0-9a-f:.]+\])(:\d+)?")

# Gradio's page has inline scripts, and makes functions of the text of events that run in browsers.
POLICY = """default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:;
    font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:;
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"""
HEADERS = {
    "Content-Security-Policy": " ".join(POLICY.split()),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}

# What Gradio serves and the demo has no use for: fetching other servers' files for a visitor,
# converting videos, keeping a page's state in a file, counting who does what.
CLOSED = re.compile(r"/gradio_api/(file[=/]https?:|proxy=|process_recording|deep_link)|/monitoring")

MINUTE = 60.0  # seconds
GUESSES, ALL_GUESSES = 5, 30  # at the password, a minute: from one address, and from all together
WAIT = f"After {GUESSES} wrong passwords the demo takes none for a minute."


class Guard:
    """Answers only what is meant for the demo (ASGI middleware).

    A page elsewhere can get its own name resolved to the demo's address (DNS rebinding); then the
    browser takes both for one site. So requests under names that were not allowed are refused.
    Addresses in digits need no name, hence can't be rebound. Requests that a browser sends for a
    page elsewhere (``Origin``) are refused too, whether or not they change something.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        """Guard ``app``; ``names``, beside localhost, may grow while it runs."""
        self.app, self.names = app, names
        self.guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        words = self.refusal(Headers(scope=scope), scope["path"])
        if words is not None:
            refused = PlainTextResponse(words, 403)
            answer = WebSocketClose() if scope["type"] == "websocket" else refused
            await answer(scope, receive, protected(send))
        elif scope.get("method") == "POST" and scope["path"].rstrip("/") == "/login":
            await self.login(scope, receive, protected(send))
        else:
            await self.app(scope, receive, protected(send))

    def refusal(self, headers: Headers, path: str) -> str | None:
        """Return in words why a request is refused; None where it is not."""
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if len(headers.getlist("host")) != 1 or not self.allows(host):
            return (
                "The demo does not answer to this name. Whoever started it can allow it: "
                "crossdomain demo --allow-host NAME"
            )
        if origin is not None and not self.is_own(origin.lower(), host):
            return "The demo answers its own page and programs, not pages from elsewhere."
        if CLOSED.match(path):
            return "The demo does not offer this."
        return None

    def allows(self, host: str) -> bool:
        """Tell whether the demo answers to a request's host, as in ``localhost:7860``."""
        found = HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1].strip("[]")
        return name == "localhost" or name in self.names or is_address(name)

    def is_own(self, origin: str, host: str) -> bool:
        """Tell whether a request comes from the page that this host serves.

        A proxy in front may call the demo otherwise than browsers call it; what they call it must
        then be among the allowed names.
        """
        try:
            parts = urlsplit(origin)
            return parts.netloc == host or parts.hostname in self.names
        except ValueError:  # brackets that hold no address
            return False

    async def login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a password on unless too many were wrong of late."""
        client = scope.get("client")
        address = client[0] if client else ""
        if not self.guesses.admit(address):
            slow = PlainTextResponse(WAIT, 429, {"Retry-After": str(int(MINUTE))})
            await slow(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self.guesses.forgive(address)
            await send(message)

        await self.app(scope, receive, watched)


class Guesses:
    """The passwords that were tried within the last minute, and from where.

    A try counts before it is known to be wrong, so that many at once don't pass. Behind a proxy an
    address can be made up: all together have a limit too, which also bounds what is kept.
    """

    def __init__(self) -> None:
        self._tries: deque[tuple[float, str]] = deque()

    def admit(self, address: str) -> bool:
        """Count a try, and tell whether it may be made."""
        now = monotonic()
        while self._tries and self._tries[0][0] <= now - MINUTE:
            self._tries.popleft()
        from_there = sum(tried == address for _, tried in self._tries)
        if from_there >= GUESSES or len(self._tries) >= ALL_GUESSES:
            return False
        self._tries.append((now, address))
        return True

    def forgive(self, address: str) -> None:
        """Count the latest try from ``address`` no more: it was right."""
        latest = next((entry for entry in reversed(self._tries) if entry[1] == address), None)
        if latest is not None:
            self._tries.remove(latest)


def protected(send: Send) -> Send:
    """Return a ``send`` that adds `HEADERS`."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending


def names_of(host: str, allowed: Iterable[str]) -> set[str]:
    """Return the names, beside localhost, of a demo that listens on ``host``.

    Raises UserError where one of ``allowed`` is no name.
    """
    names = {name.lower() for name in allowed}
    for name in names:
        if not re.fullmatch(NAME, name):
            raise UserError(f"--allow-host {name}: give a name alone, as in demo.example.org")
    own = host.lower()
    return names | (set() if is_local(own) or is_address(own.strip("[]")) else {own})


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches a demo that listens on ``host``."""
    name = host.strip("[]").lower()
    return name == "localhost" or (is_address(name) and ip_address(name).is_loopback)


def is_address(name: str) -> bool:
    """Tell whether ``name`` is an address in digits, of IPv4 or IPv6."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

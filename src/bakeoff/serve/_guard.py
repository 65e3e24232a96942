"""Who may ask, and how much: before anything of a request is looked at."""

import asyncio
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import parse_qs

__all__ = ["COOKIE", "Guard", "Rules"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "bakeoff-token"
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What is let in.

    Parameters
    ----------
    hosts : frozenset of str
        Names under which the page may be asked for, in lower case, without a port. An address is always one where
        `any_address`: only names can be pointed elsewhere behind the back of a browser.
    any_address : bool
    token : str or None
        Must come with every request: as ``?token=`` once, then as a cookie, or as ``Authorization: Bearer``.
    most_bytes : int
        Of a request's body.
    most_seconds : float
        That a body may take to arrive.
    """

    hosts: frozenset[str] = field(default_factory=lambda: frozenset({"127.0.0.1", "localhost", "::1"}))
    any_address: bool = False
    token: str | None = None
    most_bytes: int = 5_000_000
    most_seconds: float = 20.0

    def lets_in(self, host: str) -> bool:
        """Whether a ``Host`` header, with or without its port, is ours."""
        name = _without_port(host)
        if name in self.hosts:
            return True
        return self.any_address and _is_address(name)


class Guard:
    """Refuses foreign ``Host`` and ``Origin`` headers, requests without the token, and bodies that are too large.

    Parameters
    ----------
    application : ASGI application
    rules : Rules
    """

    def __init__(self, application: Application, rules: Rules) -> None:
        self._application, self._rules = application, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no sockets here
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refusal(scope, headers)
        if refused is not None:
            await _refuse(send, *refused)
            return
        body = await self._body(receive)
        if isinstance(body, tuple):
            await _refuse(send, *body)
            return
        given = False

        async def receive_body() -> Message:
            nonlocal given
            if given:
                return await receive()  # the client goes away
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._application(scope, receive_body, _with_headers(send, self._new_cookie(scope)))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        rules, length = self._rules, headers.get("content-length", "0")
        refused: tuple[int, str] | None = None
        if sum(name.lower() == b"host" for name, _ in scope["headers"]) != 1 or not rules.lets_in(headers["host"]):
            refused = 421, "this host name is not served here; --allow-host NAME lets one in"
        elif self._is_foreign(headers):
            refused = 403, "requests from other pages are refused"
        elif rules.token is not None and not self._has_token(scope, headers):
            refused = 401, "a token is needed: open the address that was printed, or send Authorization: Bearer TOKEN"
        elif not length.isdecimal():
            refused = 400, "Content-Length must be a number"
        elif int(length[:20]) > rules.most_bytes:
            refused = 413, f"a body may have {rules.most_bytes:,} bytes"
        return refused

    def _is_foreign(self, headers: dict[str, str]) -> bool:
        """Whether a browser says that another page asks."""
        origin = headers.get("origin")
        if origin is not None:
            return not self._is_own(origin, headers["host"])
        return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")

    @staticmethod
    def _is_own(origin: str, host: str) -> bool:
        scheme, _, rest = origin.partition("://")
        return scheme in ("http", "https") and rest.lower() == host.lower()

    def _has_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        token = self._rules.token or ""
        given = [*parse_qs(scope["query_string"].decode("latin-1")).get("token", [])]
        if headers.get("authorization", "").startswith("Bearer "):
            given.append(headers["authorization"].removeprefix("Bearer "))
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        if cookie is not None:
            given.append(cookie.value)
        return any(hmac.compare_digest(each.encode(), token.encode()) for each in given)

    def _new_cookie(self, scope: Scope) -> str | None:
        if self._rules.token is None or b"token=" not in scope["query_string"]:
            return None
        return f"{COOKIE}={self._rules.token}; HttpOnly; SameSite=Strict; Path=/"

    async def _body(self, receive: Receive) -> bytes | tuple[int, str]:
        """The whole body, or why not."""
        parts: list[bytes] = []
        n_bytes = 0
        try:
            async with asyncio.timeout(self._rules.most_seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return 400, "the request ended before its body"
                    parts.append(message.get("body", b""))
                    n_bytes += len(parts[-1])
                    if n_bytes > self._rules.most_bytes:
                        return 413, f"a body may have {self._rules.most_bytes:,} bytes"
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            return 408, "the body took too long to arrive"


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send, cookie: str | None) -> Send:
    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            had = {name.lower() for name, _ in message["headers"]}
            more = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in had]
            if cookie is not None:
                more.append((b"set-cookie", cookie.encode()))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return send_more


async def _refuse(send: Send, status: int, why: str) -> None:
    body = f'{{"detail":"{why}"}}'.encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await _with_headers(send, None)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""The page on an address of this machine."""

import gc
import ipaddress
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bakeoff.errors import InputError, MissingExtraError
from bakeoff.serve._guard import Guard, Rules

__all__ = ["Address", "serve"]

_MOST_CONNECTIONS = 256
_KEEP_ALIVE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is.

    Parameters
    ----------
    host : str
        A name or an address of this machine.
    port : int
        0: any that is free.
    allowed_hosts : sequence of str
        More names under which it may be asked for.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: Sequence[str] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def rules(self) -> Rules:
        """What is let in there: off this machine, whoever has a token that is drawn now."""
        names = {name.lower() for name in self.allowed_hosts}
        if self.is_loopback:
            return Rules(Rules().hosts | names)
        own = {self.host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}
        return Rules(Rules().hosts | names | own, any_address=True, token=secrets.token_urlsafe(24))


def serve(app: Guard, address: Address, rules: Rules, ready: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    app : Guard
    address : Address
    rules : Rules
        Those of the application: its token belongs to the address that people open.
    ready : callable
        Is told that address once requests are taken.

    Raises
    ------
    InputError
        If the address cannot be had.
    MissingExtraError
        If uvicorn is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("bakeoff serve", "serve") from None

    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # Named TCP: asyncio sends answers at once on such sockets alone, and lets others wait 40 ms for more.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(f"{address.host}:{address.port} cannot be listened on: {error}") from None
    port = listening.getsockname()[1]
    shown = f"[{address.host}]" if ":" in address.host else address.host
    end = "" if rules.token is None else f"?token={rules.token}"

    class Server(uvicorn.Server):  # type: ignore[misc,unused-ignore]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                # What is there now stays. Looking through it again and again for garbage took a fifth of a second.
                gc.collect()
                gc.freeze()
                ready(f"http://{shown}:{port}/{end}")

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS, ws="none", server_header=False,
    )  # fmt: skip
    with listening:
        Server(config).run(sockets=[listening])

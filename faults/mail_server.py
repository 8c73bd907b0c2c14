"""A mail server that misbehaves by the dice, and writes down every mail that it took."""

import asyncio
import random
import threading
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any

SLOW_SECONDS = 0.2
DRIP_SECONDS = 0.05
Weights = Mapping[str, float]

GOOD: Weights = {"ok": 1}
WILD: Weights = {
    "ok": 30, "slow": 10, "flaky": 6, "refuse": 3, "refuse_data": 3, "temp": 8, "full": 4, "greylist": 10,
    "drop": 8, "accept_drop": 8, "hang": 1, "hang_data": 1,
    "drip": 1,
}  # fmt: skip
SILENT: Weights = {"hang": 1}
"""Modes and how often: `drop` closes after DATA and keeps nothing, `accept_drop` keeps the mail but closes
before it says so, `hang` never greets, `hang_data` never answers the mail, `drip` answers a byte at a time
for ever, `flaky` closes at random."""


@dataclass(frozen=True)
class Taken:
    """One mail that the server keeps. `answered` is whether it still could say so."""

    message_id: str
    recipient: str
    pid: int
    at: float
    answered: bool


@dataclass
class WildMailServer:
    """`weights` may be changed at any time; `modes` counts what happened."""

    seed: int = 1
    weights: Weights = field(default_factory=lambda: GOOD)
    taken: list[Taken] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)
    port: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._seen: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._run(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening; what hangs is cut off."""

        async def end() -> None:
            self._server.close()
            talks = asyncio.all_tasks() - {asyncio.current_task()}
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _mode(self) -> str:
        """What happens to the next mail."""
        spoken = {mode: weight for mode, weight in self.weights.items() if mode != "hang"} or GOOD
        [mode] = self._random.choices(list(spoken), list(spoken.values()))
        self.modes[mode] = self.modes.get(mode, 0) + 1
        return mode

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._hangs():
                await asyncio.sleep(3600)
            await _Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _hangs(self) -> bool:
        """Whether this connection is taken and then left alone."""
        hangs = self._random.random() < self.weights.get("hang", 0) / sum(self.weights.values())
        self.modes["hang"] = self.modes.get("hang", 0) + hangs
        return hangs

    def knows(self, recipient: str) -> bool:
        """Whether this recipient was announced before: what greylisting goes by."""
        known = recipient in self._seen
        self._seen.add(recipient)
        return known


class _Conversation:
    """One connection, line by line."""

    def __init__(
        self, server: WildMailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.mode, self.recipient, self.pid = "ok", "", 0

    async def run(self) -> None:
        await self.say("220 here")
        while line := (await self.reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                self.pid = int(line.split("pid-")[1].split(".")[0]) if "pid-" in line else 0
                await self.say("250 here")
            elif verb == "MAIL":
                self.mode = self.server._mode()
                await self.step("250 fine")
            elif verb == "RCPT":
                self.recipient = line.partition("<")[2].partition(">")[0]
                await self.step(self.rcpt())
            elif verb == "DATA":
                await self.step("354 go on")
                if not await self.body(await self.reader.readuntil(b"\r\n.\r\n")):
                    return
            elif verb == "QUIT":
                await self.say("221 bye")
                return
            else:
                await self.say("250 fine")

    def rcpt(self) -> str:
        if self.mode == "greylist" and not self.server.knows(self.recipient):
            return "450 4.2.0 Greylisted, come back later"
        return {
            "refuse": "550 5.1.1 No such mailbox",
            "temp": "451 4.3.0 Try later",
            "full": "452 4.2.2 Mailbox full",
        }.get(self.mode, "250 fine")

    async def body(self, content: bytes) -> bool:
        """Whether the conversation goes on."""
        if self.mode == "refuse_data":
            await self.say("554 5.7.1 Refused")
            return True
        if self.mode == "hang_data":
            await asyncio.sleep(3600)
        if self.mode in ("drop", "accept_drop"):
            if self.mode == "accept_drop":
                self.keep(content, answered=False)
            return False
        # Kept before it is said, as a real server does: the other side may be dead by then.
        self.keep(content, answered=True)
        await self.step("250 kept")
        return True

    def keep(self, content: bytes, *, answered: bool) -> None:
        message_id = str(message_from_bytes(content, policy=default)["Message-ID"])
        self.server.taken.append(Taken(message_id, self.recipient, self.pid, time.monotonic(), answered))

    async def step(self, answer: str) -> None:
        if self.mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        while self.mode == "drip":
            self.writer.write(b"2")
            await self.writer.drain()
            await asyncio.sleep(DRIP_SECONDS)
        if self.mode == "flaky" and self.server._random.random() < 0.3 and not answer.startswith("250 kept"):
            raise ConnectionError
        await self.say(answer)

    async def say(self, answer: str) -> None:
        self.writer.write(answer.encode() + b"\r\n")
        await self.writer.drain()

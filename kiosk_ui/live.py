"""The event stream: one thread and one selector carry data-less pokes to every open page, whatever the pages do."""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from kiosk_ui.live_ask import Ask, Declined, read_ask
from kiosk_ui.live_client import Client
from kiosk_ui.live_events import Feed, begin, following

_RING = 1024  # pokes remembered for pages that come back; beyond that a page is told to look at everything
_ASK_S = 5.0  # how long a client may take to say what it wants
_ASK_BYTES = 8192


class LiveServer:
    """Serves GET /live?topics=a,b as text/event-stream on a port of its own; programs GET /api/v1/events from `feed`.

    `allowed_origins` judges an origin such as "http://127.0.0.1:8770"; the Host header is judged by it too.
    `poke` writes to the sockets from the thread that calls it: no page waits for a thread to be woken. A client
    that stops reading is dropped when `backlog` bytes wait for it, and looks at everything when it comes back.
    """

    def __init__(
        self,
        host: str,
        port: int,
        allowed_origins: Callable[[str], bool],
        feed: Feed | None = None,
        *,
        heartbeat_s: float = 15.0,
        max_clients: int = 128,
        backlog: int = 32_768,
    ) -> None:
        self._address = (host, port)
        self._allowed = allowed_origins
        self._feed = feed
        self._heartbeat_s = heartbeat_s
        self._max_clients = max_clients
        self._backlog = backlog
        self._boot = secrets.token_hex(4)
        self._n = 0
        self._ring: deque[tuple[int, str]] = deque(maxlen=_RING)
        self._lock = threading.Lock()  # guards _n, _ring, _streams, and every socket's write and close
        self._clients: set[Client] = set()  # touched by the thread only
        self._streams: dict[str, set[Client]] = {}
        self._attention: set[Client] = set()
        self._selector = selectors.DefaultSelector()
        self._bell_out, self._bell_in = socket.socketpair()
        self._bell_in.setblocking(False)
        self._bell_out.setblocking(False)
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> int:
        """Listens and returns the port; raises OSError when it is taken."""
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=256)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._bell_in, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def stop(self) -> None:
        """Closes every stream and the port; may be called twice, and without start."""
        self._stopping = True
        self._ring_bell()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def streams(self) -> int:
        """How many pages listen now."""
        with self._lock:
            return len(set[Client]().union(*self._streams.values()))

    def poke(self, topic: str) -> None:
        """Tells every page that listens to `topic` to look again. Any thread, never blocks, never raises."""
        with self._lock:
            self._n += 1
            self._ring.append((self._n, topic))
            frame = self._frame(self._n, topic)
            there = self._streams.get(topic, ())
            left = [c for c in there if c.cursor is not None or not c.push(frame, self._backlog)]
            self._attention.update(left)
        if left:
            self._ring_bell()

    def _frame(self, number: int, topic: str) -> bytes:
        return b'id: %s-%d\ndata: {"topic":"%s","n":%d}\n\n' % (
            self._boot.encode(),
            number,
            topic.encode("ascii", "replace"),
            number,
        )

    def _ring_bell(self) -> None:
        try:
            self._bell_out.send(b"!")
        except OSError:  # full: it is ringing already; closed: nobody is there to hear it
            return

    def _run(self) -> None:
        beat = time.monotonic() + self._heartbeat_s
        while not self._stopping:
            asking = any(c.topics is None for c in self._clients)
            wait = max(0.0, beat - time.monotonic())
            for key, events in self._selector.select(min(wait, 0.5) if asking else wait):
                self._serve(key, events)
            self._attend()
            now = time.monotonic()
            if asking:
                self._drop_slow_askers(now)
            if now >= beat:
                self._beat()
                beat = now + self._heartbeat_s
        self._close_all()

    def _serve(self, key: selectors.SelectorKey, events: int) -> None:
        if key.fileobj is self._listener:
            self._accept(self._listener)
        elif key.fileobj is self._bell_in:
            self._bell_in.recv(4096)
        else:
            client: Client = key.data
            if events & selectors.EVENT_READ:
                self._read(client)
            if events & selectors.EVENT_WRITE:
                with self._lock:
                    client.flush()
            self._follow(client)
            self._settle(client)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(64):  # bounded: streams that are open keep their turn while many knock
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError:  # out of file descriptors: let the others go on for a moment
                time.sleep(0.01)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(sock, time.monotonic(), str(address[0]))
            self._clients.add(client)
            self._selector.register(sock, selectors.EVENT_READ, client)
            if self._crowded(client, 2):  # too many even to be told so
                self._close(client)

    def _crowded(self, client: Client, times: int) -> bool:
        """Whether there are too many, or too many of this one's address: a quarter of the room is left to others."""
        own = sum(one.who == client.who and not one.closing for one in self._clients)
        return len(self._clients) > 2 * self._max_clients or own > times * -(-self._max_clients * 3 // 4)

    def _read(self, client: Client) -> None:
        try:
            data = client.sock.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            client.dead = True
            return
        if client.topics is not None or client.closing:
            return  # a stream's client has nothing more to say
        client.inbox += data
        head, end, _rest = client.inbox.partition(b"\r\n\r\n")
        if len(client.inbox) > _ASK_BYTES:
            self._decline(client, Declined(431, "Request Header Fields Too Large"))
        elif end:
            asked = read_ask(bytes(head), self._allowed)
            if isinstance(asked, Ask) and (self.streams >= self._max_clients or self._crowded(client, 1)):
                asked = Declined(503, "Service Unavailable")
            if isinstance(asked, Ask) and asked.token is not None and not self._admits(asked.token):
                asked = Declined(401, "Unauthorized")
            if isinstance(asked, Ask):
                self._open(client, asked)
            else:
                self._decline(client, asked)

    def _admits(self, token: str) -> bool:
        return self._feed is not None and self._feed.admits(token)

    def _follow(self, client: Client) -> None:
        """Sends a program its next events; what does not fit at once goes when the rest was taken."""
        if self._feed is None:
            return
        frames = following(self._feed, client)
        if frames:
            with self._lock:
                client.push(frames, max(self._backlog, len(frames)))
                self._attention.add(client)  # there may be more
            self._ring_bell()

    def _open(self, client: Client, ask: Ask) -> None:
        client.inbox.clear()
        missed = b""
        if ask.token is not None and self._feed is not None:
            client.cursor, missed = begin(self._feed, ask.last_id)
        with self._lock:
            if client.cursor is None:
                missed = b"".join(self._frame(n, topic) for n, topic in self._missed(ask))
            client.topics = ask.topics
            for topic in ask.topics:
                self._streams.setdefault(topic, set()).add(client)
            client.push(ask.head() + b"retry: 1000\n\n" + missed, self._backlog)
        self._follow(client)

    def _missed(self, ask: Ask) -> list[tuple[int, str]]:
        """The newest missed poke of each topic; all topics when we cannot know (other boot, ring too short)."""
        if not ask.last_id:
            return []
        boot, _, text = ask.last_id.partition("-")
        seen = int(text) if text.isdecimal() and len(text) < 19 else -1
        oldest = self._ring[0][0] if self._ring else self._n + 1
        if boot != self._boot or not oldest - 1 <= seen <= self._n:
            return [(self._n, topic) for topic in sorted(ask.topics)]
        newest = {topic: n for n, topic in self._ring if n > seen and topic in ask.topics}
        return sorted((n, topic) for topic, n in newest.items())

    def _decline(self, client: Client, declined: Declined) -> None:
        client.closing = True
        with self._lock:
            client.push(declined.answer(), self._backlog)

    def _attend(self) -> None:
        with self._lock:
            some, self._attention = self._attention, set()
        for client in some:
            self._follow(client)
            self._settle(client)

    def _settle(self, client: Client) -> None:
        """Makes the selector's view of a client true again, or lets it go."""
        if client not in self._clients:
            return
        if client.dead or (client.closing and not client.outbox):
            self._close(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.outbox else 0)
        if self._selector.get_key(client.sock).events != wanted:
            self._selector.modify(client.sock, wanted, client)

    def _close(self, client: Client) -> None:
        self._clients.discard(client)
        self._selector.unregister(client.sock)
        with self._lock:
            client.dead = True
            for topic in client.topics or ():
                listeners = self._streams[topic]
                listeners.discard(client)
                if not listeners:
                    del self._streams[topic]
            client.sock.close()

    def _drop_slow_askers(self, now: float) -> None:
        for client in [c for c in self._clients if c.topics is None and now - c.since > _ASK_S]:
            self._close(client)

    def _beat(self) -> None:
        for client in [c for c in self._clients if c.topics is not None]:
            with self._lock:
                client.push(b": still here\n\n", self._backlog)
            self._follow(client)  # a poke is a hint: this is how every event arrives
            self._settle(client)

    def _close_all(self) -> None:
        for client in list(self._clients):
            self._close(client)
        if self._listener is not None:
            self._listener.close()
        self._selector.close()
        self._bell_in.close()
        self._bell_out.close()

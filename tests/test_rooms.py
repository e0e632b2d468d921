"""Who may import whom, and the house rules that a linter does not know; planted breaches must be seen."""

from __future__ import annotations

import ast
import functools
import graphlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house_plan import ARROWS, DOORS, ROOMS, ROOTS

ROOT = Path(__file__).resolve().parent.parent

# Doors are pure: no file, socket, thread, process, clock or chance. Foreign packages only with a reason.
IMPURE = frozenset(
    "asyncio concurrent ctypes fcntl glob http importlib io logging mmap multiprocessing os pathlib queue "
    "random sched secrets select selectors shelve shutil signal socket sqlite3 ssl subprocess sys "
    "tempfile termios threading time tty urllib warnings".split()
)
PURE_PARTS = frozenset({"urllib.parse"})  # text in, text out, whatever its neighbours do
IMPURE_CALLS = frozenset({"now", "utcnow", "today", "open", "print", "input"})
DOOR_LIBRARIES = {
    "msgspec": "the named validation library",
    "cryptography": "Ed25519 of the pickup code, a pure function of bytes",
    "biip": "GS1 syntax, a pure function of text",
}

MAX_FILE, MAX_FUNCTION = 300, 40
# path, or path:function -> why it is longer.
LONGER = {
    "devices/ports.py": "the whole door in one place: what devices can do, say, and what slips are made of",
    "tests/sync/test_snapshots.py": "what HQ offers, what a store believes, and every cut and lie between them",
    "tests/edge/test_snapshot_load.py": "one file of HQ's, and everything that must not happen while it is loaded",
    "sync/messages.py": "the whole protocol in one place: every message, its limits and its canonical form",
}
VAGUE = frozenset("util utils helper helpers common base manager managers handler handlers misc".split())
DEPENDENCIES = frozenset(
    "argon2 biip click cryptography cv2 escpos flask flask_babel msgspec numpy PIL psycopg pysnmp pythonjsonlogger "
    "pyudev pyzbar requests segno serial sqlalchemy sqlcipher3 sqlite_utils tomlkit usb waitress zeroconf "
    "zstandard".split()
)


@dataclass(frozen=True)
class Module:
    """One source file: its path below the root, dotted name, text and tree."""

    path: str
    name: str
    text: str
    tree: ast.Module

    @functools.cached_property
    def nodes(self) -> list[ast.AST]:
        """What the rules look at, found in one walk: most of a tree is names and constants."""
        kinds = (
            ast.Import,
            ast.ImportFrom,
            ast.Call,
            ast.ExceptHandler,
            ast.FunctionDef,
            ast.AsyncFunctionDef,
        )
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def imports(self, known: frozenset[str]) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of every import, wherever it stands and under whatever `if`."""
        package = self.name if self.path.endswith("/__init__.py") else self.name.rpartition(".")[0]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
                origin = ".".join(part for part in (above, node.module or "") if part)
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield node.lineno, inner if inner in known else origin
            elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
                yield from (
                    (node.lineno, str(arg.value)) for arg in node.args[:1] if isinstance(arg, ast.Constant)
                )


@functools.cache
def _parsed(path: str, text: str) -> Module:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return Module(path, name, text, ast.parse(text, path))


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


Rule = Callable[[list[Module]], Iterator[str]]


def arrows(modules: list[Module]) -> Iterator[str]:
    """Imports that the table does not allow."""
    known = frozenset(module.name for module in modules)
    for module in modules:
        home = max((name for name in ARROWS if _within(module.name, (name,))), key=len, default="")
        door = next((name for name in DOORS if _within(module.name, (name,))), "")
        for line, target in module.imports(known):
            if target.split(".")[0] not in ROOMS:
                continue
            if door:
                room = door.partition(".")[0]
                allowed = _within(target, tuple(other for other in DOORS if _within(other, (room,))))
            elif _within(target, ROOTS):
                allowed = _within(module.name, ROOTS)
            else:
                allowed = _within(target, DOORS) or _within(target, ARROWS[home])
            if not allowed:
                yield f"{module.path}:{line}: {module.name} may not import {target}"


def cycles(modules: list[Module]) -> Iterator[str]:
    """The first circle of imports, if there is one."""
    known = frozenset(module.name for module in modules)
    graph = {m.name: {target for _, target in m.imports(known)} & known for m in modules}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        yield "import cycle: " + " -> ".join(error.args[1])


def pure_doors(modules: list[Module]) -> Iterator[str]:
    """Doors that touch the world."""
    for module in modules:
        if not _within(module.name, DOORS):
            continue
        for line, target in module.imports(frozenset()):
            top = target.split(".")[0]
            foreign = top not in sys.stdlib_module_names and top not in ROOMS and top not in DOOR_LIBRARIES
            if (top in IMPURE and target not in PURE_PARTS) or foreign:
                yield f"{module.path}:{line}: a door may not import {top}"
        for node in module.nodes:
            if isinstance(node, ast.Call) and _called(node) in IMPURE_CALLS:
                yield f"{module.path}:{node.lineno}: a door may not call {_called(node)}()"


def broad_excepts(modules: list[Module]) -> Iterator[str]:
    """Handlers that swallow everything; the one place for it is the worker's loop. A clean-up that ends in a
    bare `raise` swallows nothing."""
    for module in modules:
        for node in module.nodes:
            if not isinstance(node, ast.ExceptHandler) or module.name == "edge.workers":
                continue
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
            last = node.body[-1]
            passed_on = isinstance(last, ast.Raise) and last.exc is None
            if (node.type is None or names & {"Exception", "BaseException"}) and not passed_on:
                yield f"{module.path}:{node.lineno}: broad except"


def empty_inits(modules: list[Module]) -> Iterator[str]:
    """Package files with anything in them."""
    yield from (
        f"{m.path}: must be empty" for m in modules if m.path.endswith("__init__.py") and m.text.strip()
    )


def too_long(modules: list[Module]) -> Iterator[str]:
    """Files and functions beyond the budget that LONGER does not explain."""
    for place, lines, limit in _lengths(modules):
        if lines > limit and place not in LONGER:
            yield f"{place}: {lines} lines, at most {limit}"


def _lengths(modules: list[Module]) -> Iterator[tuple[str, int, int]]:
    for module in modules:
        yield module.path, module.text.count("\n"), MAX_FILE
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{module.path}:{node.name}", lines, MAX_FUNCTION


def bad_names(modules: list[Module]) -> Iterator[str]:
    """File names that say nothing, or that hide a module of somebody else."""
    for module in modules:
        stem = module.name.rpartition(".")[2]
        if stem in VAGUE:
            yield f"{module.path}: the name says nothing"
        elif module.path.startswith(ROOMS) and (stem in sys.stdlib_module_names or stem in DEPENDENCIES):
            yield f"{module.path}: named like a module of others"


HOUSE: tuple[Rule, ...] = (arrows, cycles, pure_doors, broad_excepts, empty_inits)
# Budget and names hold for tests and benches too.
MANNERS: tuple[Rule, ...] = (too_long, bad_names)


def read(root: Path, folders: tuple[str, ...]) -> list[Module]:
    """Every module below these folders, sorted by path."""
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
    return [_parsed(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]


def breaches(root: Path) -> list[str]:
    """Every breach of every rule, as `place: what`."""
    rooms, all_code = read(root, ROOMS), read(root, (*ROOMS, "tests", "bench"))
    return [b for rule in HOUSE for b in rule(rooms)] + [b for rule in MANNERS for b in rule(all_code)]


def test_the_house_is_in_order() -> None:
    assert breaches(ROOT) == []


def test_every_excuse_is_still_needed() -> None:
    lengths = _lengths(read(ROOT, (*ROOMS, "tests", "bench")))
    needed = {place for place, lines, limit in lengths if lines > limit}
    assert set(LONGER) <= needed


def test_every_room_has_a_rule_and_every_door_stands() -> None:
    names = {module.name for module in read(ROOT, ROOMS)}
    assert set(ROOMS) <= set(ARROWS)
    assert set(DOORS) <= names


PLANTS = {
    "page sees a driver": ("kiosk_ui/x.py", "import devices.decoding", "may not import devices.decoding"),
    "page sees the database": ("kiosk_ui/x.py", "from edge import db", "kiosk_ui.x may not import edge"),
    "sync sees a desk": ("sync/x.py", "import edge.desks.pickup", "may not import edge.desks.pickup"),
    "driver sees the store": ("devices/x.py", "def f():\n    import edge.db", "may not import edge.db"),
    "desk sees a driver": (
        "edge/desks/x.py",
        "from devices.simulated import A",
        "may not import devices.simulated",
    ),
    "record sees a desk": ("edge/records/x.py", "import edge.desks.pickup", "not import edge.desks.pickup"),
    "store sees the daemon": ("edge/x.py", "from edge.daemon import build", "may not import edge.daemon"),
    "door sees a room": (
        "devices/ports.py",
        "import config.schema",
        "devices.ports may not import config.schema",
    ),
    "only for types": (
        "sync/x.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from edge.store import Store",
        "may not import edge.store",
    ),
    "by name at run time": ("sync/x.py", "importlib.import_module('edge.db')", "may not import edge.db"),
    "relative": ("edge/desks/x.py", "from ..daemon import build", "may not import edge.daemon"),
    "cycle": ("config/schema.py", "from config import schema", "cycle: config.schema -> config.schema"),
    "door opens a file": ("edge/domain/x.py", "from pathlib import Path", "a door may not import pathlib"),
    "door asks the time": ("sync/messages.py", "at = datetime.now()", "a door may not call now()"),
    "door uses a framework": ("edge/domain/x.py", "import flask", "a door may not import flask"),
    "broad except": ("edge/x.py", "try:\n    1\nexcept (KeyError, Exception):\n    2", "broad except"),
    "bare except": ("edge/x.py", "try:\n    1\nexcept:\n    2", "broad except"),
    "full init": ("edge/__init__.py", "x = 1", "must be empty"),
    "long file": ("edge/x.py", "x = 1\n" * 301, "edge/x.py: 301 lines"),
    "long function": ("bench/x.py", "def f():\n" + "    1\n" * 40, "bench/x.py:f: 41 lines"),
    "vague name": ("edge/desks/utils.py", "", "the name says nothing"),
    "hides the standard library": ("devices/queue.py", "", "named like a module of others"),
    "hides a dependency": ("devices/serial.py", "", "named like a module of others"),
}


@functools.cache
def doors() -> dict[str, str]:
    """Path and text of every door of this house."""
    return {module.path: module.text for module in read(ROOT, ROOMS) if _within(module.name, DOORS)}


@pytest.mark.parametrize(("path", "text", "expected"), PLANTS.values(), ids=PLANTS.keys())
def test_a_planted_breach_is_seen(tmp_path: Path, path: str, text: str, expected: str) -> None:
    # The doors and the file with the breach are enough of a house to break the rules in.
    (tmp_path / path).parent.mkdir(parents=True)
    if (ROOT / path).exists():
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    for name, there in doors().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(there, "utf-8")
    assert breaches(tmp_path) == []
    with (tmp_path / path).open("a") as planted:
        planted.write(text)
    assert any(expected in breach for breach in breaches(tmp_path)), breaches(tmp_path)

"""The house rules that a reader should be able to rely on."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "channels": {"__init__.py", "config.py", "inbound.py", "outbound.py", "channel.py"},
    "bots": {"__init__.py", "config.py", "wire.py", "client.py", "bot.py"},
}
PLATFORM_WORDS = ("thread_ts", "chat_id", "sessionid", "slack", "telegram", "clickai", "flowise")
MAY_NAME_ADAPTERS = {"config/adapters.py", "config/loader.py", "init.py"}
"""What finds adapters, and what gives people an example of one."""


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("file", sources("gateway"), ids=str)
def test_the_core_imports_no_adapter(file: Path) -> None:
    assert not [name for name in imports(file) if name.split(".")[0] == "adapters"]


@pytest.mark.parametrize("file", sources("adapters"), ids=str)
def test_adapters_know_the_ports_and_the_model_only(file: Path) -> None:
    pure = {"gateway.markdown", "gateway.pieces", "gateway.sse", "gateway.tasks"}
    known = {"gateway.model", "gateway.ports", "gateway"} | pure
    ours = {name for name in imports(file) if name.split(".")[0] == "gateway"}
    assert ours <= known


@pytest.mark.parametrize("file", sources("adapters"), ids=str)
def test_adapters_do_not_know_each_other(file: Path) -> None:
    parts = file.relative_to(ROOT).parts
    own, beside = ".".join(parts[:3]), file.parents[1] if len(parts) > 3 else file.parent
    # What all of a kind share stands beside their folders.
    shared = {f"{'.'.join(parts[:2])}.{path.stem}" for path in beside.glob("*.py")}
    others = {name for name in imports(file) if name.startswith("adapters.")}
    assert all(name in shared | {own} or name.startswith(f"{own}.") for name in others)


@pytest.mark.parametrize("folder", ["channels", "bots"])
def test_every_adapter_has_the_same_files(folder: str) -> None:
    adapters = [path for path in (ROOT / "adapters" / folder).iterdir() if path.is_dir()]
    for adapter in adapters:
        if adapter.name != "__pycache__":
            assert FILES[folder] <= {path.name for path in adapter.glob("*.py")}, adapter


def test_the_core_speaks_no_platform_s_and_no_vendor_s_words() -> None:
    for file in sources("gateway"):
        name = str(file.relative_to(ROOT / "gateway"))
        if name.startswith("sandbox/") or name in MAY_NAME_ADAPTERS:
            continue
        code = "\n".join(_identifiers_and_strings(file)).lower()
        assert not [word for word in PLATFORM_WORDS if word in code], name


def _identifiers_and_strings(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text())
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and id(node) not in prose:
            yield str(node.value)


def test_every_key_is_built_in_one_place() -> None:
    for file in sources("gateway"):
        if file.name != "keys.py":
            assert '"gw:' not in file.read_text(), file

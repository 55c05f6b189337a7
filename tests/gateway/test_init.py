"""The questions of ``chat-gateway init`` end in a configuration that works."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.config import load
from gateway.init import Answers, init, questions, write

KEY = "app-0123456789"
TYPED = f"\n{KEY}\nHỏi đáp\nhttps://www.example.com, http://localhost:3000\n9000\n\n"

Run = Callable[..., Result]


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Run:
    def run(*options: str, typed: str = TYPED) -> Result:
        file = tmp_path / "config.yaml"
        return CliRunner().invoke(init, ["--config", str(file), *options], input=typed)

    return run


def test_the_written_configuration_loads(run: Run, tmp_path: Path) -> None:
    assert run().exit_code == 0
    config = load(tmp_path / "config.yaml", {})
    site, bot = config.channels["site"].config, config.bots["help"].config
    assert (site.title, site.origins) == (
        "Hỏi đáp",
        ("https://www.example.com", "http://localhost:3000"),
    )
    assert bot.base_url == "https://api.clickai.io/v1"
    assert bot.api_key.get_secret_value() == KEY
    assert (config.server.port, config.server.public_url) == (9000, "")


def test_the_key_is_in_the_private_file_only(run: Run, tmp_path: Path) -> None:
    result = run()
    dotenv = tmp_path / ".env"
    assert dotenv.read_text() == f"CLICKAI_API_KEY={KEY}\n"
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600
    assert KEY not in (tmp_path / "config.yaml").read_text("utf-8")
    assert KEY not in result.output


def test_it_says_what_to_do_next(run: Run, tmp_path: Path) -> None:
    output = run().output
    key = load(tmp_path / "config.yaml", {}).channels["site"].config.key
    assert f"chat-gateway run --config {tmp_path / 'config.yaml'}" in output
    assert (
        f'<script src="http://127.0.0.1:9000/widget/w.js" data-key="{key}" defer></script>'
        in output
    )


def test_the_snippet_uses_the_public_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = Answers(
        base_url="https://bots.example.com/v1",
        api_key=KEY,
        title="Chat",
        origins=(),
        port=8080,
        public_url="https://chat.example.com",
    )
    following = write(answers, Path("config.yaml"))
    assert '<script src="https://chat.example.com/widget/w.js"' in following
    assert "chat-gateway run\n" in following
    assert load(Path("config.yaml"), {}).server.public_url == "https://chat.example.com"


def test_every_site_gets_a_key_of_its_own(tmp_path: Path) -> None:
    answers = Answers("https://x/v1", KEY, "Chat", (), 1, "")
    for name in ("one", "two"):
        write(answers, tmp_path / name / "config.yaml")
    keys = {
        load(tmp_path / name / "config.yaml", {}).channels["site"].config.key
        for name in ("one", "two")
    }
    assert len(keys) == 2


@pytest.mark.parametrize("title", ['Say "hi": #1', "${HOME} {x} $5", "- [a", "ñ 👋 \\ '", "yes"])
def test_any_title_survives(tmp_path: Path, title: str) -> None:
    write(Answers("https://x/v1", KEY, title, (), 1, ""), tmp_path / "config.yaml")
    assert load(tmp_path / "config.yaml", {}).channels["site"].config.title == title


def test_wrong_answers_are_asked_for_again(run: Run, tmp_path: Path) -> None:
    typed = (
        f"ftp://x\nhttps://bots.example.com/v1/\ntwo words\n{KEY}\nChat\n"
        "www.example.com\nhttps://www.example.com\nabc\n0\n8081\nhttps://a/b\nhttps://a.example\n"
    )
    result = run(typed=typed)
    assert result.exit_code == 0
    assert result.output.count("Error: ") == 6
    assert "Write scheme and host only" in result.output
    config = load(tmp_path / "config.yaml", {})
    assert config.bots["help"].config.base_url == "https://bots.example.com/v1"
    assert (config.server.port, config.server.public_url) == (8081, "https://a.example")


@pytest.mark.parametrize("name", ["config.yaml", ".env"])
def test_an_existing_file_is_left_alone(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    result = run()
    assert result.exit_code == 1
    assert name in result.output
    assert "--force" in result.output
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_force_writes_anew_and_closes_the_private_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    (tmp_path / ".env").write_text("mine and a good deal longer than what is written")
    (tmp_path / ".env").chmod(0o644)
    assert run("--force").exit_code == 0
    assert load(tmp_path / "config.yaml", {}).bots["help"].config.api_key.get_secret_value() == KEY
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_giving_up_writes_nothing(run: Run, tmp_path: Path) -> None:
    assert run(typed=f"\n{KEY}\n").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_asked_for_in_secret() -> None:
    shown, hidden = [], []

    def ask(question, default, check):  # type: ignore[no-untyped-def]
        shown.append(question)
        return check(default)

    def secret(question, default, check):  # type: ignore[no-untyped-def]
        hidden.append(question)
        return check(KEY)

    answers = questions(ask, secret)
    assert (answers.api_key, hidden) == (KEY, ["Key of the ClickAI app"])
    assert len(shown) == 5
    assert KEY not in repr(answers)

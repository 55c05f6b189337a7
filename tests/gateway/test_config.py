"""A configuration is loaded whole, or every mistake in it is told at once."""

import re
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from gateway.check import check
from gateway.config import Config, ConfigError, Problem, adapter_config, kinds, load
from gateway.config.schema import Document
from gateway.config.secrets import inner_model
from gateway.model import Policy, Scope

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
KEY = "app-0123456789"
ENVIRON = {
    "CLICKAI_API_KEY": KEY,
    "CINITERFLOW_API_KEY": KEY,
    "CHATAIBOT_TOKEN": KEY,
    "CHATAIBOT_BOT_KEY": "b-1",
    "CHATAIBOT_WEBHOOK_SECRET": "w" * 20,
}
GOOD = """
channels:
  site: {kind: web, key: pk_demo, origins: ["https://www.example.com"]}
bots:
  help: {kind: clickai, base_url: https://api.clickai.io/v1, api_key: "${CLICKAI_API_KEY}"}
routes:
  - {channel: site, bot: help}
"""

Load = Callable[..., Config]
Mistakes = Callable[..., dict[str, Problem]]


@pytest.fixture(name="load_text")
def _load_text(tmp_path: Path) -> Load:
    def load_text(text: str, environ: Mapping[str, str] = ENVIRON) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(dedent(text), encoding="utf-8")
        return load(file, environ)

    return load_text


@pytest.fixture
def mistakes(load_text: Load) -> Mistakes:
    def mistakes(text: str, environ: Mapping[str, str] = ENVIRON) -> dict[str, Problem]:
        with pytest.raises(ConfigError) as caught:
            load_text(text, environ)
        problems = {problem.path: problem for problem in caught.value.problems}
        assert len(problems) == len(caught.value.problems), "one place is told of once"
        return problems

    return mistakes


def test_the_least_configuration_has_every_default(load_text: Load, tmp_path: Path) -> None:
    config = load_text(GOOD)
    kind, site = config.channels["site"]
    assert (kind, site.key, site.origins) == ("web", "pk_demo", ("https://www.example.com",))
    assert config.bots["help"].config.api_key.get_secret_value() == KEY
    (route,) = config.routes
    assert (route.scope, route.policy, route.when) == (Scope.PER_THREAD, Policy.FOLLOWUP, {})
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8080)
    assert config.redis.embedded
    assert config.redis.data_dir == tmp_path / "data"
    assert config.limits.waiting_messages == 20
    assert (config.logging.level, config.logging.format) == ("info", "auto")


def test_values_arrive_in_their_types(load_text: Load) -> None:
    config = load_text(
        GOOD.replace("- {channel: site, bot: help}", "")
        + """
  - channel: site
    bot: help
    when: {page: "https://www.example.com/shop/*", chat: [-100123, "x*"]}
    scope: per_user
    policy: collect
    allow: {people: [42]}
server:
  port: ${PORT:-9000}
  public_url: HTTPS://Chat.Example.com/
  trusted_proxies: [10.0.0.0/8, "::1"]
  signing_secrets: ["${SIGN}"]
redis:
limits: {collect_seconds: 2}
""",
        {**ENVIRON, "SIGN": "0123456789abcdef"},
    )
    (route,) = config.routes
    assert route.when == {"page": ("https://www.example.com/shop/*",), "chat": ("-100123", "x*")}
    assert (route.scope, route.policy) == (Scope.PER_USER, Policy.COLLECT)
    assert route.allow.people == ("42",)
    assert (config.server.port, config.server.public_url) == (9000, "https://chat.example.com")
    assert config.server.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert config.server.signing_secrets[0].get_secret_value() == "0123456789abcdef"
    assert config.limits.collect_seconds == 2


def test_it_cannot_be_changed(load_text: Load) -> None:
    config = load_text(GOOD)
    with pytest.raises(AttributeError):
        config.routes = ()  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        config.server.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("redis", "attribute", "value"),
    [
        ("{url: 'rediss://cache:6380/1'}", "url", "rediss://cache:6380/1"),
        ("{url: 'unix:///run/redis.sock'}", "url", "unix:///run/redis.sock"),
        ("{url: 'redis://node:6379', cluster: true}", "cluster", True),
        ("{sentinel: {master: m, nodes: ['s1:26379', '[::1]:26379']}}", "url", ""),
        ("{url: '', server_binary: /opt/valkey-server}", "embedded", True),
    ],
)
def test_every_way_to_name_a_redis(
    load_text: Load, redis: str, attribute: str, value: object
) -> None:
    config = load_text(f"{GOOD}redis: {redis}\n")
    assert getattr(config.redis, attribute) == value
    assert config.redis.embedded == ("server_binary" in redis)


# Each: what is added to (or, as a pair, replaced in) the good configuration, and the one mistake.
BROKEN: dict[str, tuple[str | tuple[str, str], str, str, str]] = {
    "unknown key": ("server: {prot: 80}", "server.prot", "an unknown key", "Did you mean port?"),
    "unknown section": ("lmits: {}", "lmits", "an unknown key", "Did you mean limits?"),
    "unknown key of a bot": (
        ("api_key:", "inptus: {}, api_key:"),
        "bots.help.inptus",
        "an unknown key",
        "Did you mean inputs?",
    ),
    "unknown key of a route": (
        ("bot: help", "bot: help, policies: x"),
        "routes[0].policies",
        "an unknown key",
        "Did you mean policy?",
    ),
    "a word for a number": (
        "server: {port: eighty}",
        "server.port",
        '"eighty"',
        "Write a whole number.",
    ),
    "too large": ("server: {port: 70000}", "server.port", "70000", "Write 65535 or less."),
    "too small": (
        "limits: {waiting_messages: 0}",
        "limits.waiting_messages",
        "0",
        "Write 1 or more.",
    ),
    "not finite": (
        "limits: {collect_seconds: .inf}",
        "limits.collect_seconds",
        "inf",
        "Write a number.",
    ),
    "a number for a word": (
        "server: {host: 127}",
        "server.host",
        "127",
        "Write text; a number or a word like yes needs quotes to be text.",
    ),
    "neither true nor false": (
        "redis: {cluster: perhaps}",
        "redis.cluster",
        '"perhaps"',
        "Write true or false.",
    ),
    "a word for a section": (
        "logging: debug",
        "logging",
        '"debug"',
        "Write `key: value` lines, indented.",
    ),
    "a word for a list": (
        "server: {trusted_proxies: 10.0.0.1}",
        "server.trusted_proxies",
        '"10.0.0.1"',
        "Write a list, such as [one, two].",
    ),
    "none of the words": (
        "logging: {level: warn}",
        "logging.level",
        '"warn"',
        "Did you mean warning?",
    ),
    "unknown scope": (
        ("bot: help", "bot: help, scope: per_chta"),
        "routes[0].scope",
        '"per_chta"',
        "Did you mean per_chat? Known here: per_chat, per_thread, per_user.",
    ),
    "public address with a path": (
        "server: {public_url: 'https://example.com/chat'}",
        "server.public_url",
        '"https://example.com/chat"',
        "Write scheme and host only, such as https://chat.example.com.",
    ),
    "proxy that is no address": (
        "server: {trusted_proxies: [localhost]}",
        "server.trusted_proxies[0]",
        '"localhost"',
        "Write an address or a range, such as 10.0.0.7 or 10.0.0.0/8.",
    ),
    "range that begins elsewhere": (
        "server: {trusted_proxies: [10.1.2.3/8]}",
        "server.trusted_proxies[0]",
        '"10.1.2.3/8"',
        "The range begins elsewhere: write 10.0.0.0/8.",
    ),
    "redis of another kind": (
        "redis: {url: 'http://:hunter2@cache'}",
        "redis.url",
        "(hidden)",
        "Write redis://, rediss:// or unix://, such as redis://localhost:6379/0.",
    ),
    "url and sentinel": (
        "redis: {url: 'redis://x', sentinel: {master: m, nodes: ['s:1']}}",
        "redis",
        "the keys url, sentinel",
        "Keep either url or sentinel: each names a server.",
    ),
    "cluster and sentinel": (
        "redis: {cluster: true, sentinel: {master: m, nodes: ['s:1']}}",
        "redis",
        "the keys cluster, sentinel",
        "Keep either cluster or sentinel: a cluster has no sentinels.",
    ),
    "cluster without url": (
        "redis: {cluster: true}",
        "redis",
        "the keys cluster",
        "Give the url of one node of the cluster, or take cluster out.",
    ),
    "sentinel without a port": (
        "redis: {sentinel: {master: m, nodes: [s1]}}",
        "redis.sentinel.nodes[0]",
        '"s1"',
        "Write host:port, such as sentinel-1:26379.",
    ),
    "sentinel without nodes": (
        "redis: {sentinel: {master: m}}",
        "redis.sentinel.nodes",
        "nothing",
        "Write nodes; it is required.",
    ),
    "required key missing": (
        (', api_key: "${CLICKAI_API_KEY}"', ""),
        "bots.help.api_key",
        "nothing",
        "Write api_key, or api_key_file with the path of a file; it is required.",
    ),
    "required key without a value": (
        ('"${CLICKAI_API_KEY}"', ""),
        "bots.help.api_key",
        "nothing",
        "Write api_key, or api_key_file with the path of a file; it is required.",
    ),
    "empty secret": (
        ('"${CLICKAI_API_KEY}"', "'  '"),
        "bots.help.api_key",
        "an empty secret",
        "Write its value, or take the key out.",
    ),
    "short signing secret": (
        "server: {signing_secrets: [abc]}",
        "server.signing_secrets[0]",
        "(hidden)",
        "Write at least 16 characters.",
    ),
    "a number for a secret": (
        ('"${CLICKAI_API_KEY}"', "12345678"),
        "bots.help.api_key",
        "(hidden)",
        "Write text; a number or a word like yes needs quotes to be text.",
    ),
    "unset variable": (
        ("${CLICKAI_API_KEY}", "${CLICKAI_KEY}"),
        "bots.help.api_key",
        "${CLICKAI_KEY}, which is not set",
        "Set CLICKAI_KEY in the environment, or in a file .env beside the configuration.",
    ),
    "broken reference": (
        ("pk_demo", '"${A-B}"'),
        "channels.site.key",
        '"${A-B}"',
        "Write ${NAME}, or $${ for a literal ${.",
    ),
    "unclosed reference": (
        ("pk_demo", '"${KEY"'),
        "channels.site.key",
        '"${"',
        "Write ${NAME}, or $${ for a literal ${.",
    ),
    "missing file of a secret": (
        ('api_key: "${CLICKAI_API_KEY}"', "api_key_file: nowhere.txt"),
        "bots.help.api_key_file",
        '"nowhere.txt": No such file or directory',
        "Put the secret into",
    ),
    "secret and its file": (
        ("api_key:", "api_key_file: key.txt, api_key:"),
        "bots.help.api_key_file",
        "both api_key and api_key_file",
        "Keep one of api_key and api_key_file.",
    ),
    "a file for what is no secret": (
        ("base_url:", "base_url_file: x, base_url:"),
        "bots.help.base_url_file",
        "an unknown key",
        "Did you mean base_url?",
    ),
    "unknown kind": (
        ("kind: clickai", "kind: clickia"),
        "bots.help.kind",
        '"clickia"',
        "Did you mean clickai?",
    ),
    "no kind": (("kind: web, ", ""), "channels.site.kind", "nothing", "Write one of:"),
    "unknown bot": (
        ("bot: help", "bot: halp"),
        "routes[0].bot",
        '"halp"',
        "Did you mean help?",
    ),
    "unknown channel": (
        "  - {channel: sites, bot: help}",
        "routes[1].channel",
        '"sites"',
        "Did you mean site?",
    ),
    "channel without a route": (
        ("bots:", "  shop: {kind: web, key: pk_shop}\nbots:"),
        "channels.shop",
        "a channel without a route",
        "Add a route, such as `- {channel: shop, bot: …}`.",
    ),
    "two channels with one key": (
        ("bots:", "  shop: {kind: web, key: pk_demo}\nbots:"),
        "channels.shop.key",
        '"pk_demo", as in site',
        "Give every channel a key of its own.",
    ),
    "a name with a space": (
        ("bots:", "  my site: {kind: web, key: pk_other}\nbots:"),
        "channels.my site",
        '"my site"',
        "Name it with letters, digits, - and _ only, 64 at most.",
    ),
    "a key twice": (
        "limits: {bot_attempts: 2, bot_attempts: 2}",
        "limits.bot_attempts",
        "this key twice, in lines 8 and 8",
        "Keep one of the two.",
    ),
    "a condition without patterns": (
        ("bot: help", "bot: help, when: {page: []}"),
        "routes[0].when.page",
        "an empty list",
        "It must not be empty.",
    ),
    "a section that contains itself": (
        "limits: &all {more: *all}",
        "limits",
        "sections nested without end",
        "Take the inner ones out.",
    ),
}
FOLLOWED = {
    "two channels with one key": {"channels.shop"},
    "a name with a space": {"channels.my site"},
    "a section that contains itself": {"limits.more"},
}
"""Mistakes that bring another with them: where that one is."""


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_told_in_words(mistakes: Mistakes, case: str) -> None:
    change, path, found, fix = BROKEN[case]
    text = GOOD.replace(*change) if isinstance(change, tuple) else f"{GOOD}{change}\n"
    text += "  - {channel: shop, bot: help}\n" if case == "two channels with one key" else ""
    text += "  - {channel: my site, bot: help}\n" if case == "a name with a space" else ""
    problems = mistakes(text)
    problem = problems.pop(path)
    assert problem.found == found
    assert problem.fix.startswith(fix)
    assert set(problems) <= FOLLOWED.get(case, set())


def test_what_an_adapter_says_is_told_at_its_place(mistakes: Mistakes) -> None:
    text = GOOD.replace("https://www.example.com", "https://www.example.com/shop")
    (problem,) = mistakes(text).values()
    assert problem.path.startswith("channels.site.origins")
    assert "such as https://www.example.com." in problem.fix


def test_all_mistakes_are_told_at_once(mistakes: Mistakes) -> None:
    problems = mistakes(
        """
        server: {port: eighty, public_url: example.com}
        channels:
          site: {kind: web, key: "no spaces"}
        bots:
          help: {kind: clickai, api_key: "${NOPE}", idle_timeout: -1}
        routes:
          - {channel: sit, bot: hepl}
          - nonsense
          - {channel: site, bot: help, policy: push}
        """
    )
    assert list(problems) == [
        "bots.help.api_key",
        "server.port",
        "server.public_url",
        "routes[1]",
        "routes[2].policy",
        "channels.site.key",
        "bots.help.idle_timeout",
        "routes[0].channel",
        "routes[0].bot",
    ]


@pytest.mark.parametrize("text", ["server: {}", "{channels: {}, bots: {}, routes: []}"])
def test_nothing_to_carry_messages_between(mistakes: Mistakes, text: str) -> None:
    problems = mistakes(text)
    assert set(problems) == {"channels", "bots", "routes"}
    assert {problem.found for problem in problems.values()} == {"nothing"}
    assert "kind: clickai" in problems["bots"].fix


@pytest.mark.parametrize(
    ("text", "path", "found", "fix"),
    [
        ("a: b: c", "config.yaml, line 1, column 5", "mapping values are not", "indentation"),
        ("a:\n\t- b", "config.yaml, line 2, column 1", "found character '\\t'", "spaces"),
        ("a: [1, 2", "config.yaml, line 1, column 9", "expected ',' or ']'", "brackets"),
        ("a: 'x", "config.yaml, line 1, column 6", "found unexpected end", "Close the quotes"),
        ("a: @x", "config.yaml, line 1, column 4", "found character '@'", "in quotes"),
        ("a: *hunter2", "config.yaml, line 1, column 4", "a value that begins with *", "quotes"),
        ("a: !hunter2 x", "config.yaml, line 1, column 4", "a value that begins with *", "quotes"),
        ("a: \x07", "config.yaml", "a character that YAML does not allow", ""),
        ("", "config.yaml", "an empty file", "chat-gateway init"),
        ("- a", "config.yaml", "no sections", "channels:"),
    ],
)
def test_a_file_that_is_not_yaml(
    mistakes: Mistakes, text: str, path: str, found: str, fix: str
) -> None:
    problem = mistakes(text)[path]
    assert problem.found.startswith(found)
    assert fix in problem.fix
    assert "hunter2" not in str(problem)


def test_a_missing_file_names_the_way_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file") as caught:
        load(tmp_path / "config.yaml", {})
    assert "chat-gateway init" in caught.value.problems[0].fix


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("title: Hỏi đáp".encode("utf-16"))
    with pytest.raises(ConfigError, match="Save it as UTF-8"):
        load(file, {})


def test_duplicate_keys_name_both_lines(mistakes: Mistakes) -> None:
    text = "server:\n  port: 1\n  host: x\n  port: 2\n" + GOOD
    assert mistakes(text)["server.port"].found == "this key twice, in lines 2 and 4"


def test_anchors_and_merges_are_no_duplicates(load_text: Load) -> None:
    text = GOOD.replace("help: {", "help: &help {") + "  - {channel: site, bot: second}\n"
    text = text.replace("routes:", "  second: {<<: *help, app: other}\nroutes:")
    assert load_text(text).bots["second"].config.app == "other"


def test_a_variable_may_be_part_of_a_value_have_a_default_or_be_escaped(load_text: Load) -> None:
    text = GOOD.replace("pk_demo", '"pk_${NAME}"').replace(
        "base_url:", 'inputs: {a: "$${A} ${EMPTY:-b} ${NONE:-} ${NAME:-c}"}, base_url:'
    )
    config = load_text(text, {**ENVIRON, "NAME": "shop", "EMPTY": ""})
    assert config.channels["site"].config.key == "pk_shop"
    assert config.bots["help"].config.inputs == {"a": "${A} b  shop"}


def test_dotenv_is_read_and_the_environment_wins(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# keys\n\nexport CLICKAI_API_KEY='from the file'\nNAME=file # a comment\nURL=a#b=c\n"
    )
    text = GOOD.replace("base_url:", "inputs: {n: '${NAME}', u: '${URL}'}, base_url:")
    config = load_text(text, {"CLICKAI_API_KEY": KEY})
    assert config.bots["help"].config.api_key.get_secret_value() == KEY
    assert config.bots["help"].config.inputs == {"n": "file", "u": "a#b=c"}


def test_a_broken_dotenv_line_is_told_without_its_content(
    mistakes: Mistakes, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("A=1\nhunter2\n")
    assert mistakes(GOOD)[".env, line 2"].found == "(hidden)"


def test_a_secret_comes_from_a_file_beside_the_configuration(
    load_text: Load, tmp_path: Path
) -> None:
    (tmp_path / "key.txt").write_text("  from-a-file\n")
    text = GOOD.replace('api_key: "${CLICKAI_API_KEY}"', "api_key_file: key.txt")
    config = load_text(text)
    assert config.bots["help"].config.api_key.get_secret_value() == "from-a-file"
    assert "from-a-file" in config.secrets()


def test_the_address_of_redis_may_come_from_a_file(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:p%40ss@cache:6379/0\n")
    config = load_text(f"{GOOD}redis: {{url_file: url}}\n")
    assert config.redis.url == "redis://:p%40ss@cache:6379/0"
    assert {"p@ss", "p%40ss", config.redis.url} <= set(config.secrets())
    assert "p%40ss" not in repr(config)


def test_an_empty_file_is_an_empty_secret(mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(" \n")
    problems = mistakes(GOOD.replace('api_key: "${CLICKAI_API_KEY}"', "api_key_file: key.txt"))
    assert {path: p.found for path, p in problems.items()} == {
        "bots.help.api_key_file": "an empty file"
    }


def test_an_empty_variable_is_an_empty_secret(mistakes: Mistakes) -> None:
    problems = mistakes(GOOD, {"CLICKAI_API_KEY": ""})
    assert {path: p.found for path, p in problems.items()} == {
        "bots.help.api_key": "an empty secret"
    }


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("${CLICKAI_API_KEY}", "hunter2 hunter2"),
        GOOD.replace("https://api.clickai.io/v1", "${HUNTER}"),
        GOOD.replace("pk_demo", "${HUNTER}"),
        GOOD.replace("https://www.example.com", "${HUNTER}"),
        GOOD.replace("api_key:", "apikey: hunter2, api_key:"),
        f"{GOOD}server: {{port: '${{HUNTER}}'}}",
        f"{GOOD}server: {{public_url: '${{HUNTER}}'}}",
        f"{GOOD}redis: {{url: 'http://:hunter2@x'}}",
        f"{GOOD}server: {{signing_secrets: [hunter2, hunter2]}}",
        f"{GOOD}server: {{metrics_token: [hunter2]}}",
        f"{GOOD}server: {{metrics_token: {{a: hunter2}}}}",
    ],
)
def test_a_mistake_never_shows_a_secret(mistakes: Mistakes, text: str) -> None:
    problems = mistakes(text, {**ENVIRON, "HUNTER": "hunter2 !"})
    assert "hunter2" not in "".join(map(str, problems.values()))


def test_secrets_are_all_that_must_not_be_logged(load_text: Load) -> None:
    config = load_text(
        GOOD.replace("base_url: https://api.clickai.io/v1", "base_url: '${BASE}'").replace(
            "api_key:", "inputs: {crm: 'Token ${CRM}', tone: '${TONE}'}, api_key:"
        )
        + "server: {port: '${PORT}', metrics_token: m-token, signing_secrets: [sixteen-or-more!!]}"
        + "\nredis: {url: 'redis://user:hunter2@cache'}\n",
        {
            **ENVIRON,
            "BASE": "https://bots.example.com/v1",
            "CRM": "crm-secret-1",
            "TONE": "kind",
            "PORT": "8081",
        },
    )
    assert set(config.secrets()) == {
        KEY,
        "crm-secret-1",
        "m-token",
        "sixteen-or-more!!",
        "redis://user:hunter2@cache",
        "hunter2",
    }
    assert not any(secret in repr(config) for secret in ("m-token", KEY, "sixteen", "hunter2"))


def test_a_page_of_mistakes_is_aligned() -> None:
    error = ConfigError([Problem("a.b", "1", "Write 2."), Problem("c", "nothing", "Write it.")])
    assert str(error) == (
        "a.b\n    found  1\n    fix    Write 2.\n\nc\n    found  nothing\n    fix    Write it."
    )


def test_adapters_are_found_by_the_name_of_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "other_adapters" / "bots" / "parrot"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(
        "from pydantic import BaseModel\nclass Config(BaseModel):\n    kind: str\n"
    )
    (folder.parent / "broken").mkdir()
    (folder.parent / "broken" / "__init__.py").write_text("import a_package_nobody_has\n")
    (folder.parent / "notes.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("gateway.config.adapters.PACKAGE", "other_adapters")
    assert kinds("bots") == ["broken", "parrot"]
    assert adapter_config("bots", "parrot").__module__ == "other_adapters.bots.parrot"
    with pytest.raises(LookupError):
        adapter_config("bots", "notes")
    with pytest.raises(ImportError):
        adapter_config("bots", "broken")
    for name in [name for name in sys.modules if name.startswith("other_adapters")]:
        del sys.modules[name]


def test_a_kind_whose_library_is_missing_says_so(
    mistakes: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(folder: str, kind: str) -> type[BaseModel]:
        raise ModuleNotFoundError("No module named 'slack_sdk'", name="slack_sdk")

    monkeypatch.setattr("gateway.config.loader.adapter_config", missing)
    assert "slack_sdk" in mistakes(GOOD)["channels.site.kind"].fix


def _keys(model: type[BaseModel]) -> set[str]:
    inner = (inner_model(field.annotation) for field in model.model_fields.values())
    return set(model.model_fields).union(*(_keys(section) for section in inner if section))


def test_the_example_loads_with_the_variables_it_names() -> None:
    names = re.findall(r"^[^#\n]*\${(\w+)}", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    config = load(EXAMPLE, dict.fromkeys(names, "a-value-of-16-chars"))
    assert set(names) == set(ENVIRON)
    assert len(config.routes) == 2


@pytest.mark.parametrize(
    "model", [Document, adapter_config("channels", "web"), adapter_config("bots", "clickai")]
)
def test_the_example_names_every_key(model: type[BaseModel]) -> None:
    written = set(re.findall(r"(\w+): ?", EXAMPLE.read_text("utf-8")))
    assert _keys(model) <= written


REQUIRED = {
    "kind",
    "base_url",
    "api_key",
    "flow_id",
    "token",
    "bot_key",
    "webhook_secret",
}


def test_the_example_shows_the_defaults(load_text: Load) -> None:
    example, least = load(EXAMPLE, ENVIRON), load_text(GOOD)
    assert (example.server, example.limits) == (least.server, least.limits)
    assert example.logging == least.logging
    for _, config in example.bots.values():
        stated = REQUIRED & config.model_fields_set
        said = {name: getattr(config, name) for name in stated}
        assert type(config).model_validate(said) == config


def test_check_says_that_all_is_fine(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD)
    result = CliRunner().invoke(check, ["--config", str(file)], env=ENVIRON)
    assert result.exit_code == 0
    assert result.stdout == f"{file} is fine: 1 channel, 1 bot, 1 route\n"


def test_check_prints_the_mistakes_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"{GOOD}  - {{channel: site, bot: halp}}\n")
    result = CliRunner().invoke(check, ["--config", str(file)], env=ENVIRON)
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'routes[1].bot\n    found  "halp"\n    fix    Did you mean help?' in result.stderr
    assert "Traceback" not in result.stderr


def test_check_of_a_missing_file_shows_the_way(tmp_path: Path) -> None:
    result = CliRunner().invoke(check, ["--config", str(tmp_path / "config.yaml")])
    assert result.exit_code == 2
    assert "chat-gateway init" in result.stderr

"""A bot in front of the sandbox: messages go out, answers come in by themselves."""

from gateway.model import Awaiting, Choices, Failed, Failure, Forgotten, Reference, TextDelta


def reference(events):
    return [event.conversation for event in events if isinstance(event, Reference)][-1]


def texts(gateway):
    return [
        event.text
        for push in gateway.pushes
        for event in push.events
        if isinstance(event, TextDelta)
    ]


async def test_a_conversation_goes_on(account, ask, gateway):
    bot, _ = account
    events = await ask(bot, "My name is Sarah")
    assert events[-1] == Awaiting()
    assert not any(isinstance(event, Awaiting | Failed) for event in events[:-1])
    await gateway.until(lambda: len(gateway.pushes) == 1)
    await ask(bot, "What is my name?", reference(events))
    await gateway.until(lambda: len(gateway.pushes) == 2)
    assert texts(gateway)[1] == "Your name is Sarah."


async def test_an_answer_may_overtake_its_message(account, ask, gateway):
    bot, _ = account
    gateway_knew = []
    push = gateway.push

    async def pushed(*args):
        known = await push(*args)
        gateway_knew.append(known)
        return known

    gateway.push = pushed
    await ask(bot, "early")
    await gateway.until(lambda: gateway.pushes)
    # It came before the conversation was known, and was kept until it was.
    assert gateway_knew[0] is False
    assert len(texts(gateway)) == 1


async def test_an_answer_that_comes_twice_is_told_once(account, ask, gateway):
    bot, _ = account
    await ask(bot, "twice")
    await gateway.until(lambda: gateway.repeats)
    assert len(gateway.pushes) == 1
    assert gateway.repeats == [gateway.pushes[0].name]


async def test_a_button_is_pressed(account, ask, gateway):
    bot, _ = account
    events = await ask(bot, "buttons")
    await gateway.until(lambda: gateway.pushes)
    choices = gateway.pushes[0].events[-1]
    assert isinstance(choices, Choices)
    await ask(bot, choices.items[1].value, reference(events))
    await gateway.until(lambda: len(gateway.pushes) == 2)
    assert texts(gateway)[1] == "You have chosen Prices, which is k-prices."


async def test_an_agent_is_relayed_too(account, ask, gateway):
    bot, _ = account
    await ask(bot, "agent")
    await gateway.until(lambda: gateway.pushes)
    assert texts(gateway)


async def test_files_go_both_ways(account, ask, gateway):
    bot, _ = account
    gateway.public_url = gateway.url.removesuffix(bot.webhook_path)
    events = await ask(bot, "file")
    await gateway.until(lambda: gateway.pushes)
    made = gateway.pushes[0].events[-1].attachment
    assert gateway.files[made.content] == b"A file that the bot has made.\n"
    photo = await gateway.keep("photo.png", "image/png", b"12345")
    await ask(bot, "", reference(events), attachments=(photo,))
    await gateway.until(lambda: len(gateway.pushes) == 2)
    assert texts(gateway)[1] == "I have received photo.png (5 bytes)."


async def test_a_closed_conversation_is_followed_by_another(account, ask, gateway):
    bot, _ = account
    events = await ask(bot, "close")
    await gateway.until(lambda: gateway.pushes)
    again = await ask(bot, "hello", reference(events))
    assert again[-1] == Awaiting()
    assert reference(again) != reference(events)
    # It ended as conversations do: nothing was lost, and nobody is told so.
    assert not any(isinstance(event, Forgotten) for event in again)


async def test_a_refused_token_is_the_operator_s_and_stays_secret(make_bot, account, ask):
    bot, _ = account
    other = await make_bot(base_url=bot._config.base_url, token="bad-token-1234567890")
    failed = (await ask(other))[-1]
    assert failed.failure is Failure.MISCONFIGURED
    assert failed.retry_after is None
    assert "bad-token" not in failed.detail

"""What is known of the people who write in Slack."""


async def test_people_are_known_by_name_and_spoken_to_in_their_language(open_team, slack) -> None:
    slack.people["U7"] = {"locale": "vi-VN", "real_name": "Zoe Trần"}
    team = await open_team()
    for text in ("one", "two"):
        assert (await slack.event(team.url, slack.message(user="U7", text=text))).status == 200
    for inbound in team.desk.admitted:
        person = inbound.origin.person
        assert (person.id, person.name, person.locale) == ("T1:U7", "Zoe Trần", "vi-VN")
    assert [call.method for call in slack.calls].count("users.info") == 1


async def test_who_cannot_be_looked_up_is_heard_all_the_same(open_team, slack) -> None:
    team = await open_team()
    slack.fail("users.info", "missing_scope")
    assert (await slack.event(team.url, slack.message(user="U7", text="hello"))).status == 200
    (inbound,) = team.desk.admitted
    assert inbound.origin.person.locale == ""
    assert (await slack.event(team.url, slack.message(user="U7", text="again"))).status == 200
    assert [call.method for call in slack.calls].count("users.info") == 1

"""Which files an app takes, as far as it says."""

import pytest

from adapters.bots.clickai.errors import NotTaken
from adapters.bots.clickai.objects import FileUpload, Parameters, SystemParameters, Variable
from adapters.bots.clickai.rules import Rules, of_messages, of_variable, type_of

CUSTOM = FileUpload(allowed_file_types=["custom"], allowed_file_extensions=[".ZIP"])


@pytest.mark.parametrize(
    ("upload", "name", "called"),
    [
        (FileUpload(enabled=False), "a.png", ""),
        (FileUpload(enabled=True, allowed_file_types=["image"]), "a.PNG", "image"),
        (FileUpload(enabled=True, allowed_file_types=["image"]), "a.pdf", ""),
        (CUSTOM, "a.zip", "custom"),
        (CUSTOM, "a.rar", ""),
        (
            FileUpload(allowed_file_types=["custom"], allowed_file_extensions=["png"]),
            "a.png",
            "custom",
        ),
        (FileUpload(allowed_file_upload_methods=["remote_url"]), "a.png", ""),
        (FileUpload(allowed_file_upload_methods=["local_file"]), "a.png", "image"),
        (FileUpload(), "a.anything", "custom"),
        (None, "a.anything", "custom"),
    ],
)
def test_which_files_go_with_a_message(upload, name, called):
    rules = of_messages(Parameters(file_upload=upload))
    if called:
        assert rules.check(name, 10) == called
    else:
        with pytest.raises(NotTaken) as refused:
            rules.check(name, 10)
        assert refused.value.limit == 0


@pytest.mark.parametrize(
    ("name", "media_type", "called"),
    [
        ("a.jpeg", "", "image"),
        ("a.webm", "audio/webm", "video"),
        ("a.ogg", "audio/ogg", "audio"),
        ("a.log", "text/plain", "document"),
        ("a", "application/pdf", "document"),
        ("a.zip", "application/zip", "custom"),
    ],
)
def test_what_a_file_is_called(name, media_type, called):
    assert type_of(name, media_type) == called


@pytest.mark.parametrize(
    ("name", "megabytes"), [("a.png", 1), ("a.mp4", 2), ("a.mp3", 3), ("a.pdf", 4), ("a.x", 4)]
)
def test_how_large_they_may_be(name, megabytes):
    rules = of_messages(Parameters(system_parameters=SystemParameters(1, 2, 3, 4)))
    rules.check(name, megabytes * 1024 * 1024)
    with pytest.raises(NotTaken) as refused:
        rules.check(name, megabytes * 1024 * 1024 + 1)
    assert refused.value.limit == megabytes


def test_an_input_variable_has_its_own_rules():
    field = Variable("doc", allowed_file_types=["document"], max_length=3)
    app = Parameters(file_upload=FileUpload(enabled=False))
    one, many = (of_variable(field, each, app) for each in (False, True))
    assert (one.number, many.number) == (1, 3)
    assert many.check("a.pdf", 10) == "document"
    with pytest.raises(NotTaken):
        many.check("a.png", 10)
    limit = SystemParameters(workflow_file_upload_limit=7)
    assert of_variable(Variable("d"), True, Parameters(system_parameters=limit)).number == 7


def test_in_words():
    assert Rules(enabled=False).words() == ""
    assert Rules(types=("image", "document")).words() == "image 10 MB / document 15 MB"
    assert Rules(types=("custom",), number=2).words() == "2 at a time (custom 15 MB)"

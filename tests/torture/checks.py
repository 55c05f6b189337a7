"""The verdict: what the evidence says about each promise. Nothing here asks the gateway."""

from collections import Counter
from itertools import permutations

from msgspec import Struct, field

from gateway.texts import Texts
from torture.answers import Given, Part, given, parts
from torture.bots import said
from torture.people import Ack, Person, Visitor
from torture.plan import Manner, Question
from torture.platform import Post
from torture.replicas import Period
from torture.run import Evidence

WINDOW_SECONDS = 3.5
WAKING_SECONDS = 0.5
"""A replica that is lost so soon after a post may not have learnt, or noted, what became of it."""
NOTICES = frozenset(
    text
    for key, text in Texts().catalogues["en"].items()
    if key.startswith("failed.") or key == "attempts_exhausted"
)
BROKE_OFF = Texts().get("en", "failed.interrupted")


class Violation(Struct, frozen=True):
    """What must not be. ``lane`` is what the logs have about it, where there is one."""

    kind: str
    detail: str
    lane: str = ""


class Verdict(Struct):
    """How often what was seen."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def violate(self, kind: str, detail: str, who: Person | None = None) -> None:
        """Note what must not be."""
        self.counts[kind] += 1
        self.violations.append(Violation(kind, detail, who.lane if who else ""))


def judge(evidence: Evidence) -> Verdict:
    """Look at everything."""
    verdict = Verdict()
    for person in evidence.people:
        answers = list(given(person, evidence.platform))
        for question in person.talk.questions:
            _judge_question(verdict, evidence, person, question, answers)
        _judge_order(verdict, person, answers)
        _judge_company(verdict, person, answers)
        _judge_repeats(verdict, evidence, person)
        if isinstance(person, Visitor):
            _judge_stream(verdict, person)
    _judge_bots(verdict, evidence)
    for key in evidence.left:
        verdict.violate("left in the store", key)
    for code in evidence.exit_codes:
        if code:
            verdict.violate("did not stop well", f"exit code {code}")
    return verdict


def _judge_question(
    verdict: Verdict, evidence: Evidence, person: Person, question: Question, answers: list[Given]
) -> None:
    ack = person.acks.get(question.token, Ack(0))
    verdict.counts["messages"] += 1
    if not ack.taken:
        return verdict.violate("never taken", question.token, person)
    if len(ack.turns) > 1:
        verdict.violate("one message, many turns", str(sorted(ack.turns)), person)
    where = _where(person, question)
    mine = [answer for answer in answers if answer.token == question.token]
    if not mine:
        return verdict.violate("lost", where, person)
    if len(mine) > 1:
        verdict.violate("answered twice", where, person)
    of_text = Verdict()
    _judge_text(of_text, person, question, mine[-1])
    if of_text.violations and any(_edited_late(evidence, post) for post in mine[-1].posts):
        verdict.counts["edited by a replica right when it woke up"] += 1
        return None
    verdict.counts.update(of_text.counts)
    verdict.violations.extend(of_text.violations)
    return None


def _edited_late(evidence: Evidence, post: Post) -> bool:
    """Whether the last edit came from a replica that was frozen when it was about to edit."""
    outages = [each for replica in evidence.replicas for each in replica.outages[post.edited_by]]
    return any(each.until <= post.edited_at <= each.until + WAKING_SECONDS for each in outages)


def _judge_text(verdict: Verdict, who: Person, question: Question, answer: Given) -> None:
    where, whole, end = _where(who, question), said(question.text), repr(answer.text[-60:])
    if not answer.failed:
        willing = question.manner in (Manner.WHOLE, Manner.CUT, Manner.HANG)
        if answer.text == whole and willing:
            verdict.counts["answered whole"] += 1
        elif answer.text == whole:
            verdict.violate("called whole, but the bot failed", where, who)
        else:
            verdict.violate("not whole", f"{where} {end} of {whole[-60:]!r}", who)
    elif not set(answer.notices) <= NOTICES or not whole.startswith(answer.text):
        verdict.violate("not what the bot said", f"{where} {answer.notices} {end}", who)
    elif question.manner is not Manner.WHOLE:
        verdict.counts["failed as the bot did, and said so"] += 1
    elif answer.notices == (BROKE_OFF,) and answer.text:
        verdict.counts["kept after a crash, and said so"] += 1
    else:
        verdict.counts[f"failed all the same: {answer.notices[0]}"] += 1


def _judge_order(verdict: Verdict, person: Person, answers: list[Given]) -> None:
    turns = {token: int(min(ack.turns)) for token, ack in person.acks.items() if ack.turns}
    came = [turns[answer.token] for answer in answers if answer.token in turns]
    if came != sorted(came):
        verdict.violate("out of order", str(came), person)
    for earlier, later in permutations((ack for ack in person.acks.values() if ack.turns), 2):
        crossed = int(min(earlier.turns)) > int(min(later.turns))
        if earlier.taken < later.sent and crossed:
            verdict.violate("taken out of order", f"{earlier} {later}", person)


def _judge_company(verdict: Verdict, person: Person, answers: list[Given]) -> None:
    ours = {question.token for question in person.talk.questions}
    for answer in answers:
        if answer.token not in ours:
            verdict.violate("wrong conversation", answer.token, person)


def _judge_repeats(verdict: Verdict, evidence: Evidence, person: Person) -> None:
    for part in parts(person, evidence.platform):
        repeats = len(part.posts) - 1
        unknown = sum(_unknown(evidence, part, n) for n in range(repeats))
        verdict.counts["parts posted"] += len(part.posts)
        if not repeats:
            continue
        where = f"{part.token} part {part.ref} on {person.talk.door.name}: {_posts(part)}"
        if unknown < repeats:
            verdict.violate("said twice", where, person)
        elif person.talk.door.can_look_up:
            verdict.violate("said twice though it could look", where, person)
        else:
            verdict.counts["repeated after an unknown send"] += repeats


def _unknown(evidence: Evidence, part: Part, number: int) -> bool:
    """Whether the sender of a post may not have known, or not have been able to note, its name."""
    post = part.posts[number]
    if post.cut:
        return True
    outages = [each for replica in evidence.replicas for each in replica.outages[post.replica]]
    return any(_meets(outage, post.at) for outage in (*outages, *evidence.store.outages))


def _meets(outage: Period, at: float) -> bool:
    return outage.since - WINDOW_SECONDS <= at <= outage.until + WINDOW_SECONDS


def _judge_stream(verdict: Verdict, person: Visitor) -> None:
    stream = person.stream
    for fault in stream.faults:
        verdict.violate("broken stream", fault, person)
    told = {turn: end["text"] for turn, end in stream.ends.items()}
    for entry in stream.history:
        turn = entry["turn"]
        if entry["kind"] != "bot":
            continue
        if turn in told and told[turn] != entry["text"]:
            verdict.violate("stream and history differ", f"turn {turn}", person)
        if turn not in told and turn not in stream.skipped:
            verdict.violate("end not shown", f"turn {turn}", person)


def _judge_bots(verdict: Verdict, evidence: Evidence) -> None:
    times = Counter(asked.token for asked in evidence.bots.asked)
    verdict.counts["questions to the bots"] = sum(times.values())
    verdict.counts["of them asked again"] = sum(times.values()) - len(times)
    remembering = _after_an_answer(evidence)
    for asked in evidence.bots.asked:
        place = asked.token.partition("m")[0]
        if any(token.partition("m")[0] != place for token in asked.earlier):
            verdict.violate("mixed conversations", f"{asked.token} after {asked.earlier}")
        if not asked.earlier and asked.token in remembering:
            verdict.violate("begun anew", f"{asked.token} after {remembering[asked.token]}")


def _after_an_answer(evidence: Evidence) -> dict[str, str]:
    """The tokens before which the bot had answered in the conversation, each with that answer's."""
    found = {}
    for person in evidence.people:
        turns = {int(min(ack.turns)): token for token, ack in person.acks.items() if ack.turns}
        whole = {a.token for a in given(person, evidence.platform) if not a.failed}
        answered = ""
        for turn in sorted(turns):
            if answered:
                found[turns[turn]] = answered
            answered = turns[turn] if turns[turn] in whole else answered
    return found


def _where(person: Person, question: Question) -> str:
    turns = ",".join(person.acks[question.token].turns)
    return f"{question.token} ({person.talk.door.name}, turn {turns}, {question.manner})"


def _posts(part: Part) -> str:
    return "; ".join(f"{post.at:.2f} by {post.replica}{' cut' * post.cut}" for post in part.posts)

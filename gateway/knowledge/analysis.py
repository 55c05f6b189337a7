"""What a word is for the search: English and Vietnamese, with and without diacritics.

Two forms of every word are indexed. *Folded* is in lower case, without diacritics (đ is d), and
with English endings cut off, so that any way of typing finds it. *Exact* keeps the diacritics.
"""

import unicodedata

from tantivy import Filter, Index, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

QUERY_MOST = 2000
"""Characters of a query; the rest is not looked at."""
WORDS_MOST = 48
"""Different words of a query."""
WORD_MOST = 60
"""Bytes; what is longer is no word."""

_ENGLISH = """
a about an and any are as at be by can could do does for from had has have how i if in is it me my
of on or our please should so some that the their them there these they this to us was we were what
when where which who why will with would you your
"""
_VIETNAMESE = """
ai bao bị bởi các cái cho chúng có của cần đã đang để đến được gì hay hãy hoặc khi không là làm lúc
mà mình mỗi một nào này nên nếu như nhưng những ra rất sao sẽ tại thế thì tôi trong từ và vào vậy
vẫn về với xin
"""
STOP_WORDS = frozenset((_ENGLISH + _VIETNAMESE).split())
"""Words that questions are made of, and that say nothing of what is asked for."""


def _analyzer(*filters: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for each in (Filter.remove_long(WORD_MOST), Filter.lowercase(), *filters):
        builder = builder.filter(each)
    return builder.build()


FOLDED = _analyzer(Filter.ascii_fold(), Filter.stemmer("english"))
EXACT = _analyzer()


def register(index: Index) -> None:
    """Make the two forms known to an index, as the tokenizers ``folded`` and ``exact``."""
    index.register_tokenizer("folded", FOLDED)
    index.register_tokenizer("exact", EXACT)


def words(query: str) -> list[str]:
    """The words of a query in their exact form, in order; without those that say nothing, unless
    there are no others."""
    composed = unicodedata.normalize("NFC", query[:QUERY_MOST])
    # Half of a character, which JSON can carry, is nothing that could be searched for.
    composed = composed.encode("utf-8", "replace").decode()
    found: list[str] = EXACT.analyze(composed)
    telling = [word for word in found if word not in STOP_WORDS]
    return (telling or found)[:WORDS_MOST]


def folded(word: str) -> str:
    """The folded form of one word."""
    return next(iter(FOLDED.analyze(word)), word)


def has_marks(word: str) -> bool:
    """Whether a word was written with diacritics, so that its exact form says more."""
    return not word.isascii()

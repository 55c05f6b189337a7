"""Hard Markdown documents, as bots write them and as they should not; each made of its seed."""

import random

WORDS = (
    "word", "Tiếng Việt", "đã được", "日本語の文。", "Größe", "שלום עולם", "مرحبا", "한국어",
    "e\u0301", "🇻🇳🇫🇷", "👩\u200d👩\u200d👧\u200d👦", "👍🏽", "a_b_c", "2 * 3 * 4",
    "@someone", "#tag",
    "**bold**", "*slanted*", "***both***", "~~gone~~", "`code`", "``a ` b``", "\\*no\\*",
    "**open", "`open", "[open](http", "x < y && y > z", "Vec<T>", "<b>html</b>", "<br>", "&amp;",
    "$5 or $10", "$a_1^2$", "||pipes||", "a || b", "[ref][1]", "<https://a.example/b>",
    "[link](https://example.com/a_(b))", "[`run()`](https://example.com/run)",
    "![](https://a.example/i.png)", "![alt](https://a.example/p.png)",
    "[here](http://localhost:8080/x)", "[file](docs/a.md)", "[you](tg://user?id=12)",
    "[**b**](javascript:x)", "https://vi.wikipedia.org/wiki/Hà_Nội",
)  # fmt: skip
CODE = (
    "x = a[0]", "if (a || b) { return `c` }", "| not | a table |", "<div>$x$</div>", "",
    "    deep", "~~~", "``",
)  # fmt: skip
FORMULAS = ("$$\n\\frac{a_1}{b*c} - 1\n$$", "\\[ x_1 * y_2 \\]", "so $x * y$.")


class Document:
    """Writes one document, a block after another."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._blocks = (
            self._paragraph, self._paragraph, self._heading, self._list, self._table, self._fence,
            self._quote, self._html, self._math, self._long, self._codes, self._notes,
        )  # fmt: skip

    def written(self) -> str:
        """The document, of any size up to 20 kB and a little more."""
        most = self._chance.choice((200, 800, 2500, 5000, 5000, 9000, 20_000))
        text = ""
        while len(text) < most:
            text += self._chance.choice(self._blocks)() + self._chance.choice(
                ("\n", "\n\n", "\n\n")
            )
        return text

    def _words(self, most: int) -> str:
        return " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, most)))

    def _paragraph(self) -> str:
        return "\n".join(self._words(40) for _ in range(self._chance.randint(1, 3)))

    def _heading(self) -> str:
        return "#" * self._chance.randint(1, 6) + " " + self._words(5)

    def _list(self) -> str:
        lines, depth = [], 0
        for number in range(1, self._chance.randint(2, 30)):
            depth = max(0, min(4, depth + self._chance.randint(-2, 1)))
            mark = self._chance.choice(("-", "*", "- [ ]", "- [x]", "1."))
            mark = f"{number}." if mark == "1." else mark
            lines.append("   " * depth + f"{mark} {self._words(8)}")
        return "\n".join(lines)

    def _table(self) -> str:
        columns = self._chance.randint(1, 6)
        wide = self._chance.choice((1, 2, 8))
        rows = [self._row(columns, wide) for _ in range(self._chance.randint(1, 25))]
        rows.insert(1, "|" + "|".join(self._chance.choices(("---", ":-:", "--:"), k=columns)) + "|")
        margin = self._chance.choice(("", "", "> ", "  "))
        return "\n".join(margin + row for row in rows)

    def _row(self, columns: int, wide: int) -> str:
        cells = (self._words(wide).replace("|", "\\|") for _ in range(columns))
        return "| " + " | ".join(cells) + " |"

    def _fence(self) -> str:
        sign = self._chance.choice(("```", "~~~", "````"))
        info = self._chance.choice(("", "python", "c++", "json title=x"))
        lines = self._chance.choices(CODE, k=self._chance.randint(1, 60))
        lines = [line for line in lines if not line.startswith(sign[:2])]
        end = "" if self._chance.random() < 0.1 else f"\n{sign}"
        return f"{sign}{info}\n" + "\n".join(lines) + end

    def _quote(self) -> str:
        marks = self._chance.choices(("> ", "> ", "> > ", "> - "), k=self._chance.randint(1, 12))
        return "\n".join(mark + self._words(10) for mark in marks)

    def _html(self) -> str:
        return self._chance.choice(
            (
                f"<div>\n{self._words(6)}\n</div>",
                "<!-- a comment\nof two lines -->",
                f"<details><summary>{self._words(3)}</summary>\n\n{self._words(9)}\n\n</details>",
                "<script>\nalert(1)\n</script>",
            )
        )

    def _math(self) -> str:
        return self._chance.choice(FORMULAS)

    def _long(self) -> str:
        if self._chance.random() < 0.9:
            return self._words(3)
        return self._chance.choice(("x", "漢", "👩‍💻", "é")) * self._chance.choice((5000, 20_000))

    def _codes(self) -> str:
        if self._chance.random() < 0.7:
            return self._words(3)
        return " ".join(f"`c{number}`" for number in range(300))

    def _notes(self) -> str:
        return f"[1]: https://example.com/note\n[^n]: {self._words(4)}\n\n---"

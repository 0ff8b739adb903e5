"""What a learner reads: text in a terminal, the same as HTML in a notebook."""

import re
from dataclasses import dataclass
from html import escape

# Told apart by symbol and word; the color only adds to them.
STATUS = {
    "correct": ("✓", "Correct", "#009E73"),
    "wrong": ("✗", "Not yet", "#D55E00"),
    "error": ("!", "Error", "#CC79A7"),
    "not attempted": ("○", "Not attempted", "#56B4E9"),
    "hint": ("→", "Hint", "#E69F00"),
    "solution": ("★", "Solution", "#0072B2"),
    "progress": ("▤", "Progress", "#0072B2"),
}
MONOSPACE = ' style="font-family: monospace"'


@dataclass(frozen=True)
class Feedback:
    """An answer to a learner; true if and only if the exercise is solved.

    Attributes
    ----------
    status : str
        'correct', 'wrong', 'error' or 'not attempted'; for other answers 'hint',
        'solution' or 'progress'.
    subject : str
        What it is about, for instance the exercise's name.
    sentences : tuple of str
        One a paragraph; `code` stands between backticks.
    code : str
        Shown as it is, below.
    """

    status: str
    subject: str
    sentences: tuple = ()
    code: str = ""

    def __bool__(self):
        return self.status == "correct"

    def __repr__(self):
        symbol, word, _ = STATUS[self.status]
        lines = [f"{symbol} {word}: {self.subject}", *self.sentences]
        return "\n".join([*lines, self.code] if self.code else lines)

    def _repr_html_(self):
        symbol, word, color = STATUS[self.status]
        style = f"border-left: 5px solid {color}; padding: 0.2em 0.9em; margin: 0.3em 0"
        parts = [
            f'<div role="status" style="{style}">',
            f"<p><b>{symbol} {word}:</b> {escape(self.subject)}</p>",
            *(f"<p>{_inline(sentence)}</p>" for sentence in self.sentences),
        ]
        if self.code:
            parts.append(
                f'<pre style="font-family: monospace">{escape(self.code)}</pre>'
            )
        return "\n".join([*parts, "</div>"])


def _inline(sentence):
    parts = escape(sentence, quote=False).split("`")
    for i, part in enumerate(parts):
        # What stands between backticks is every second part.
        parts[i] = f"<code>{part}</code>" if i % 2 else _emphasize(part)
    return "".join(parts)


def _emphasize(text):
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)

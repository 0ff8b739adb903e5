"""What has been solved, kept in one small file that nobody depends on."""

import json
import os
from contextlib import suppress
from pathlib import Path

VERSION = 1
FILE = ".gmm_from_scratch_progress.json"
# A file of progress is a few kB; anything larger is something else.
LARGEST = 1_000_000


class Progress:
    """Which exercises have been tried and solved.

    Whatever is wrong with the file, the exercises work, and results that could not be
    written are remembered as long as the session lasts.
    """

    def __init__(self):
        self._unwritten = {}

    @property
    def path(self):
        """The file: one for each user, or as the environment variable says."""
        elsewhere = os.environ.get("GMM_FROM_SCRATCH_PROGRESS")
        return Path(elsewhere or os.path.join(os.path.expanduser("~"), FILE))

    def states(self):
        """Return 'solved' or 'tried' for each exercise that was attempted.

        Returns
        -------
        dict
            From the file and from this session.
        """
        content = self._read()
        stored = content.get("exercises") if content.get("version") == VERSION else None
        both = (stored if isinstance(stored, dict) else {}) | self._unwritten
        return {k: v for k, v in both.items() if v in ("solved", "tried")}

    def record(self, name, solved):
        """Remember a result; what is once solved stays so.

        Parameters
        ----------
        name : str
            The exercise.
        solved : bool
            Whether the answer was right.
        """
        states = self.states()
        if states.get(name) != "solved":
            states[name] = "solved" if solved else "tried"
            self._unwritten = {} if self._write(states) else states

    def _read(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                content = json.loads(file.read(LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, states):
        version = self._read().get("version")
        if isinstance(version, int) and version > VERSION:
            # Whoever goes back to that version finds everything as it was.
            return False
        text = json.dumps({"version": VERSION, "exercises": states}, indent=1)
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            # Renaming is all or nothing, whoever else writes or reads.
            temporary.write_text(text + "\n", encoding="utf-8")
            os.replace(temporary, self.path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            return False
        return True

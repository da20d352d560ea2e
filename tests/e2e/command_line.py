"""The command line as a person uses it, run within the test's own process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command printed, and the exit code it ended with."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands in one home and on one database."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
        *,
        home: Path,
        url: str,
        directory: Path,
    ) -> None:
        monkeypatch.setenv("LANDLOG_HOME", str(home))
        monkeypatch.setenv("LANDLOG_DATABASE_URL", url)
        monkeypatch.setenv("COLUMNS", "400")
        monkeypatch.chdir(directory)
        self.home = home
        self._capfd = capfd

    def __call__(self, *words: Any) -> Answer:
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        printed = self._capfd.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Answer(code, printed.out, printed.err)

    def does(self, *words: Any) -> Answer:
        """A command that must succeed."""
        answer = self(*words)
        assert answer.code == 0, answer.err
        return answer

    def refuses(self, *words: Any) -> Answer:
        """A command that must be refused, in words and not in a trace."""
        answer = self(*words)
        assert answer.code == 1, answer.out + answer.err
        assert "Traceback" not in answer.err
        assert "did not foresee" not in answer.err, answer.err
        return answer

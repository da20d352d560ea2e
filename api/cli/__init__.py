"""The command line: ``landlog ...``.

Each module here holds the commands of one noun, and each command only reads its arguments, calls the house and
prints.  What holds for all of them:

- An error goes to stderr in words (what is wrong, by which rule, what to do next) and the exit code is 1; a misuse
  of the command line is 2.
- A failure that nobody foresaw is told in one sentence, with the name of the file that holds the rest.
- Nothing secret is ever printed: no key, no passphrase, no salt.
- What another program would read goes to stdout; everything else goes to stderr.
"""

from api.cli.app import main

__all__ = ["main"]

"""The witness (C2SP tlog-witness v1.0.0): vouches, with a key of its own, that a log only ever grows.

It keeps of each log that it watches the largest tree that it has cosigned, and cosigns another only if that one is
proved to begin with the same entries.  So a log that shows two people two different histories needs two sets of
witnesses, or none.

Invariants:

- what is cosigned was made durable first: whoever kills a witness finds it unable to contradict itself;
- comparing with the last tree and keeping the new one is one atomic step, for any number of submitters;
- a request costs bounded memory and time, whoever sends it;
- it needs no database server, and of this house no more than ``registry.log`` and the reader of key files.

Deliberately absent: opinions on what the entries say (that is the auditor's matter), extension lines in checkpoints
(this registry has none), and ``sign-subtree``.
"""

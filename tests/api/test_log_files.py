"""The log over HTTP: the published files, byte for byte, under one spelling each and no other."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from api.app import create_app
from registry.log.checkpoint import open_checkpoint
from registry.log.hashing import leaf_hash
from registry.log.note import NoteVerifier, VerifierKey
from registry.log.tiles import MAX_ENTRY_BYTES, decode_bundle
from tests.api.asking import Client
from tests.api.world import World

LARGEST_BUNDLE = 256 * (2 + MAX_ENTRY_BYTES)
MOST_AT_ONCE = 1 << 16  # bytes


def size(client: Client) -> int:
    return int(client.get("/log/checkpoint").text.split("\n")[1])


def test_the_checkpoint_is_signed_and_kept_for_a_moment_only(client: Client, village: World) -> None:
    answer = client.get("/log/checkpoint")
    assert answer.content == (village.house.settings.log / "checkpoint").read_bytes()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=2"
    vkey = client.get("/v1/about").json()["log_keys"][0]
    checkpoint, _ = open_checkpoint(answer.content, [NoteVerifier(VerifierKey.parse(vkey))])
    assert checkpoint.size == client.get("/v1/about").json()["log_size"]


def test_tiles_and_bundles_are_the_files_and_are_kept_for_ever(client: Client, village: World) -> None:
    width = size(client)
    for path in (f"tile/0/000.p/{width}", f"tile/entries/000.p/{width}"):
        answer = client.get(f"/log/{path}")
        assert answer.status_code == 200
        assert answer.content == (village.house.settings.log / path).read_bytes()
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "content-encoding" not in answer.headers


def test_the_entries_of_a_bundle_have_the_hashes_of_their_tile(client: Client) -> None:
    width = size(client)
    entries = decode_bundle(client.get(f"/log/tile/entries/000.p/{width}").content, width)
    assert b"".join(map(leaf_hash, entries)) == client.get(f"/log/tile/0/000.p/{width}").content


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000.p/1", "tile/64/000.p/1", "tile/-1/000",
        "tile/0/001.p/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p/1/",
        "tile/0/x000/000.p/1", "tile/0/x000/000", "tile/0/x00/000", "tile/0/000.p/1 ", "tile/0/000.P/1",
        "tile/entries/", "tile/entries", "tile/0", "tile", "", "checkpoint/", "Checkpoint", ".lock", "tile/x/000",
        "tile/0/..%2f..%2fcheckpoint", "tile/entries/..%2f..%2f..%2fregistry.toml",
        "..%2fregistry.toml", "%2e%2e/keys/log.key", "tile/0/000.p/1%00", "tile/0/٠٠٠.p/1", "tile/0/000.p/%D9%A1",
        "tile/999999999999999999999999/000", "tile/0/" + "x000/" * 40 + "000",
    ],
)  # fmt: skip
def test_what_is_not_the_one_spelling_of_a_published_file_is_not_there(client: Client, path: str) -> None:
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "cache-control" not in answer.headers


def test_a_log_that_is_not_published_yet_says_so(counter: Client, world: World) -> None:
    (world.house.settings.log / "checkpoint").unlink()
    answer = counter.get("/log/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-published")


def test_what_a_reader_holds_is_not_sent_again(client: Client) -> None:
    for path in ("checkpoint", f"tile/0/000.p/{size(client)}"):
        first = client.get(f"/log/{path}")
        again = client.get(f"/log/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert client.get(f"/log/{path}", headers={"If-None-Match": '"other"'}).content == first.content


def test_an_interrupted_reader_goes_on_where_it_stopped(client: Client) -> None:
    path = f"/log/tile/entries/000.p/{size(client)}"
    whole = client.get(path)
    resumed = {"Range": "bytes=100-", "If-Range": whole.headers["etag"]}
    rest = client.get(path, headers=resumed)
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    assert client.get(path, headers=resumed | {"If-Range": '"other"'}).content == whole.content
    assert client.get(path, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


class ReaderGone(Exception):
    """The reader has taken as much as it wanted."""


def test_a_bundle_is_read_no_faster_than_it_is_taken(world: World) -> None:
    """A bundle of the greatest length goes out piece by piece, the next when the last was taken."""
    name = "tile/entries/000"
    (world.house.settings.log / name).write_bytes(bytes(LARGEST_BUNDLE))
    app = create_app(world.house, now=lambda: world.at)
    heads: list[Message] = []
    pieces: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads.append(message)
            return
        pieces.append(len(message["body"]))
        if len(pieces) == 3:
            raise ReaderGone

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/log/{name}",
        "query_string": b"",
        "headers": [],
    }
    with pytest.raises(ReaderGone):
        asyncio.run(app(scope, receive, send))
    app.state.counter.close()
    assert dict(heads[0]["headers"])[b"content-length"] == str(LARGEST_BUNDLE).encode()
    assert max(pieces) <= MOST_AT_ONCE


def test_the_log_answers_head_with_the_length_of_get(client: Client) -> None:
    for path in ("/log/checkpoint", f"/log/tile/0/000.p/{size(client)}"):
        answer, got = client.request("HEAD", path), client.get(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == len(got.content)
        assert answer.headers["etag"] == got.headers["etag"]

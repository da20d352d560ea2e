"""Key files keep their secret, and only keys on which all verifiers agree are enrolled."""

from __future__ import annotations

import base64
import json
import logging
import stat
from pathlib import Path

import pytest

from domain.errors import BadInput
from registry import keys
from registry.dsse import KEY, pae
from registry.keys import Key, KeyFileDamaged, NoPossession, PassphraseNeeded, WrongPassphrase
from registry.log import ed25519
from registry.log.ed25519 import InvalidPoint, NonCanonicalKey, SmallOrderKey
from registry.secretfile import SecretFileExists, SecretFileMissing, SecretFileTooOpen

pytestmark = pytest.mark.quick

PASSPHRASE = "खेत और खलिहान"


@pytest.fixture
def key() -> Key:
    return Key.from_seed(bytes(range(32)))


@pytest.fixture
def sealed(key: Key, tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "tahsildar.key"
    keys.save(key, path, passphrase=PASSPHRASE, cost=keys.LEAST)
    return path


def test_the_key_of_the_specification_has_its_public_key(key):
    assert key.public.hex() == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    assert key.keyid == "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c"


def test_a_signature_of_the_specification_is_reproduced(key):
    signature = key.sign_payload("application/vnd.landlog.event.v1+json", b'{"a":1}')
    assert base64.b64encode(signature.sig).decode() == (
        "K/EBGq3XlCGE8Ai9KRYpAKJO9cewshEQ+FSp1PhOBoSmulJVWEeBX7qH9Zp1Hyb9IxSUmdSDQRFIlI7NoOsQBA=="
    )


def test_a_sealed_key_is_opened_by_its_passphrase_only(key, sealed):
    assert keys.load(sealed, passphrase=PASSPHRASE).sign(b"x") == key.sign(b"x")
    with pytest.raises(WrongPassphrase):
        keys.load(sealed, passphrase=PASSPHRASE + " ")
    with pytest.raises(PassphraseNeeded):
        keys.load(sealed)
    assert keys.is_sealed(sealed)


def test_a_passphrase_opens_the_key_however_the_keyboard_composes_its_letters(key, tmp_path):
    keys.save(key, tmp_path / "k", passphrase="café à Nîmes", cost=keys.LEAST)
    assert keys.load(tmp_path / "k", passphrase="cafe\u0301 a\u0300 Ni\u0302mes").keyid == key.keyid


def test_the_file_is_readable_by_its_owner_only_and_holds_no_secret_in_the_clear(key, sealed):
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    text = sealed.read_text()
    assert base64.b64encode(bytes(range(32))).decode() not in text
    assert key.keyid in text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_can_reach_is_refused(sealed, mode):
    sealed.chmod(mode)
    with pytest.raises(SecretFileTooOpen, match=f"{mode:04o}") as refusal:
        keys.load(sealed, passphrase=PASSPHRASE)
    assert "chmod 600" in refusal.value.remedy


def test_a_key_is_never_overwritten(key, sealed):
    before = sealed.read_bytes()
    with pytest.raises(SecretFileExists):
        keys.save(Key.generate(), sealed, passphrase=PASSPHRASE, cost=keys.LEAST)
    assert sealed.read_bytes() == before


def test_a_plain_key_has_to_be_asked_for(key, tmp_path):
    with pytest.raises(BadInput, match="passphrase"):
        keys.save(key, tmp_path / "k")
    with pytest.raises(BadInput, match="at least 8"):
        keys.save(key, tmp_path / "k", passphrase="short")
    assert not (tmp_path / "k").exists()
    keys.save(key, tmp_path / "k", plain=True)
    assert keys.load(tmp_path / "k").keyid == key.keyid
    assert not keys.is_sealed(tmp_path / "k")


def test_the_public_key_is_read_without_the_passphrase(key, sealed):
    assert keys.load_public(sealed) == key.public


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d | {"format": "landlog/key@v9"},
        lambda d: {k: v for k, v in d.items() if k != "sealed"},
        lambda d: d | {"sealed": d["sealed"] | {"memory_bytes": 1 << 50}},
        lambda d: d | {"sealed": d["sealed"] | {"passes": 0}},
        lambda d: d | {"sealed": d["sealed"] | {"salt": "AAAA"}},
        lambda d: d | {"sealed": d["sealed"] | {"box": "%"}},
        lambda d: d | {"keyid": "0" * 64},
        lambda d: ["not", "an", "object"],
    ],
)
def test_a_damaged_key_file_is_refused_in_words(sealed, damage):
    document = damage(json.loads(sealed.read_text()))
    sealed.write_text(json.dumps(document))
    with pytest.raises(KeyFileDamaged, match="not a usable key file"):
        keys.load(sealed, passphrase=PASSPHRASE)


def test_an_empty_or_missing_file_is_refused_in_words(tmp_path):
    with pytest.raises(SecretFileMissing):
        keys.load(tmp_path / "none")
    (tmp_path / "empty").touch(mode=0o600)
    with pytest.raises(KeyFileDamaged, match="not JSON"):
        keys.load(tmp_path / "empty")


def test_secrets_stay_out_of_representations_and_logs(key, sealed, caplog):
    with caplog.at_level(logging.DEBUG):
        loaded = keys.load(sealed, passphrase=PASSPHRASE)
    shown = f"{loaded!r} {loaded} {caplog.text}"
    assert bytes(range(32)).hex() not in shown
    assert PASSPHRASE not in shown
    with pytest.raises(WrongPassphrase) as refusal:
        keys.load(sealed, passphrase="a wrong passphrase")
    assert "a wrong passphrase" not in str(refusal.value)


def test_possession_is_proved_for_one_key_officer_and_registry(key):
    origin, officer = "registry.example/land", "AP-REV-004512"
    pop = key.prove_possession(origin=origin, officer=officer)
    keys.verify_possession(key.public, origin=origin, officer=officer, pop=pop)
    for public, where, who in (
        (Key.generate().public, origin, officer),
        (key.public, "registry.example/other", officer),
        (key.public, origin, "AP-REV-004513"),
    ):
        with pytest.raises(NoPossession):
            keys.verify_possession(public, origin=where, officer=who, pop=pop)
    with pytest.raises(NoPossession):
        keys.verify_possession(key.public, origin=origin, officer=officer, pop="not base64")


def test_a_proof_of_possession_is_the_signature_that_the_specification_names(key):
    pop = base64.b64decode(key.prove_possession(origin="o.example", officer="X-1"))
    message = pae("application/vnd.landlog.pop.v1", f"o.example\nX-1\n{key.keyid}".encode())
    assert ed25519.verify(key.public, message, pop)
    assert not ed25519.verify(key.public, pae(KEY, f"o.example\nX-1\n{key.keyid}".encode()), pop)


P = 2**255 - 19
ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"


@pytest.mark.parametrize(
    ("encoding", "refusal"),
    [
        (bytes(32), SmallOrderKey),
        ((1).to_bytes(32, "little"), SmallOrderKey),
        ((1 | 1 << 255).to_bytes(32, "little"), SmallOrderKey),
        ((P - 1).to_bytes(32, "little"), SmallOrderKey),
        (bytes.fromhex(ORDER_8), SmallOrderKey),
        ((P - int.from_bytes(bytes.fromhex(ORDER_8), "little")).to_bytes(32, "little"), SmallOrderKey),
        ((P + 1).to_bytes(32, "little"), SmallOrderKey),
        ((P + 3).to_bytes(32, "little"), NonCanonicalKey),
        ((2).to_bytes(32, "little"), InvalidPoint),
    ],
)
def test_a_key_on_which_verifiers_could_differ_is_refused(encoding, refusal):
    with pytest.raises(refusal):
        keys.parse_public(base64.b64encode(encoding).decode())


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", base64.b64encode(bytes(33)).decode()])
def test_a_public_key_that_is_none_is_refused_with_its_field(text):
    with pytest.raises(BadInput) as refusal:
        keys.parse_public(text)
    assert refusal.value.field == "pub"

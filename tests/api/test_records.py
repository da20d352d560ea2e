"""Villages, parcels and units over HTTP: what the record shows, in the shape that OpenAPI promises."""

from __future__ import annotations

from api import models
from tests.api.asking import Client
from tests.api.world import parcel, unit


def test_the_record_of_rights_says_who_holds_what_as_of_which_checkpoint(client: Client) -> None:
    answer = client.get(f"/v1/parcels/{parcel(2)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    record = models.Parcel.model_validate(answer.json())
    assert (record.label, record.village.name, record.unit.unit_id) == ("2", "Devgarh", unit(1))
    assert [(h.name, h.share) for h in record.holders] == [("आशा देवी", "1/3"), ("रवीना देवी", "2/3")]
    assert record.charges == record.restrictions == record.holds == record.pending == []
    assert record.as_of.checkpoint_size

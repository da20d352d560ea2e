"""The event store keeps the contract that eventsourcing publishes for its recorders, with our ids and with UUIDs."""

from __future__ import annotations

import contextlib
from itertools import islice
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    Notification,
    NotSupportedError,
    Tracking,
)
from eventsourcing.tests import persistence as published
from eventsourcing.utils import Environment

from domain.errors import BadInput
from registry.database import make_engine
from registry.datastore import Datastore
from registry.store import (
    Factory,
    FollowerRecorder,
    JsonTranscoder,
    OfficeRecorder,
    SequenceRecorder,
    StreamEvent,
    StreamEventMapper,
    StreamRecorder,
)


class OnDatabase:
    """Gives a published test case a fresh database and our ids."""

    originator_id: type[UUID] | type[str] = str

    @pytest.fixture(autouse=True)
    def _datastore(self, database):
        self.url = database.url
        self.datastore = Datastore(make_engine(database.url))
        yield
        self.datastore.engine.dispose()

    def new_originator_id(self) -> UUID | str:
        return self.originator_id(str(uuid4()))

    def recorder(self, kind):
        return kind(self.datastore, originator_id=self.originator_id)


class TestStreams(OnDatabase, published.AggregateRecorderTestCase):
    def create_recorder(self):
        return self.recorder(StreamRecorder)


class TestSequence(OnDatabase, published.ApplicationRecorderTestCase):
    def create_recorder(self):
        return self.recorder(SequenceRecorder)

    def test_insert_subscribe(self):
        self.optional_test_insert_subscribe()
        topics = ["topic1", "topic2", "topic3"]
        for after, rest in ((None, topics), (1, topics[1:]), (2, topics[2:])):
            with self.create_recorder().subscribe(gt=after) as subscription:
                found = [notification.topic for notification in islice(subscription, len(rest))]
            assert found == rest


class TestSequenceOfUuids(TestSequence):
    originator_id = UUID


class TestTracking(OnDatabase, published.TrackingRecorderTestCase):
    def create_recorder(self):
        return self.recorder(FollowerRecorder)


class TestProcess(OnDatabase, published.ProcessRecorderTestCase):
    def create_recorder(self):
        return self.recorder(OfficeRecorder)


class TestOfficeIsASequenceToo(OnDatabase, published.ApplicationRecorderTestCase):
    def create_recorder(self):
        return self.recorder(OfficeRecorder)


class TestNotificationsDoNotInterleave(OnDatabase, published.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self):
        return self.recorder(SequenceRecorder)


class FollowerOfHolders(FollowerRecorder):
    """A subclass, as a projection would bring one."""


class TestFactory(OnDatabase, published.InfrastructureFactoryTestCase):
    @pytest.fixture(autouse=True)
    def _environment(self, _datastore):
        self.env = Environment(
            env={
                "PERSISTENCE_MODULE": "registry.store",
                "LANDLOG_DATABASE_URL": self.url,
                "CREATE_TABLE": "y",
            }
        )

    def expected_factory_class(self):
        return Factory

    def expected_aggregate_recorder_class(self):
        return StreamRecorder

    def expected_application_recorder_class(self):
        return SequenceRecorder

    def expected_tracking_recorder_class(self):
        return FollowerRecorder

    def tracking_recorder_subclass(self):
        return FollowerOfHolders

    def expected_process_recorder_class(self):
        return OfficeRecorder


def test_a_factory_without_a_database_says_which_setting_is_missing():
    with pytest.raises(BadInput) as refusal:
        InfrastructureFactory.construct(Environment(env={"PERSISTENCE_MODULE": "registry.store"}))
    assert refusal.value.field == "LANDLOG_DATABASE_URL"


def test_snapshots_are_not_kept(database):
    factory = Factory({"LANDLOG_DATABASE_URL": database.url})
    with contextlib.closing(factory), pytest.raises(NotSupportedError, match="snapshots"):
        factory.aggregate_recorder("snapshots")


class Village(Application[str]):
    env = {  # noqa: RUF012 (declared so by the library)
        "PERSISTENCE_MODULE": "registry.store",
        "MAPPER_TOPIC": "registry.store:StreamEventMapper",
        "TRANSCODER_TOPIC": "registry.store:JsonTranscoder",
    }


def test_an_application_saves_events_under_stable_topics_as_json_that_a_person_can_read(database):
    village = Village(env={"LANDLOG_DATABASE_URL": database.url})
    with village:
        sold = StreamEvent("593873-U000045", 1, "mutation.sale/1", {"buyer": "आशा"})
        (recording,) = village.save(sold)
        assert recording.notification == Notification(
            "593873-U000045", 1, "mutation.sale/1", '{"buyer":"आशा"}'.encode(), id=1
        )
        assert list(village.events.get("593873-U000045")) == [sold]


@pytest.mark.quick
def test_the_mapper_returns_what_it_was_given():
    mapper = StreamEventMapper[str](JsonTranscoder())
    event = StreamEvent("593873-C000012", 3, "case.filed/1", {"touches": ["593873-000145"], "due": None})
    assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


def test_view_and_position_are_saved_together_or_not_at_all(database):
    datastore = Datastore(make_engine(database.url))
    follower = FollowerRecorder(datastore)

    def page(position: int) -> None:
        with datastore.transaction() as cursor:
            cursor.execute("insert into records.seen values (%s)", (position,))
            follower.track(cursor, Tracking("records", position))

    with datastore.transaction() as cursor:
        cursor.execute("create table records.seen (position bigint)")
    page(2)
    with pytest.raises(Exception, match="already at or past position 2"):
        page(2)
    with datastore.cursor() as cursor:
        cursor.execute("select position from records.seen")
        assert cursor.fetchall() == [(2,)]
    datastore.engine.dispose()

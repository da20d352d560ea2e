"""A registry from nothing: keys, schema, genesis, first checkpoint, policy; whoever was interrupted starts again."""

from __future__ import annotations

from api import founding, wiring
from api.founding import Plan
from api.wiring import House


def establish(house: House, plan: Plan) -> None:
    """Found the registry in the house's home and database.

    Raises:
        AlreadyInitialised: when one lives there already.
        AlreadyFounded: when the database holds another.
    """
    settings = house.settings
    founding.check_free(settings)
    founding.make_keys(settings, plan)
    wiring.migrate(house.url)
    founding.found(house.recorder, settings, plan)
    house.settle()
    founding.finish(settings, plan.origin)

"""People and organisations: the Hub's, shown by the names we keep."""

import strawberry
from strawberry.federation.schema_directives import Key, Shareable
from strawberry.federation.types import FieldSet

from db.organizations import Role

from .fields import fact, one, words

words(
    Role,
    "What a person may do. Organisation and project use the same names; each role may do what those before it may.",
    VIEWER="Reads the projects they belong to.",
    MEMBER="Works on tasks, logs time, links tickets, escalates.",
    MANAGER="Runs projects: milestones, members, contracts, approvals, exports.",
    ADMIN="Reaches every project, and the settings.",
    OWNER="May do everything, archiving included.",
)


HUBS = Key(fields=FieldSet("id"), resolvable=False)


@strawberry.type(description="A person, as the Hub knows them.", directives=[HUBS])
class User:
    """Owned by the Hub; a gateway gets the rest of it there."""

    id: strawberry.ID = fact("The Hub's id of the person.")
    name: str = fact("Their name.", directives=[Shareable()])
    email: str = fact("Their e-mail address.", directives=[Shareable()])


@strawberry.type(description="A managed service provider, as the Hub knows it.", directives=[HUBS])
class Organization:
    """Owned by the Hub; the same id is the PSA's tenant id."""

    id: strawberry.ID = fact("The Hub's id of the organisation.")
    name: str = fact("Its name.", directives=[Shareable()])
    timezone: str = fact("Its IANA time zone: where its today begins.")
    currency: str = fact("The ISO 4217 code of its money.")
    time_approval_required: bool = fact("Whether time waits for somebody's approval; otherwise it is born approved.")


@strawberry.type(description="Who is asking.")
class Viewer:
    """The caller."""

    id: strawberry.ID = fact("The Hub's id of the person.")
    name: str = fact("Their name.")
    email: str = fact("Their e-mail address.")
    role: Role = fact("Their role in the organisation.")
    organization: Organization = one("The organisation they ask for.")
